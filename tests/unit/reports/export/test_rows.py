"""The tables of the register: every field of every kind of entry has its column, and actions stand as last told."""

from datetime import date
from typing import get_args

from pydantic import BaseModel

from reports.export.rows import EVENT_COLUMNS, actions_table, register_table
from reports.register.entries import ActionState, RegisterEvent
from tests.unit.reports.export.entries import EVENTS, RUN, annotated, chain

KINDS: tuple[type[BaseModel], ...] = get_args(RegisterEvent)


def test_the_examples_are_of_every_kind() -> None:
    assert {type(event) for event in EVENTS} == set(KINDS)


def test_every_field_of_every_entry_has_one_column() -> None:
    covered = {field for fields in EVENT_COLUMNS.values() for field in fields} | {"action"}

    for kind in KINDS:
        assert set(kind.model_fields) <= covered, kind.__name__
        for fields in EVENT_COLUMNS.values():
            assert len(set(fields) & set(kind.model_fields)) <= 1, kind.__name__


def test_the_register_is_written_whole_and_in_its_order() -> None:
    entries = chain()
    table = register_table(entries)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    assert [row["seq"] for row in rows] == list(range(len(EVENTS)))
    assert [row["type"] for row in rows] == [event.type for event in EVENTS]
    assert rows[3]["targets"] == "primary target"
    assert rows[3]["perimeters"] == "5 6"
    assert (rows[4]["ending"], rows[4]["exit_code"]) == ("refused", 4)
    assert rows[7]["action_due_on"] == date(2026, 12, 31)
    assert [row["entry_sha256"] for row in rows[:-1]] == [row["prev"] for row in rows[1:]]


def test_an_action_is_one_row_that_says_how_it_stands() -> None:
    table = actions_table(chain())

    assert len(table.rows) == 1
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["action"], row["run"], row["action_state"]) == ("replace-probe", RUN, "done")
    assert (row["text"], row["seq"], row["opened_at"]) == ("sonde remplacée", 8, chain()[7].at)


def test_actions_of_the_same_name_in_two_runs_are_two() -> None:
    other = annotated(ActionState.OPEN).model_copy(update={"run_id": "another"})

    assert len(actions_table(chain((annotated(ActionState.OPEN), other))).rows) == 2


def test_a_register_without_actions_has_none() -> None:
    assert actions_table(chain(EVENTS[:5])).rows == ()
