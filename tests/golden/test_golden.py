"""Golden runs: whatever becomes of the code, the same files must give the same verdict, findings and figures."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.journal import parse_journal
from orchestrator.errors import EvidenceError, JournalError
from reports.materials import read_materials, read_plan
from reports.scan import find
from tests.golden.make import RUNS, declared, outcome, record
from tests.golden.situations import SITUATIONS


def _files(name: str) -> dict[str, bytes]:
    root = RUNS / name
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name != "expected.json")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def _expected(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RUNS / name / "expected.json").read_text())
    return loaded


def test_every_situation_has_its_files_and_no_other_is_there() -> None:
    assert sorted(path.name for path in RUNS.iterdir()) == sorted(SITUATIONS)
    assert len(SITUATIONS) >= 25


@pytest.mark.parametrize("name", sorted(SITUATIONS))
def test_the_files_give_what_they_gave(name: str) -> None:
    computed, expected = outcome(_files(name)), _expected(name)
    assert computed == expected
    wanted = declared(SITUATIONS[name])
    assert {key: expected[key] for key in wanted} == wanted


@pytest.mark.parametrize("name", sorted(SITUATIONS))
def test_the_engine_still_does_the_same(name: str, tmp_path: Path) -> None:
    """Recorded again, it comes to the same, figures included; only the order of what runs side by side may differ."""
    assert outcome(record(SITUATIONS[name], samples=tmp_path / "samples")) == _expected(name)


def test_no_two_situations_are_told_apart_by_nothing() -> None:
    verdicts = {SITUATIONS[name].verdict for name in SITUATIONS}
    assert verdicts == {"passed", "passed-with-gaps", "failed", "inconclusive", "aborted"}
    assert {SITUATIONS[name].exit_code for name in SITUATIONS} == {0, 1, 3, 4, 7}


GOLDEN = _files("passed")
PLAN = read_plan(GOLDEN["plan.json"])
JOURNAL = GOLDEN["journal.jsonl"]


@given(st.integers(0, len(JOURNAL) - 1), st.integers(1, 255))
@settings(max_examples=60)
def test_any_changed_byte_of_a_golden_journal_is_found(index: int, difference: int) -> None:
    altered = bytearray(JOURNAL)
    altered[index] ^= difference
    last = JOURNAL.rstrip(b"\n").rfind(b"\n") + 1
    if index < last:
        with pytest.raises(JournalError):
            parse_journal(bytes(altered), genesis=PLAN.digest)
        return
    # The last line is bound by the attested head; here it is enough that it is not taken for the same journal.
    try:
        entries = parse_journal(bytes(altered), genesis=PLAN.digest)
    except JournalError:
        return
    assert entries[-1].digest != parse_journal(JOURNAL, genesis=PLAN.digest)[-1].digest


@pytest.mark.parametrize("name", ["plan.json", "drill.yml", "samples/service.csv", "samples/canary.csv"])
@given(data=st.data())
@settings(max_examples=25)
def test_any_changed_byte_of_another_file_is_found(name: str, data: st.DataObject) -> None:
    altered = bytearray(GOLDEN[name])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(EvidenceError):
        read_materials(GOLDEN | {name: bytes(altered)})


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_missing_file_is_found(name: str) -> None:
    with pytest.raises(EvidenceError):
        read_materials({other: content for other, content in GOLDEN.items() if other != name})


def test_no_golden_run_holds_anything_that_a_scan_takes_for_health_data_or_a_secret() -> None:
    """No false alarm in any situation, and nothing in them that would keep it from being sealed."""
    assert {name: find(_files(name)) for name in SITUATIONS} == dict.fromkeys(SITUATIONS, ())
