"""Every place of the formats that takes a text: what must not be in evidence and fits there is found there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.core.events import Event
from orchestrator.core.journal import Entry, format_line, parse_journal
from orchestrator.core.plan import Plan
from reports.materials import JOURNAL, PLAN, read_plan
from reports.scan import find
from tests.golden.make import RUNS
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.planted import NIR, OWN, VALUES

PEOPLE = RUNS / "passed-by-a-person-who-signed"
TAKEN = RUNS / "passed-with-a-backup-taken-in-prepare"
Place = tuple[str | int, ...]


def places(value: Any, *, place: Place = ()) -> Iterator[Place]:
    """Every leaf of a JSON value, and one more item of every list and object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, place=(*place, key))
        yield (*place, "a new key")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, place=(*place, index))
        yield (*place, len(value))
    else:
        yield place


def planted(value: Any, place: Place, what: object) -> Any:
    """A copy of a JSON value with something else at a place. A new key is what is planted, as a name for 1."""
    if not place:
        return what
    first, rest = place[0], place[1:]
    if isinstance(value, list):
        index = int(first)
        return [*value[:index], planted(value[index] if rest else None, rest, what), *value[index + 1 :]]
    if first == "a new key":
        return {**value, str(what): 1}
    return {**value, first: planted(value[first], rest, what)}


def accepted(model: type[Plan] | type[Entry], written: Any) -> Plan | Entry | None:
    """The value, where the format takes it as it is written: no text for a number, no number for an instant."""
    try:
        made = model.model_validate(written)
    except ValidationError:
        return None
    return made if made.model_dump(mode="json") == written else None


def _every_event(directory: Path) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for story in Story:
        run = write_run(directory / story, story=story)
        plan = read_plan((run / PLAN).read_bytes())
        entries = parse_journal((run / JOURNAL).read_bytes(), genesis=plan.digest)
        found |= {entry.event.type: entry for entry in entries if entry.event.type not in found}
    taken = parse_journal((TAKEN / JOURNAL).read_bytes(), genesis=read_plan((TAKEN / PLAN).read_bytes()).digest)
    return {entry.event.type: entry for entry in (*taken, *_of_people())} | found


def _of_people() -> tuple[Entry, ...]:
    """A run in which one person's answer did not count and the next one is signed."""
    entries = parse_journal((PEOPLE / JOURNAL).read_bytes(), genesis=_plan_of_people().digest)
    return tuple(entry for entry in entries if getattr(entry.event, "step", "decide") == "decide")


def _plan_of_people() -> Plan:
    return read_plan((PEOPLE / PLAN).read_bytes())


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, dict[str, Entry]]:
    directory = tmp_path_factory.mktemp("examples")
    events = _every_event(directory)
    return read_plan((directory / Story.PASSED / PLAN).read_bytes()), events


def test_the_examples_have_every_event_that_there_is(examples: tuple[Plan, dict[str, Entry]]) -> None:
    every = {event.model_fields["type"].default for event in Event.__args__}
    assert set(examples[1]) == every


FITTING = ("nir", "nir in a file name", "name", "name in kebab-case", "token", "row")


@pytest.mark.parametrize(("kind", "least"), [("hosts", 500), ("people", 200)])
def test_what_fits_into_any_place_of_a_plan_is_found_there(
    kind: str, least: int, examples: tuple[Plan, dict[str, Entry]]
) -> None:
    example = examples[0] if kind == "hosts" else _plan_of_people()
    plan = example.model_dump(mode="json")
    assert find({PLAN: canonical(example)}, own=OWN) == ()
    taken = 0
    for place in places(plan):
        for value in FITTING:
            changed = accepted(Plan, planted(plan, place, VALUES[value]))
            if changed is not None:
                taken += 1
                assert find({PLAN: canonical(changed)}, own=OWN), (place, value)
    assert taken > least


def test_what_fits_into_any_place_of_any_event_is_found_there(examples: tuple[Plan, dict[str, Entry]]) -> None:
    taken = 0
    for entry in examples[1].values():
        line = entry.model_dump(mode="json")
        assert find({JOURNAL: format_line(entry)}, own=OWN) == ()
        for place in places(line):
            for value in FITTING:
                changed = accepted(Entry, planted(line, place, VALUES[value]))
                if changed is not None:
                    taken += 1
                    assert find({JOURNAL: canonical(changed)}, own=OWN), (place, value)
    assert taken > 150


COUNTS_OF_OURS = {"seq", "size_bytes", "repository_bytes"}


def test_a_number_is_found_but_in_the_counts_that_only_the_product_writes(
    examples: tuple[Plan, dict[str, Entry]],
) -> None:
    plan = examples[0].model_dump(mode="json")
    lines = [entry.model_dump(mode="json") for entry in examples[1].values()]
    kept: set[str] = set()
    for model, document in ((Plan, plan), *((Entry, line) for line in lines)):
        for place in places(document):
            changed = accepted(model, planted(document, place, int(NIR)))  # type: ignore[arg-type]
            if changed is not None and not find({"plan.json": canonical(changed)}, own=OWN):
                kept.add(str(place[-1]))
    assert {name for name in kept if not name.endswith("_us")} == COUNTS_OF_OURS
