"""Two programs that share no line come to the same figures, reasons and verdict, of every run that we know."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.core.canonical import sha256
from orchestrator.core.journal import Entry, format_line, parse_journal
from orchestrator.core.model import Language
from reports.layout import sources
from reports.materials import read_materials, read_plan
from tests.golden.make import RUNS
from tests.integration.reports.bare import VERIFIER, Bare
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run

GOLDEN = sorted(path.name for path in RUNS.iterdir())
WORDS = {"reason", "self_test_reason", "expected", "detail", "lines"}


def _plain(value: Any) -> Any:
    """Without sentences and line numbers, which are for people."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if name not in WORDS}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _by_name(finding: dict[str, str]) -> tuple[str, str]:
    return finding["code"], finding["subject"]


def _of_the_product(files: dict[str, bytes]) -> dict[str, Any]:
    measurements, judgement = read_materials(files).compute()
    document: dict[str, Any] = {
        "verified": False,
        "measurements": _plain(measurements.model_dump(mode="json")),
        "judgement": _plain(judgement.model_dump(mode="json")),
    }
    document["judgement"]["findings"].sort(key=_by_name)
    return document


def _files(directory: Path) -> dict[str, bytes]:
    found = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return sources({path.relative_to(directory).as_posix(): path.read_bytes() for path in found})


def test_the_bare_interpreter_has_cryptography_and_not_the_product(bare: Bare) -> None:
    assert bare.imports("cryptography.x509")
    assert not any(map(bare.imports, ("orchestrator", "reports", "pydantic", "rfc8785", "asn1crypto", "pyhanko")))


def test_it_imports_the_standard_library_and_cryptography_and_nothing_of_the_product_imports_it() -> None:
    own = {name.partition(".")[0] for name in _imported(VERIFIER)}
    root = VERIFIER.parents[2]
    others = [path for part in ("orchestrator", "reports") for path in (root / part).rglob("*.py") if path != VERIFIER]

    assert own - sys.stdlib_module_names == {"cryptography"}
    assert len(others) > 50
    assert [path for path in others if any("standalone" in name for name in _imported(path))] == []


def _imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Name) and file == VERIFIER:
            assert node.id not in {"__import__", "exec", "eval"}
    return names


def test_every_golden_run_gives_the_same(bare: Bare) -> None:
    said = bare.ask(*([RUNS / name, "--compute"] for name in GOLDEN))

    for name, answer in zip(GOLDEN, said, strict=True):
        assert answer.code == 0, (name, answer.err)
        assert answer.document == _of_the_product(_files(RUNS / name)), name


@pytest.mark.parametrize("story", Story)
def test_a_run_of_any_outcome_is_valid_for_both(story: Story, bare: Bare, own_seal: Seal, tmp_path: Path) -> None:
    language = Language.ENGLISH if story is Story.STOPPED else Language.FRENCH
    run = write_run(tmp_path / "run", story=story)
    sealed = own_seal.seal(run, language=language)
    trusted = ["--certificate", own_seal.certificate_path, "--json"]

    *said, computed = bare.ask(*([p, *trusted] for p in (run, sealed.bundle, sealed.report_pdf)), [run, "--compute"])

    for answer in said:
        assert answer.failures == set()
        assert (answer.code, answer.document["valid"]) == (0, True)
        assert answer.document["verdict"] == sealed.verdict
    assert computed.document == _of_the_product(_files(run))


def test_it_runs_as_its_first_lines_say(sealed_once: Path, own_seal: Seal) -> None:
    bundle, trusted = str(sealed_once / "bundle.zip"), str(own_seal.certificate_path)
    command = [sys.executable, "-I", str(VERIFIER), bundle, "--certificate", trusted, "--without-register"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout.splitlines()[-1] == f"valid: {read_plan(_files(sealed_once)['plan.json']).run_id}, verdict passed"
    )
    assert "FAILED" not in done.stdout


# A journal with an event dropped and its chain made again is another run, and often one that no engine would write:
# whatever it comes to, both come to it.


def _chained(entries: list[Entry], *, genesis: str) -> bytes:
    content, previous = b"", genesis
    for number, entry in enumerate(entries):
        line = format_line(entry.model_copy(update={"seq": number, "prev": previous}))
        content, previous = content + line, sha256(line[:-1])
    return content


def _without_events(name: str, dropped: set[int]) -> dict[str, bytes]:
    files = _files(RUNS / name)
    plan = read_plan(files["plan.json"])
    entries = list(parse_journal(files["journal.jsonl"], genesis=plan.digest))
    kept = [entry for entry in entries if entry.seq not in dropped]
    return files | {"journal.jsonl": _chained(kept, genesis=plan.digest)}


def _lengths() -> Iterator[tuple[str, int]]:
    for name in GOLDEN:
        yield name, (RUNS / name / "journal.jsonl").read_bytes().count(b"\n")


def _write(directory: Path, files: dict[str, bytes]) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


@pytest.mark.parametrize(
    "name",
    [
        "passed",
        "passed-after-a-retry",
        "failed-rpo-missed",
        "aborted-killed-in-cleanup",
        "gap-markers-of-a-clock-that-is-measured",
        "passed-by-the-times-of-the-catalogue",
        "failed-marker-newer-than-the-disaster",
    ],
)
def test_both_agree_on_a_journal_without_any_one_of_its_events(name: str, bare: Bare, tmp_path: Path) -> None:
    number = dict(_lengths())[name]
    runs = [_without_events(name, {dropped}) for dropped in range(number)]
    places = [_write(tmp_path / str(index), files) for index, files in enumerate(runs)]

    said = bare.ask(*([place, "--compute"] for place in places))

    for dropped, (files, answer) in enumerate(zip(runs, said, strict=True)):
        assert answer.document == _of_the_product(files), f"without line {dropped}"


@given(data=st.data())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_both_agree_on_journals_without_some_of_their_events(data: st.DataObject, bare: Bare, tmp_path: Path) -> None:
    chosen = [data.draw(st.sampled_from(list(_lengths()))) for _ in range(8)]
    dropped = [data.draw(st.sets(st.integers(1, number - 1), min_size=1, max_size=6)) for _, number in chosen]
    runs = [_without_events(name, lines) for (name, _), lines in zip(chosen, dropped, strict=True)]
    places = [_write(tmp_path / str(index), files) for index, files in enumerate(runs)]

    said = bare.ask(*([place, "--compute"] for place in places))

    for case, files, answer in zip(zip(chosen, dropped, strict=True), runs, said, strict=True):
        assert answer.document == _of_the_product(files), case
