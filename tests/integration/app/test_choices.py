"""What a project chooses for its evidence: read from its files, each fault with its place."""

from pathlib import Path

import pytest

from orchestrator.app.choices import chosen_catalogue, own_rules
from orchestrator.errors import DefinitionError
from orchestrator.lab.people import FAMILY_NAMES, GIVEN_NAMES, MARK
from orchestrator.lab.project import RENDERED, render
from orchestrator.project import Project, load_project
from reports.scan import HitKind, find
from tests.unit.lab.test_variables import variables

PROJECT = """\
format: reprise/project/v1
name: demo
organisation: {name: Hébergeur Exemple}
staging: {groups: [staging]}
never: [production]
production: {endpoints: ["192.0.2.1:5432"]}
marker: {path: "/etc/reprise-staging"}
inventory: inventory/hosts.yml
ssh: {known-hosts: known_hosts}
signing: {key: "file:keys/key.pem", certificate: trust/certificate.pem}
"""
OWN = """\
format: reprise/catalogue/v1
version: "3"
frameworks:
  own-policy:
    title: {fr: Politique interne, en: Own policy}
    controls: {P-1: {fr: Preuves, en: Evidence}}
    common: [{control: P-1}]
"""


def project(root: Path, text: str, **files: bytes) -> Project:
    (root / "reprise.yml").write_text(PROJECT + text, encoding="utf-8")
    for name, content in files.items():
        (root / name).write_bytes(content)
    return load_project(root)


def faults(caught: pytest.ExceptionInfo[DefinitionError]) -> list[str]:
    return [str(fault) for fault in caught.value.faults]


def test_a_project_that_says_nothing_has_no_rules_and_no_optional_framework(tmp_path: Path) -> None:
    loaded = project(tmp_path, "")
    assert (own_rules(loaded).used_patterns, own_rules(loaded).used_names) == ((), None)
    assert list(chosen_catalogue(loaded).frameworks) == ["iso27001", "iso22301", "rgpd", "hds"]


def test_patterns_and_names_of_a_project_are_looked_for(tmp_path: Path) -> None:
    text = "privacy: {patterns: [{name: ipp, pattern: 'IPP[3-9]\\d{7}'}], names: names}\n"
    loaded = project(tmp_path, text, names="# liste\nLefèvre Zoé\n".encode())
    said = {"plan.json": b'{"a":"IPP80012345","b":"zoe LEFEVRE"}'}
    assert [(hit.place, hit.kind) for hit in find(said, own=own_rules(loaded))] == [
        ("/a", HitKind.OWN_PATTERN),
        ("/b", HitKind.PERSON_NAME),
    ]


def test_frameworks_and_files_of_a_project_are_in_the_catalogue(tmp_path: Path) -> None:
    loaded = project(tmp_path, "catalogue: {frameworks: [recyf], files: [own.yml]}\n", **{"own.yml": OWN.encode()})
    mapping = chosen_catalogue(loaded).mapping(kind="failover", perimeters=(6,))
    assert [framework.id for framework in mapping.frameworks][-2:] == ["recyf", "own-policy"]
    assert [(one.name, one.version) for one in mapping.own] == [("own.yml", "3")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("privacy: {names: nowhere}\n", "reprise.yml:11: privacy.names: nowhere: No such file or directory"),
        ("privacy: {names: latin}\n", "reprise.yml:11: privacy.names: latin is no text in UTF-8"),
        ("privacy: {names: short}\n", "short:2: has fewer than 3 letters"),
    ],
)
def test_a_list_of_names_that_cannot_be_used_is_a_fault(tmp_path: Path, text: str, expected: str) -> None:
    loaded = project(tmp_path, text, latin=b"Lef\xe8vre", short=b"Durand Marie\nle\n")
    with pytest.raises(DefinitionError) as caught:
        own_rules(loaded)
    (found,) = faults(caught)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("catalogue:\n  frameworks: [recif]\n", "reprise.yml:12: catalogue.frameworks.0: there is no framework recif"),
        ("catalogue:\n  files: [a.yml]\n", "reprise.yml:12: catalogue.files.0: a.yml: No such file or directory"),
        ("catalogue:\n  files: [bad.yml]\n", "bad.yml:1: format: "),
    ],
)
def test_a_choice_of_the_catalogue_that_cannot_be_meant_is_a_fault(tmp_path: Path, text: str, expected: str) -> None:
    loaded = project(tmp_path, text, **{"bad.yml": b'format: reprise/drill/v1\nversion: "1"\n'})
    with pytest.raises(DefinitionError) as caught:
        chosen_catalogue(loaded)
    (found,) = faults(caught)
    assert found.startswith(expected)


class TestTheLab:
    """The lab's project declares its own synthetic patients, from where its generator has them."""

    TEMPLATES = Path(__file__).parents[3] / "playbooks" / "lab" / "templates"

    @pytest.fixture
    def loaded(self, tmp_path: Path) -> Project:
        lab = variables(5)
        for file, template in RENDERED.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(render(templates=self.TEMPLATES, name=template, lab=lab), encoding="utf-8")
        return load_project(tmp_path)

    def test_a_patient_of_the_generator_is_found_by_name_and_by_number(self, loaded: Project) -> None:
        rules, generator = own_rules(loaded), "postgresql/templates/data.sql.j2"
        sql = render(templates=self.TEMPLATES, name=generator, lab=variables(5))
        family, given, mark = (str(made) for made in (FAMILY_NAMES[27], GIVEN_NAMES[-1], MARK))
        assert all(f"'{word}" in sql or f",{word}" in sql for word in (family, given, mark))
        for said, kind in (
            (f"Failing row contains (12, x, {family}, {given}, F)", HitKind.PERSON_NAME),
            (f"{given.upper()} {family.upper()}", HitKind.PERSON_NAME),
            (f"Key (identifier)=({mark}00000012) already exists", HitKind.OWN_PATTERN),
        ):
            assert [hit.kind for hit in find({"journal.jsonl": said.encode()}, own=rules)] == [kind]

    def test_what_the_product_says_itself_has_none_of_them_in_it(self, loaded: Project) -> None:
        root = Path(__file__).parents[3]
        said = [*root.glob("drills/*.yml"), *root.glob("reports/catalogue/*.yml"), *root.glob("reports/locales/*.yml")]
        assert len(said) > 10
        assert find({file.name: file.read_bytes() for file in said}, own=own_rules(loaded)) == ()

    def test_it_prints_the_frameworks_of_a_french_hospital(self, loaded: Project) -> None:
        assert {"pgssi-s", "care", "recyf"} <= set(chosen_catalogue(loaded).frameworks)
