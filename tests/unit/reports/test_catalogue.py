"""The catalogue: whole, in words, and without the traps of its subject."""

import re

import pytest

from orchestrator.core.model import Language
from reports.catalogue import load_catalogue

CATALOGUE = load_catalogue()


def test_it_knows_the_eight_kinds() -> None:
    assert set(CATALOGUE.kinds) == {
        "backup-restore",
        "point-in-time-restore",
        "long-retention-restore",
        "backup-freshness",
        "failover",
        "failback",
        "component-loss",
        "ransomware-rebuild",
    }


@pytest.mark.parametrize("kind", CATALOGUE.kinds)
def test_every_reference_of_every_kind_has_a_title_in_both_languages(kind: str) -> None:
    mapping = CATALOGUE.mapping(kind=kind, perimeters=(1, 2, 3, 4, 5, 6))
    assert mapping.kind is not None
    assert len({(control.framework, control.reference) for control in mapping.controls}) == len(mapping.controls)
    assert all(control.title.within(language).strip() for control in mapping.controls for language in Language)
    assert any(control.primary for control in mapping.controls)


def test_no_title_is_never_used() -> None:
    used = {
        (control.framework, control.reference)
        for kind in CATALOGUE.kinds
        for control in CATALOGUE.mapping(kind=kind, perimeters=(5,)).controls
    }
    written = {(framework, reference) for framework, titles in CATALOGUE.controls.items() for reference in titles}
    assert written == used


def test_backup_is_the_articles_fifth_perimeter_and_recovery_has_no_official_activity() -> None:
    backup, recovery = CATALOGUE.mapping(kind="failover", perimeters=(5, 6)).activities
    assert [title.fr for title in backup.official] == ["sauvegarde des données de santé"]
    assert recovery.official == ()


def test_an_unknown_kind_has_what_is_common_to_all() -> None:
    mapping = CATALOGUE.mapping(kind="something-new", perimeters=(5,))
    assert mapping.kind is None
    assert mapping.controls
    assert all(control.common for control in mapping.controls)


def test_nothing_claims_a_conformity_or_bears_a_bare_number() -> None:
    text = CATALOGUE.model_dump_json().lower()
    assert re.search(r"conforme hds|certifié hds|hds p[ée]rim[èe]tre \d", text) is None
