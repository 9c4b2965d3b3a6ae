"""`reprise export` on a project: which runs, what is refused, where it goes, what is said."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from orchestrator.adapters.ciso_assistant import Target
from orchestrator.app.export import Choice
from orchestrator.cli import reprise
from orchestrator.core.canonical import sha256
from orchestrator.errors import DeliveryError, EvidenceError, RepriseError, StoreError, UsageError
from reports.layout import BUNDLE
from tests.integration.exports.ciso_server import TOKEN, State, serving
from tests.integration.exports.conftest import NAMES
from tests.integration.reports.conftest import make_seal
from tests.integration.reports.example_run import Story
from tests.unit.reports.export.entries import EVENTS, RUN, chain

PASSED, FAILED = NAMES[Story.PASSED], NAMES[Story.FAILED]
SEDA = ("seda", "--archival-agency", "FRAD999", "--transferring-agency", "FRAD999-HSE")


def _run(project: Path, *arguments: str, **environment: str) -> Result:
    result = CliRunner().invoke(reprise, ["export", *arguments, "-C", str(project)], env=environment)
    if result.exception and not isinstance(result.exception, RepriseError | SystemExit):
        raise result.exception
    return result


def _error(result: Result) -> RepriseError:
    assert isinstance(result.exception, RepriseError), result.output
    return result.exception


def _exported(project: Path, *arguments: str) -> str:
    result = _run(project, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def _runs_of(text: str) -> list[str]:
    return [result["props"][0]["value"] for result in json.loads(text)["assessment-results"]["results"]]


def _write_register(project: Path) -> None:
    (project / "register").mkdir()
    lines = b"".join(entry.line + b"\n" for entry in chain())
    (project / "register" / "register.jsonl").write_bytes(lines)


def test_without_a_choice_every_run_is_exported(two_runs: Path) -> None:
    assert _runs_of(_exported(two_runs, "oscal")) == sorted([PASSED, FAILED])


def test_a_run_is_chosen_by_a_part_of_its_name_and_written_where_it_is_wanted(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "ar.json"

    said = _exported(project, "oscal", PASSED[:16], "--out", str(out))

    assert _runs_of(out.read_text(encoding="utf-8")) == [PASSED]
    assert sha256(out.read_bytes()) in said


@pytest.mark.parametrize(
    ("period", "found"),
    [
        (("--from", "2026-11-23", "--to", "2026-11-23"), 1),
        (("--from", "2026-11-24"), 0),
        (("--to", "2026-11-22"), 0),
    ],
)
def test_a_period_holds_both_of_its_days(period: tuple[str, ...], found: int, project: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(_exported(project, "csv", "--table", "runs", *period))))

    assert len(rows) == found


def test_the_days_of_a_period_are_those_of_utc() -> None:
    choice = Choice(from_day=date(2026, 11, 23), to_day=date(2026, 11, 23))
    midnight = datetime(2026, 11, 23, tzinfo=UTC)

    assert choice.holds(midnight)
    assert choice.holds(midnight + timedelta(days=1, microseconds=-1))
    assert not choice.holds(midnight - timedelta(microseconds=1))
    assert not choice.holds(midnight + timedelta(days=1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PASSED, "--from", "2026-11-23"), "not both"),
        (("--from", "2026-11-24", "--to", "2026-11-23"), "before it begins"),
        (("20301231",), "there is no run"),
        (("2026112",), "more than one run"),
        (("--from", "2030-01-01"), "no run to export"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(arguments: tuple[str, ...], message: str, two_runs: Path) -> None:
    error = _error(_run(two_runs, "oscal", *arguments))

    assert isinstance(error, UsageError)
    assert message in str(error)


def _alter_bundle(project: Path) -> None:
    path = project / "runs" / PASSED / BUNDLE
    path.write_bytes(path.read_bytes().replace(b'"verdict":"passed"', b'"verdict":"failed"', 1))


def _swap_run(project: Path) -> None:
    """A run that verifies, under the name of another."""
    (project / "runs" / PASSED).rename(project / "runs" / f"{PASSED}0")


def _cut_bundle(project: Path) -> None:
    path = project / "runs" / PASSED / BUNDLE
    path.write_bytes(path.read_bytes()[:-1])


def _unseal(project: Path) -> None:
    (project / "runs" / PASSED / BUNDLE).unlink()


def _distrust(project: Path) -> None:
    (project / "trust" / "seal.crt.pem").write_bytes(make_seal(project / "other").certificate_path.read_bytes())


@pytest.mark.parametrize(
    ("harm", "arguments"),
    [
        (_alter_bundle, ("oscal",)),
        (_swap_run, ("oscal",)),
        (_cut_bundle, ("oscal",)),
        (_unseal, ("oscal",)),
        (_distrust, ("oscal",)),
        (_cut_bundle, ("csv",)),
        (_unseal, ("xlsx",)),
        (_distrust, SEDA),
    ],
)
def test_what_does_not_verify_is_named_and_nothing_is_exported(
    harm: Callable[[Path], None], arguments: tuple[str, ...], project: Path, tmp_path: Path
) -> None:
    harm(project)
    out = tmp_path / "export"

    error = _error(_run(project, *arguments, "--out", str(out)))

    assert isinstance(error, EvidenceError)
    assert PASSED in str(error)
    assert "nothing is exported" in str(error)
    assert not out.exists()


def test_what_was_not_chosen_may_be_broken(two_runs: Path) -> None:
    _alter_bundle(two_runs)

    assert _runs_of(_exported(two_runs, "oscal", FAILED)) == [FAILED]


def test_the_register_is_exported_in_its_order_and_within_the_period(project: Path) -> None:
    _write_register(project)

    rows = list(csv.DictReader(io.StringIO(_exported(project, "csv", "--table", "register"))))
    later = _exported(project, "csv", "--table", "register", "--from", "2026-11-24")

    assert [row["seq"] for row in rows] == [str(seq) for seq in range(len(chain()))]
    assert rows[3]["person"].startswith("'=HYPERLINK")
    assert len(later.splitlines()) == 1


def test_a_project_without_a_register_says_so(project: Path) -> None:
    assert "keeps no register" in str(_error(_run(project, "csv", "--table", "actions")))


@pytest.mark.parametrize(
    "harm",
    [
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [lines[0].replace(b"dpi", b"dpj"), *lines[1:]],
        lambda lines: [b"{}", *lines[1:]],
        lambda lines: [lines[0] + b" ", *lines[1:]],
    ],
)
def test_a_broken_register_is_not_exported(harm: Callable[[list[bytes]], list[bytes]], project: Path) -> None:
    _write_register(project)
    path = project / "register" / "register.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in harm(path.read_bytes().split(b"\n")[:-1])))

    error = _error(_run(project, "csv", "--table", "register"))

    assert isinstance(error, EvidenceError)
    assert "entry" in str(error)


def test_the_workbook_has_its_five_sheets_and_without_a_register_three(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "register.xlsx"
    _exported(project, "xlsx", "--out", str(out), "--lang", "en")
    without = load_workbook(out).sheetnames
    _write_register(project)
    _exported(project, "xlsx", "--out", str(out))

    assert without == ["Runs", "Measurements", "Findings"]
    assert load_workbook(out).sheetnames == ["Registre", "Exercices", "Mesures", "Constats", "Actions"]


def test_a_table_of_named_runs_has_their_entries_only(project: Path) -> None:
    _write_register(project)

    assert len(_exported(project, "csv", "--table", "register", PASSED).splitlines()) == 1
    (project / "runs" / PASSED).rename(project / "runs" / RUN)
    own = [event for event in EVENTS if getattr(event, "run_id", None) == RUN]
    assert len(_exported(project, "csv", "--table", "register", RUN).splitlines()) == 1 + len(own)


def test_a_submission_says_what_it_left_out(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "sip.zip"

    said = _exported(project, *SEDA, PASSED, "--out", str(out))

    with zipfile.ZipFile(out) as archive:
        assert "manifest.xml" in archive.namelist()
    assert said.count("left out  ") == 3


def test_the_agencies_of_a_submission_have_no_default(project: Path, tmp_path: Path) -> None:
    assert _run(project, "seda", PASSED, "--out", str(tmp_path / "sip.zip")).exit_code == 2


@pytest.mark.parametrize("place", ["runs/report.json", f"runs/{PASSED}/report.pdf", "register/x", "runs/../runs/x"])
def test_an_export_never_lands_among_the_evidence(place: str, project: Path) -> None:
    error = _error(_run(project, "oscal", PASSED, "--out", str(project / place)))

    assert isinstance(error, UsageError)
    assert "evidence is kept there" in str(error)


def test_a_directory_that_is_not_there_is_told(project: Path, tmp_path: Path) -> None:
    error = _error(_run(project, "oscal", PASSED, "--out", str(tmp_path / "none" / "ar.json")))

    assert isinstance(error, StoreError)
    assert "choose a directory" in str(error.hint)


@pytest.fixture
def state() -> State:
    """A server that holds nothing but folders."""
    return State()


def _push(project: Path, state: State, *arguments: str, token: str = TOKEN) -> Result:
    with serving(state) as url:
        return _run(
            project,
            "ciso-assistant",
            *arguments,
            "--url",
            url,
            "--folder",
            str(state.folder),
            "--json",
            CISO_ASSISTANT_TOKEN=token,
            NO_PROXY="127.0.0.1",
        )


def test_every_run_is_pushed_once_and_linked(two_runs: Path, state: State) -> None:
    requirement, control, other = uuid4(), uuid4(), uuid4()
    state.linked = {
        f"{Target.REQUIREMENT_ASSESSMENT}/{requirement}": [other],
        f"{Target.APPLIED_CONTROL}/{control}": [],
    }
    links = ("--requirement-assessment", str(requirement), "--applied-control", str(control))

    first = json.loads(_push(two_runs, state, *links).stdout)
    again = json.loads(_push(two_runs, state, PASSED, *links).stdout)

    assert [one["run"] for one in first] == sorted([PASSED, FAILED])
    assert [one["uploaded"] for one in first] == [True, True]
    assert [one["uploaded"] for one in again] == [False]
    assert len(state.evidences) == 2
    held = {one.content for one in state.revisions.values() if one.content}
    assert held == {(two_runs / "runs" / name / BUNDLE).read_bytes() for name in (PASSED, FAILED)}
    evidences = [one["evidence"] for one in first]
    assert [str(one) for one in state.linked[f"{Target.REQUIREMENT_ASSESSMENT}/{requirement}"]] == [
        str(other),
        *evidences,
    ]
    assert [str(one) for one in state.linked[f"{Target.APPLIED_CONTROL}/{control}"]] == evidences
    assert [link["added"] for one in again for link in one["links"]] == [False] * 2


def test_nothing_is_pushed_where_one_run_does_not_verify(two_runs: Path, state: State) -> None:
    _alter_bundle(two_runs)

    error = _error(_push(two_runs, state))

    assert isinstance(error, EvidenceError)
    assert state.requests == []


def test_without_a_token_nothing_is_asked(project: Path, state: State) -> None:
    error = _error(_push(project, state, token=""))

    assert isinstance(error, UsageError)
    assert "CISO_ASSISTANT_TOKEN is not set" in str(error)
    assert state.requests == []


def test_a_token_that_is_refused_is_not_shown(project: Path, state: State) -> None:
    result = _push(project, state, token="s3cr3t-s3cr3t")

    assert isinstance(_error(result), DeliveryError)
    assert "s3cr3t" not in f"{result.output}{_error(result)}{_error(result).hint}"


def test_what_was_pushed_is_told_to_people_too(project: Path, state: State) -> None:
    with serving(state) as url:
        folder = str(state.folder)
        where = ("--url", url, "--folder", folder, "--token-env", "OTHER_TOKEN")
        result = _run(project, "ciso-assistant", PASSED, *where, OTHER_TOKEN=TOKEN, NO_PROXY="127.0.0.1")

    assert f"{PASSED}: pushed, SHA-256 " in result.stdout
