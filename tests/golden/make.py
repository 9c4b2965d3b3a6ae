"""Writes the golden runs anew: `python -m tests.golden.make [NAME ...]`. A verdict must be the declared one."""

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestrator.core.canonical import canonical
from orchestrator.core.journal import parse_journal
from orchestrator.core.results import Judgement, Measurements, Quantity
from orchestrator.testing.examples import DRILL_TEXT
from reports.materials import read_materials
from tests.golden.situations import SITUATIONS, Situation

RUNS = Path(__file__).parent / "runs"


def record(situation: Situation, *, samples: Path) -> dict[str, bytes]:
    """The files of a run of this situation, by name. Series that its journal never closed are left out."""
    recording = situation.record(samples)
    entries = parse_journal(recording.journal, genesis=recording.plan.digest)
    closed = {getattr(entry.event, "file", "") for entry in entries}
    files = {"plan.json": canonical(recording.plan), "drill.yml": DRILL_TEXT, "journal.jsonl": recording.journal}
    names = {f"samples/{file.name}": file for file in sorted(samples.glob("*.csv"))}
    return files | {name: file.read_bytes() for name, file in names.items() if name in closed}


def outcome(files: dict[str, bytes]) -> dict[str, Any]:
    """What is computed of a run's files, as `expected.json` keeps it."""
    measurements, judgement = read_materials(files).compute()
    return {
        "verdict": judgement.verdict.value,
        "exit_code": int(judgement.exit_code),
        "findings": findings(judgement),
        "measurements": figures(measurements),
    }


def findings(judgement: Judgement) -> list[list[str]]:
    """Code and subject of each finding, sorted."""
    return sorted([finding.code.value, finding.subject] for finding in judgement.findings)


def figures(measurements: Measurements) -> dict[str, list[int | None]]:
    """Both bounds of everything that depends on no thread of the engine."""
    found = {measured.quantity: measured.value for measured in measurements.measurements}
    return {name.value: [v.lower, v.upper] for name, v in found.items() if name is not Quantity.OWN_TIME}


def declared(situation: Situation) -> dict[str, Any]:
    """What a person wrote down for this situation."""
    wanted = sorted(list(finding) for finding in situation.findings)
    return {"verdict": situation.verdict, "exit_code": situation.exit_code, "findings": wanted}


def make(name: str) -> None:
    """Record one situation and write its files.

    Raises:
        SystemExit: What came out is not what was written down by hand.
    """
    with TemporaryDirectory() as directory:
        files = record(SITUATIONS[name], samples=Path(directory) / "samples")
    computed = outcome(files)
    wanted = declared(SITUATIONS[name])
    if {key: computed[key] for key in wanted} != wanted:
        raise SystemExit(f"{name}: wanted {wanted}, and it came to {computed}")
    shutil.rmtree(RUNS / name, ignore_errors=True)
    files["expected.json"] = json.dumps(computed, indent=1, sort_keys=True).encode() + b"\n"
    for file, content in files.items():
        (RUNS / name / file).parent.mkdir(parents=True, exist_ok=True)
        (RUNS / name / file).write_bytes(content)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or sorted(SITUATIONS):
        make(chosen)
