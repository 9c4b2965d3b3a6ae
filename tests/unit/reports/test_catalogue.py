"""The catalogue: whole, in words, without the traps of its subject, and changed by files that need no code."""

import json
import re

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.errors import DefinitionError, EvidenceError
from reports.catalogue import (
    SHIPPED,
    Basis,
    Catalogue,
    OwnText,
    load_catalogue,
    load_whole_catalogue,
    parse_catalogue_file,
    shipped_text,
)

WHOLE = load_whole_catalogue()
ALWAYS = ["iso27001", "iso22301", "rgpd", "hds"]
OPTIONAL = ["pgssi-s", "care", "recyf", "secnumcloud", "eu-2024-2690", "dora"]
KINDS = [
    "backup-restore",
    "point-in-time-restore",
    "long-retention-restore",
    "backup-freshness",
    "failover",
    "failback",
    "component-loss",
    "network-partition",
    "site-rebuild",
    "ransomware-rebuild",
    "crisis-tabletop",
]


def own(text: str, name: str = "catalogue/own.yml") -> OwnText:
    return OwnText(name=name, content=f'format: reprise/catalogue/v1\nversion: "7"\n{text}'.encode())


def faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_whole_catalogue(files=[own(text)])
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_is_read_as_strictly_as_an_own_one(name: str) -> None:
    file, document = parse_catalogue_file(shipped_text(name), file=f"{name}.yml")
    assert file.version == WHOLE.version
    assert document.value == json.loads(json.dumps(document.value))


def test_it_knows_every_kind_and_every_framework() -> None:
    assert list(WHOLE.kinds) == KINDS
    assert list(WHOLE.frameworks) == ALWAYS + OPTIONAL
    assert list(WHOLE.optional) == OPTIONAL


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_contributes_to_every_framework_first_of_all_to_something(kind: str) -> None:
    mapping = WHOLE.mapping(kind=kind, perimeters=(1, 2, 3, 4, 5, 6))
    assert mapping.kind is not None
    assert {control.framework for control in mapping.controls if not control.common} == set(ALWAYS + OPTIONAL)
    assert len({(control.framework, control.reference) for control in mapping.controls}) == len(mapping.controls)
    assert all(control.title.within(language).strip() for control in mapping.controls for language in Language)
    assert any(control.primary for control in mapping.controls)


def test_every_link_says_what_it_rests_on() -> None:
    controls = [control for kind in KINDS for control in WHOLE.mapping(kind=kind, perimeters=(5,)).controls]
    assert {control.basis for control in controls} == set(Basis)
    # No official table links drills to the HDS framework: COMPLIANCE.md, section 5.
    assert {control.basis for control in controls if control.framework == "hds"} == {Basis.ANALYST}


def test_no_title_is_never_used() -> None:
    used = {
        (control.framework, control.reference)
        for kind in KINDS
        for control in WHOLE.mapping(kind=kind, perimeters=(5,)).controls
    }
    written = {(name, reference) for name, framework in WHOLE.frameworks.items() for reference in framework.controls}
    assert written == used


def test_optional_frameworks_are_printed_where_they_are_chosen() -> None:
    assert list(load_catalogue().frameworks) == ALWAYS
    chosen = load_catalogue(frameworks=["recyf", "pgssi-s"])
    assert list(chosen.frameworks) == [*ALWAYS, "pgssi-s", "recyf"]
    printed = chosen.mapping(kind="backup-restore", perimeters=(5,))
    assert {control.framework for control in printed.controls} == {*ALWAYS, "pgssi-s", "recyf"}
    with pytest.raises(EvidenceError, match="there is no framework nis"):
        load_catalogue(frameworks=["nis"])


def test_backup_is_the_articles_fifth_perimeter_and_recovery_has_no_official_activity() -> None:
    backup, recovery = WHOLE.mapping(kind="failover", perimeters=(5, 6)).activities
    assert [title.fr for title in backup.official] == ["sauvegarde des données de santé"]
    assert recovery.official == ()


def test_an_unknown_kind_has_what_is_common_to_all() -> None:
    mapping = WHOLE.mapping(kind="something-new", perimeters=(5,))
    assert mapping.kind is None
    assert mapping.controls
    assert all(control.common for control in mapping.controls)


def test_nothing_claims_a_conformity_or_bears_a_bare_number() -> None:
    written = "".join(shipped_text(name) for name in SHIPPED).lower()
    said = WHOLE.model_dump_json().lower()
    assert re.search(r"conforme hds|certifié hds|conformité hds|hds[ -]compliant", written + said) is None
    assert re.search(r"(?:p[ée]rim[èe]tres?|perimeters?|activit[ée]s?|activity) ?(?:n° ?)?\d", said) is None


