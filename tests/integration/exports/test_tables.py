"""The tables of sealed runs say what their evidence says, in CSV and in the workbook."""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.core.results import Quantity
from reports.export.rows import findings_table, measurements_table, runs_table
from reports.export.run import SealedRun
from reports.export.table import Table, render_csv
from reports.export.workbook import render_workbook
from reports.words import load_words
from tests.integration.exports.conftest import NAMES
from tests.integration.reports.example_run import Story

FRENCH = load_words(Language.FRENCH)


def _read(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_csv(table).decode(), newline="")))


def test_a_duration_has_both_bounds_in_columns_of_their_own_and_in_seconds(
    sealed_runs: Mapping[Story, SealedRun],
) -> None:
    run = sealed_runs[Story.PASSED]
    rto = run.evidence.measurements.quantity(Quantity.RTO)
    assert rto is not None
    assert rto.value.upper is not None

    row = next(row for row in _read(measurements_table([run])) if row["quantity"] == "rto")

    assert Decimal(row["lower"]) * 1_000_000 == rto.value.lower
    assert Decimal(row["upper"]) * 1_000_000 == rto.value.upper
    assert (row["unit"], row["objective"], row["met"]) == ("s", "900.000000", "true")
    assert row["started_at"] == "2026-11-23T02:00:00.126456Z"


def test_lost_commits_are_counted_and_not_timed(sealed_runs: Mapping[Story, SealedRun]) -> None:
    rows = _read(measurements_table([sealed_runs[Story.PASSED]]))

    assert [row["unit"] for row in rows if row["quantity"].endswith("commits")] == ["commits", "commits"]


@pytest.mark.parametrize("story", [Story.FAILED, Story.REFUSED, Story.KILLED])
def test_an_objective_that_nothing_measured_has_a_row_without_bounds(
    story: Story, sealed_runs: Mapping[Story, SealedRun]
) -> None:
    row = next(row for row in _read(measurements_table([sealed_runs[story]])) if row["quantity"] == "rto")

    assert (row["lower"], row["upper"], row["met"]) == ("", "", "")
    assert row["objective"] != ""


def test_every_run_and_every_finding_is_in_the_workbook(sealed_runs: Mapping[Story, SealedRun]) -> None:
    runs = list(sealed_runs.values())
    tables = [runs_table(runs, words=FRENCH), measurements_table(runs), findings_table(runs, words=FRENCH)]
    moment = max(run.evidence.journal.ended_at for run in runs)

    book = load_workbook(io.BytesIO(render_workbook(tables, words=FRENCH, moment=moment)))

    listed, measured, found = book.worksheets
    assert [row[0].value for row in listed.iter_rows(min_row=2)] == list(NAMES.values())
    assert measured.max_row == len(tables[1].rows) + 1
    assert found.max_row == sum(len(run.evidence.judgement.findings) for run in runs) + 1
    row = dict(zip(tables[0].columns, (cell.value for cell in listed[2]), strict=True))
    run = sealed_runs[Story.PASSED]
    assert row["verdict"] == "conforme"
    assert row["bundle_sha256"] == sha256(run.bundle)
    assert row["rto_met"] is True
