"""A claim that holds what evidence must not hold is dropped before it is journalled, and the others are not."""

import json

import pytest

from orchestrator.adapters.ansible.events import EventReader
from orchestrator.app.people import claim_fits
from orchestrator.core.events import ClaimMade
from reports.scan import build_own_rules

OWN = build_own_rules(patterns={"ipp": r"IPP\d{8}"}, names=())


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("rows", 2_000, True),
        ("ready", True, True),
        ("recovery_point", "20261123-020000F", True),
        ("password", "hunter2", False),
        ("told", "password=hunter2", False),
        ("told", "qV3x9TzL0pW7mB2cN8rK5hJ1", False),
        ("dsn", "postgresql://reprise:hunter2@db/dpi", False),
        ("patient", "IPP12345678", False),
    ],
)
def test_what_may_be_in_evidence(name: str, value: bool | int | str, fits: bool) -> None:
    assert claim_fits(ClaimMade(step="restore", name=name, value=value), own=OWN, vaulted=frozenset()) is fits


def test_what_may_not_be_is_counted_and_not_told() -> None:
    reader = EventReader(step="restore", attempt=1, fits=lambda claim: claim_fits(claim, own=OWN, vaulted=frozenset()))
    line = {"number": 0, "type": "claims", "claims": {"rows": 9, "password": "hunter2"}, "dropped": 1}
    events = list(reader.read(json.dumps(line).encode()))
    assert events == [ClaimMade(step="restore", name="rows", value=9)]
    assert (reader.dropped, reader.unfit) == (1, 1)


def test_what_is_in_the_vault_is_a_secret_however_it_looks() -> None:
    vaulted = frozenset({"correct horse"})
    for value, fits in (("correct horse", False), ("it was correct horse.", False), ("correct", True), (1, True)):
        assert claim_fits(ClaimMade(step="restore", name="told", value=value), own=OWN, vaulted=vaulted) is fits