class TestOwnFiles:
    """An organisation's own files, as `catalogue: files:` names them."""

    def test_a_framework_a_kind_and_a_title_are_added_without_code(self) -> None:
        text = """\
kinds:
  key-ceremony: {title: {fr: Cérémonie de clés, en: Key ceremony}}
frameworks:
  own-policy:
    title: {fr: Politique interne, en: Own policy}
    controls: {"P-12": {fr: Séquestre, en: Escrow}, "P-1": {fr: Preuves, en: Evidence}}
    common: [{control: P-1}]
    kinds:
      key-ceremony: [{control: P-12, primary: true, basis: source}]
  iso27001:
    controls: {A.8.24: {fr: Cryptographie, en: Cryptography}}
    kinds: {key-ceremony: [{control: A.8.24}]}
"""
        mapping = load_catalogue(files=[own(text)]).mapping(kind="key-ceremony", perimeters=(5,))
        assert mapping.kind is not None
        assert mapping.kind.en == "Key ceremony"
        assert [one.id for one in mapping.frameworks] == [*ALWAYS, "own-policy"]
        found = {(one.framework, one.reference): one for one in mapping.controls}
        assert found["own-policy", "P-12"].basis is Basis.SOURCE
        assert found["own-policy", "P-12"].primary
        assert found["own-policy", "P-1"].common
        assert found["iso27001", "A.8.24"].title.en == "Cryptography"
        assert found["iso27001", "A.8.24"].basis is None

    def test_a_list_replaces_the_one_before_it_and_an_optional_framework_becomes_printed(self) -> None:
        text = """\
frameworks:
  recyf: {optional: false}
  rgpd: {kinds: {backup-restore: [{control: art. 32(1)(c)}]}, common: []}
"""
        catalogue = load_catalogue(files=[own(text)])
        assert list(catalogue.frameworks) == [*ALWAYS, "recyf"]
        controls = catalogue.mapping(kind="backup-restore", perimeters=(5,)).controls
        assert [control.reference for control in controls if control.framework == "rgpd"] == ["art. 32(1)(c)"]

    def test_evidence_carries_version_and_digest_of_each_file(self) -> None:
        first = own("kinds: {fire: {title: {fr: Feu, en: Fire}}}", "a.yml")
        second = own("kinds: {fire: {title: {fr: Incendie, en: Blaze}}}", "b.yml")
        mapping = load_catalogue(files=[first, second]).mapping(kind="fire", perimeters=(5,))
        assert mapping.kind is not None
        assert mapping.kind.fr == "Incendie"
        assert [(one.name, one.version, one.sha256) for one in mapping.own] == [
            ("a.yml", "7", sha256(first.content)),
            ("b.yml", "7", sha256(second.content)),
        ]
        assert load_catalogue().own == ()

    FAULTS = {
        "kinds: {x: {}}": ["catalogue/own.yml:3: kinds.x.title: is missing"],
        "kinds: {Big One: {title: {fr: a, en: b}}}": ["catalogue/own.yml:3: kinds.Big One"],
        'kinds: {x: {title: {fr: a, en: " "}}}': [
            "catalogue/own.yml:3: kinds.x.title: must say something in both languages"
        ],
        "framework: {}": ["catalogue/own.yml:3: framework: is not a key that is known here (did you mean frameworks?)"],
        "frameworks: {recif: {optional: false}}": [
            "catalogue/own.yml:3: frameworks.recif: is a new framework and has no title (did you mean recyf?)"
        ],
        "frameworks:\n  rgpd:\n    kinds:\n      backup-restor: []": [
            "catalogue/own.yml:6: frameworks.rgpd.kinds.backup-restor: is no kind of drill that is known"
            " (did you mean backup-restore?)"
        ],
        "frameworks:\n  hds:\n    common:\n      - {control: EXI 05}": [
            "catalogue/own.yml:6: frameworks.hds.common.0.control: EXI 05 is no control of this framework"
            " (did you mean EXI 05.G?)"
        ],
        "frameworks:\n  hds:\n    common:\n      - {control: EXI 04}\n      - {control: EXI 04}": [
            "catalogue/own.yml:6: frameworks.hds.common.0.control: EXI 04 is named more than once (keep one of them)",
            "catalogue/own.yml:7: frameworks.hds.common.1.control: EXI 04 is named more than once (keep one of them)",
        ],
        "frameworks: {hds: {common: [{control: EXI 04, basis: guess}]}}": [
            "catalogue/own.yml:3: frameworks.hds.common.0.basis: "
        ],
        'perimeters: {"7": {title: {fr: a, en: b}, activities: []}}': ["catalogue/own.yml:3: perimeters.7"],
        'perimeters: {"6": {title: {fr: a, en: b}, activities: [backups]}}': [
            "catalogue/own.yml:3: perimeters.6.activities.0: backups is no activity that is known"
            " (did you mean backup?)"
        ],
        "version: 7": ["catalogue/own.yml:3: version: the key is already given on line 2"],
    }

    @pytest.mark.parametrize("text", FAULTS)
    def test_a_fault_is_named_by_file_line_and_key(self, text: str) -> None:
        found, expected = faults(text), self.FAULTS[text]
        assert len(found) == len(expected), found
        for fault, beginning in zip(found, expected, strict=True):
            assert fault.startswith(beginning), fault

    def test_another_format_and_what_is_no_text_are_refused(self) -> None:
        with pytest.raises(DefinitionError, match=r"own\.yml:1: format: "):
            load_whole_catalogue(files=[OwnText(name="own.yml", content=b'format: reprise/drill/v1\nversion: "1"\n')])
        with pytest.raises(DefinitionError, match=r"own\.yml: is no text in UTF-8"):
            load_whole_catalogue(files=[OwnText(name="own.yml", content=b"\xff")])

    def test_the_shipped_catalogue_is_not_changed_by_an_own_file(self) -> None:
        before: Catalogue = load_whole_catalogue()
        load_whole_catalogue(files=[own("frameworks: {rgpd: {common: []}}")])
        assert load_whole_catalogue() == before
