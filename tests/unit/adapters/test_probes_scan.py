import json
from typing import Any

import pytest

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.probes import clean_points, scan
from orchestrator.adapters.probes.scan_report import ScanReport, read_report
from orchestrator.core.clean_point import Baseline

CLEAN: dict[str, Any] = {
    "exists": True,
    "files": 9,
    "bytes": 900,
    "unreadable": 0,
    "canaries": 2,
    "canaries_intact": 2,
    "seen": {"pdf": 6, "text": 3},
    "odd": {"pdf": 0, "text": 0},
    "renamed": 0,
    "matches": {"ransom_note": 0},
    "matched": 0,
    "content_sha256": "ab" * 32,
    "compared": 0,
    "changed": 0,
}
POISONED = CLEAN | {
    "odd": {"pdf": 2, "text": 1},
    "matches": {"ransom_note": 1},
    "matched": 1,
    "content_sha256": "cd" * 32,
}


def report(*points: dict[str, Any], restored: dict[str, Any] = CLEAN) -> ScanReport:
    named = [{**point, "name": f"{number:04}-id{number}"} for number, point in enumerate(points, start=1)]
    return read_report(json.dumps({"rules": ["ransom_note"], "scan": restored, "points": named}).encode())


def judged(
    *points: dict[str, Any], restored: dict[str, Any] = CLEAN, baseline: Baseline | None = None
) -> dict[str, Any]:
    return dict(clean_points.values_of(report(*points, restored=restored), baseline=baseline or Baseline()))


def test_counts_by_kind_and_rule_go_into_evidence() -> None:
    assert scan.values_of(report(restored=POISONED).scan) == {
        "exists": True,
        "files": 9,
        "bytes": 900,
        "unreadable": 0,
        "canaries": 2,
        "canaries_intact": 2,
        "odd": 3,
        "renamed": 0,
        "matched": 1,
        "odd.pdf": 2,
        "odd.text": 1,
        "rule.ransom_note": 1,
    }


def test_what_is_not_there_is_only_not_there() -> None:
    assert scan.values_of(report(restored={"exists": False}).scan) == {"exists": False}


def test_what_was_restored_is_the_newest_clean_point() -> None:
    values = judged(CLEAN | {"content_sha256": "00" * 32}, CLEAN, POISONED)
    assert {name: value for name, value in values.items() if value not in (0, False)} == {
        "points": 3,
        "newest_clean": "id2",
        "later": 1,
        "restored_is_newest_clean": True,
        "later.odd-content": 1,
        "later.known-pattern": 1,
    }


@pytest.mark.parametrize(
    ("points", "restored"),
    [
        ((CLEAN, POISONED), POISONED),
        ((CLEAN, CLEAN | {"content_sha256": "11" * 32}), CLEAN),
        ((CLEAN, POISONED), {"exists": False}),
        ((POISONED,), POISONED),
        ((), CLEAN),
        ((CLEAN | {"unreadable": 1},), CLEAN),
        (({"exists": False},), {"exists": False}),
    ],
)
def test_anything_else_that_was_restored_is_not(points: tuple[dict[str, Any], ...], restored: dict[str, Any]) -> None:
    assert judged(*points, restored=restored)["restored_is_newest_clean"] is False


def test_a_point_that_could_not_be_read_is_told_as_such() -> None:
    values = judged(CLEAN, CLEAN | {"unreadable": 1})
    assert (values["newest_clean"], values["later.not-scanned"]) == ("id1", 1)


def test_what_is_usual_proves_nothing() -> None:
    usual = CLEAN | {"odd": {"pdf": 2}}
    assert judged(usual)["newest_clean"] == "none"
    assert judged(usual, baseline=Baseline(odd={"pdf": 2}))["newest_clean"] == "id1"


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        json.dumps({"rules": ["r"], "scan": CLEAN}).encode(),
        json.dumps({"rules": ["r"], "scan": CLEAN | {"files": -1}, "points": []}).encode(),
        json.dumps({"rules": ["r"], "scan": CLEAN | {"files": "9"}, "points": []}).encode(),
        json.dumps({"rules": ["r"], "scan": CLEAN | {"odd": {"Martin Dupont": 1}}, "points": []}).encode(),
        json.dumps({"rules": ["r"], "scan": CLEAN | {"content_sha256": "abcd"}, "points": []}).encode(),
        json.dumps({"rules": ["r"], "scan": CLEAN, "points": [CLEAN | {"name": "Martin Dupont"}]}).encode(),
    ],
)
def test_anything_else_is_not_understood(wrong: bytes) -> None:
    with pytest.raises(NoAnswerError, match="not understood"):
        read_report(wrong)


def test_without_a_rule_nothing_is_said() -> None:
    with pytest.raises(NoAnswerError, match="can find nothing"):
        read_report(json.dumps({"rules": [], "scan": CLEAN, "points": []}).encode())
