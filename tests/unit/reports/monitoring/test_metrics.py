"""What Prometheus reads of a project: by its own parsers, in both texts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from orchestrator.core.model import Interval
from orchestrator.core.results import Measurement, Quantity
from orchestrator.errors import ExitCode
from reports.dossier.actions import action_lines
from reports.monitoring.metrics import METRICS, render_openmetrics, render_text
from reports.monitoring.standing import Figures, Standing, build_standing, last_runs
from reports.register.entries import Action, ActionState, Ending, Topic
from reports.register.programme import build_owed
from tests.unit.reports.dossier.lives import at, chronicle, ended, missed, noted, planned, started

NOW = at(8, 1)
DRILL = {"project": "demo", "drill": "restore", "system": "dpi"}
Render = Callable[[Standing], bytes]
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parse_openmetrics(text: str) -> list[Metric]:
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


def figures(*, rto_us: int | None, rpo_us: int | None = 150_000) -> Figures:
    def measured(quantity: Quantity, upper: int | None) -> Measurement:
        value = Interval(lower=0, upper=upper)
        return Measurement(quantity=quantity, value=value, unit="us", objective=1, met=None, basis="watch", lines=())

    return Figures(rto=measured(Quantity.RTO, rto_us), rpo=measured(Quantity.RPO, rpo_us), rto_objective=900_000_000)


def standing(*, now: datetime = NOW, alive: frozenset[str] = frozenset()) -> Standing:
    """Restores of one system: passed, then failed with dirty targets, a date missed, one overdue; another never run."""
    dirty = ended("2", Ending.FAILED).model_copy(update={"exit_code": ExitCode.CLEANUP})
    late = Action(id="late", owner="team", due_on="2026-07-01")
    done = Action(id="done", owner="team", due_on="2026-07-01", state=ActionState.DONE)
    told = chronicle(
        (at(1), planned(at(3, 31))),
        (at(1), planned(at(5, 31))),
        (at(1), planned(at(6, 30))),
        (at(1), planned(at(7, 31))),
        (at(1), planned(at(9, 30))),
        (at(1), planned(at(12, 31), "failover", "pacs", (5, 6))),
        (at(2), started("1")),
        (at(2, 1, 10), ended("1")),
        (at(5), started("2")),
        (at(5, 1, 10), dirty),
        (at(5, 2), noted("2", Topic.ACTION, action=late)),
        (at(5, 2), noted("2", Topic.ACTION, action=done)),
        (at(7, 10), missed(at(6, 30))),
        (at(7, 20), started("3", "unplanned", "labo", (4,))),
    )
    owed = build_owed(told.entries, catch_up={"restore": timedelta(days=7)}, now=now)
    measured = {run.run_id: figures(rto_us=None) for run in last_runs(told).values()}
    return build_standing(
        told,
        project="demo",
        owed=owed,
        actions=action_lines(told, now=now),
        figures=measured,
        alive=alive,
        undelivered=2,
    )


def values_of(families: list[Metric]) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture(params=["openmetrics", "text"])
def values(request: pytest.FixtureRequest) -> Values:
    if request.param == "openmetrics":
        return values_of(parse_openmetrics(render_openmetrics(standing()).decode()))
    return values_of(list(parse_text(render_text(standing()).decode())))


def value(values: Values, name: str, **labels: str) -> float:
    return values[name, frozenset(labels.items())]


def test_the_last_verdict_is_one_of_all_of_them(values: Values) -> None:
    verdicts = {ending: value(values, "reprise_drill_last_verdict", **DRILL, verdict=ending.value) for ending in Ending}
    assert verdicts == {ending: float(ending is Ending.FAILED) for ending in Ending}
    assert value(values, "reprise_drill_last_cleanup_failed", **DRILL) == 1


def test_instants_are_unix_times(values: Values) -> None:
    assert value(values, "reprise_drill_last_run_end_timestamp_seconds", **DRILL) == at(5, 1, 10).timestamp()
    assert value(values, "reprise_drill_last_passed_timestamp_seconds", **DRILL) == at(2, 1, 10).timestamp()
    assert value(values, "reprise_drill_next_due_timestamp_seconds", **DRILL) == at(9, 30).timestamp()


def test_what_nothing_bounds_is_infinite_and_what_nobody_wants_is_absent(values: Values) -> None:
    assert value(values, "reprise_drill_rto_observed_upper_seconds", **DRILL) == inf
    assert value(values, "reprise_drill_rto_objective_seconds", **DRILL) == 900
    assert value(values, "reprise_drill_rpo_observed_upper_seconds", **DRILL) == 0.15
    assert not [name for name, _ in values if name == "reprise_drill_rpo_objective_seconds"]


def test_dates_are_counted_until_they_are_made_good(values: Values) -> None:
    assert value(values, "reprise_drill_overdue_dates", **DRILL) == 1
    assert value(values, "reprise_drill_missed_dates", **DRILL) == 1


def test_every_system_and_perimeter_is_there_and_one_that_never_passed_is_as_old_as_can_be(values: Values) -> None:
    name = "reprise_perimeter_last_passed_timestamp_seconds"
    found = {
        (dict(labels)["system"], dict(labels)["perimeter"]): value
        for (one, labels), value in values.items()
        if one == name
    }
    passed = at(2, 1, 10).timestamp()
    assert found == {("dpi", "5"): passed, ("pacs", "5"): 0, ("pacs", "6"): 0, ("labo", "4"): 0}


def test_what_people_still_have_to_do(values: Values) -> None:
    assert value(values, "reprise_corrective_actions_open", project="demo") == 1
    assert value(values, "reprise_corrective_actions_overdue", project="demo") == 1
    assert value(values, "reprise_notifications_undelivered", project="demo") == 2


def test_a_run_without_an_end_runs_as_long_as_somebody_carries_it_out() -> None:
    dead, living = standing(), standing(alive=frozenset({"3"}))
    assert (dead.running, dead.interrupted) == (0, 1)
    assert (living.running, living.interrupted) == (1, 0)


@pytest.mark.parametrize(("render", "parse"), [(render_openmetrics, parse_openmetrics), (render_text, parse_text)])
def test_each_metric_is_described_and_follows_the_conventions(
    render: Render, parse: Callable[..., list[Metric]]
) -> None:
    families = {family.name: family for family in parse(render(standing()).decode())}
    assert families.keys() == {metric.name for metric in METRICS}
    for metric in METRICS:
        family = families[metric.name]
        assert (family.type, family.documentation) == ("gauge", metric.help)
        assert metric.name.startswith("reprise_")
        assert all(set(sample.labels) == set(metric.labels) for sample in family.samples)


def test_a_project_without_a_register_has_counts_and_nothing_else() -> None:
    empty = build_standing(
        chronicle(), project="demo", owed=(), actions=(), figures={}, alive=frozenset(), undelivered=0
    )
    values = values_of(parse_openmetrics(render_openmetrics(empty).decode()))
    assert {name for name, _ in values} == {
        "reprise_corrective_actions_open",
        "reprise_corrective_actions_overdue",
        "reprise_runs_running",
        "reprise_runs_interrupted",
        "reprise_notifications_undelivered",
    }
