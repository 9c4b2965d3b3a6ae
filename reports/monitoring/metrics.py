"""The metrics of a project for Prometheus, by its conventions: base units, instants and never ages, which go stale.

Two texts of the same: OpenMetrics, and the older text format, which the textfile collector of node_exporter reads.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from orchestrator.core.results import Measurement
from reports.monitoring.standing import DrillStanding, Standing
from reports.register.entries import Ending

OF_DRILL = ("project", "drill", "system")
OF_PROJECT = ("project",)
Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDefinition:
    """One metric: its name, what it says, and the labels that its values have."""

    name: str
    help: str
    labels: tuple[str, ...] = OF_DRILL


LAST_VERDICT = MetricDefinition(
    name="reprise_drill_last_verdict",
    help="1 for the verdict of the run that ended last, 0 for every other one.",
    labels=(*OF_DRILL, "verdict"),
)
LAST_END = MetricDefinition(
    name="reprise_drill_last_run_end_timestamp_seconds", help="When the last run of the drill ended (Unix time)."
)
LAST_PASSED = MetricDefinition(
    name="reprise_drill_last_passed_timestamp_seconds",
    help="When the last run of the drill ended that passed, with gaps or without (Unix time); absent: none did.",
)
CLEANUP_FAILED = MetricDefinition(
    name="reprise_drill_last_cleanup_failed", help="1 where the last run left targets not established as clean."
)
RTO = MetricDefinition(
    name="reprise_drill_rto_observed_upper_seconds",
    help="Recovery time of the last run, upper bound (+Inf: nothing bounds it; absent: not measured).",
)
RTO_OBJECTIVE = MetricDefinition(name="reprise_drill_rto_objective_seconds", help="Recovery time that is to be kept.")
RPO = MetricDefinition(
    name="reprise_drill_rpo_observed_upper_seconds",
    help="Data loss of the last run, upper bound (+Inf: nothing bounds it; absent: not measured).",
)
RPO_OBJECTIVE = MetricDefinition(name="reprise_drill_rpo_objective_seconds", help="Data loss that is to be kept.")
OVERDUE = MetricDefinition(
    name="reprise_drill_overdue_dates", help="Dates of the drill that are past, and may still be begun."
)
MISSED = MetricDefinition(
    name="reprise_drill_missed_dates", help="Dates of the drill that were missed, and not made good by a later run."
)
NEXT_DUE = MetricDefinition(
    name="reprise_drill_next_due_timestamp_seconds",
    help="The next date of the drill (Unix time); absent: none planned.",
)
PERIMETER_PASSED = MetricDefinition(
    name="reprise_perimeter_last_passed_timestamp_seconds",
    help="When the last drill of the system and perimeter ended that passed (Unix time; 0: none ever did).",
    labels=("project", "system", "perimeter"),
)
OPEN_ACTIONS = MetricDefinition(
    name="reprise_corrective_actions_open", help="Corrective actions that are not closed.", labels=OF_PROJECT
)
OVERDUE_ACTIONS = MetricDefinition(
    name="reprise_corrective_actions_overdue", help="Those of them that are past their day.", labels=OF_PROJECT
)
RUNNING = MetricDefinition(name="reprise_runs_running", help="Runs that are carried out now.", labels=OF_PROJECT)
INTERRUPTED = MetricDefinition(
    name="reprise_runs_interrupted",
    help="Runs that were begun, have no end, and that nobody carries out any more: `reprise recover`.",
    labels=OF_PROJECT,
)
UNDELIVERED = MetricDefinition(
    name="reprise_notifications_undelivered",
    help="Important messages of the last day that did not arrive.",
    labels=OF_PROJECT,
)
METRICS = (
    LAST_VERDICT,
    LAST_END,
    LAST_PASSED,
    CLEANUP_FAILED,
    RTO,
    RTO_OBJECTIVE,
    RPO,
    RPO_OBJECTIVE,
    OVERDUE,
    MISSED,
    NEXT_DUE,
    PERIMETER_PASSED,
    OPEN_ACTIONS,
    OVERDUE_ACTIONS,
    RUNNING,
    INTERRUPTED,
    UNDELIVERED,
)
"""Every metric there is. The names are stable."""


class _Given(Collector):
    """Metrics that are known already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._metrics


def render_openmetrics(standing: Standing) -> bytes:
    """As OpenMetrics 1.0."""
    rendered: bytes = generate_openmetrics(_registry(standing))  # type: ignore[no-untyped-call]
    return rendered


def render_text(standing: Standing) -> bytes:
    """As Prometheus' text format 0.0.4."""
    return generate_latest(_registry(standing))


def _registry(standing: Standing) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(build_metrics(standing)))
    return registry


def build_metrics(standing: Standing) -> Iterator[Metric]:
    """Every metric with its values, in one order."""
    values = dict(_of_drills(standing)) | dict(_of_project(standing))
    for definition in METRICS:
        family = GaugeMetricFamily(definition.name, definition.help, labels=definition.labels)
        for labels, value in values[definition]:
            family.add_metric(labels, value)
        yield family


def _of_drills(standing: Standing) -> Iterator[tuple[MetricDefinition, list[Sample]]]:
    drills = [((standing.project, one.drill, one.system), one) for one in standing.drills]
    yield LAST_VERDICT, [sample for labels, one in drills for sample in _verdicts(labels, one)]
    yield LAST_END, [(labels, one.last.ended_at.timestamp()) for labels, one in drills if one.last]
    yield LAST_PASSED, [(labels, one.passed_at.timestamp()) for labels, one in drills if one.passed_at]
    yield CLEANUP_FAILED, [(labels, float(one.last.cleanup_failed)) for labels, one in drills if one.last]
    yield RTO, [(labels, _upper(one.figures.rto)) for labels, one in drills if one.figures.rto]
    yield RPO, [(labels, _upper(one.figures.rpo)) for labels, one in drills if one.figures.rpo]
    for definition, field in ((RTO_OBJECTIVE, "rto_objective"), (RPO_OBJECTIVE, "rpo_objective")):
        wanted = [(labels, getattr(one.figures, field)) for labels, one in drills]
        yield definition, [(labels, value / 1e6) for labels, value in wanted if value is not None]
    yield OVERDUE, [(labels, float(one.overdue)) for labels, one in drills]
    yield MISSED, [(labels, float(one.missed)) for labels, one in drills]
    yield NEXT_DUE, [(labels, one.next_due_at.timestamp()) for labels, one in drills if one.next_due_at]


def _verdicts(labels: tuple[str, ...], one: DrillStanding) -> Iterator[Sample]:
    """One value for each verdict, so that an alert finds one that was never given as well."""
    for ending in Ending:
        yield (*labels, ending.value), float(one.last is not None and one.last.ending is ending)


def _upper(found: Measurement) -> float:
    return inf if found.value.upper is None else found.value.upper / 1e6


def _of_project(standing: Standing) -> Iterator[tuple[MetricDefinition, list[Sample]]]:
    places = sorted(standing.covered | standing.passed_at.keys())
    instants = [(place, standing.passed_at.get(place)) for place in places]
    yield (
        PERIMETER_PASSED,
        [((standing.project, system, str(n)), at.timestamp() if at else 0.0) for (system, n), at in instants],
    )
    counts: tuple[tuple[MetricDefinition, int], ...] = (
        (OPEN_ACTIONS, standing.open_actions),
        (OVERDUE_ACTIONS, standing.overdue_actions),
        (RUNNING, standing.running),
        (INTERRUPTED, standing.interrupted),
        (UNDELIVERED, standing.undelivered),
    )
    for definition, count in counts:
        yield definition, [((standing.project,), float(count))]
