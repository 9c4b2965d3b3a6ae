"""Everything that is measured in a run: a pure function of plan, journal and series. The opinion is the verdict's."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Literal

from orchestrator.core.continuity import assess_continuity
from orchestrator.core.drill import Objectives
from orchestrator.core.events import CanaryRead, ProbeAnswered, TaskObserved
from orchestrator.core.history import History
from orchestrator.core.journal import Entry
from orchestrator.core.loss import Loss, assess_loss
from orchestrator.core.model import Interval, Phase
from orchestrator.core.plan import Plan
from orchestrator.core.reach import find_reach, is_newer, on_wall_clock, rpo
from orchestrator.core.results import (
    Availability,
    Instant,
    Measurement,
    Measurements,
    Quantity,
    StepResult,
    TimelinePoint,
)
from orchestrator.core.samples import Marker, Sample
from orchestrator.core.steps import check_results, step_results
from orchestrator.core.timeline import find_outage, timeline, watched_until
from orchestrator.core.watching import CANARY, Watched

CUT_OFF_CANARY = "cut-off-canary"
"""The basis of a loss that was measured at the part that was cut off, until it took no commit any more."""


def measure(
    plan: Plan,
    entries: Sequence[Entry],
    *,
    samples: Mapping[str, tuple[Sample, ...]],
    markers: tuple[Marker, ...],
) -> Measurements:
    """Compute every step, check, instant and quantity of a run.

    Args:
        plan: The sealed plan; what it names and the journal does not is unknown.
        entries: The whole journal, in order; at least its first line.
        samples: The samples of each watch, by its id.
        markers: What the canary sent and what was acknowledged.
    """
    history = History(entries)
    measured = history.before_interruption()
    steps = step_results(plan, history)
    principal = samples.get(plan.drill.watch[0].id) if plan.drill.watch else None
    continuity = _continuity(plan, measured, steps=steps, samples=principal or ())
    points = timeline(plan, measured, samples=principal, steps=steps)
    instants = {point.instant: point for point in points}
    return Measurements(
        origin_us=entries[0].mono_us,
        # A run that died before its first line has only what its recovery wrote.
        ended_us=(measured.entries or entries[:1])[-1].mono_us,
        steps=steps,
        checks=check_results(plan, history),
        timeline=points,
        measurements=(
            *_quantities(plan, measured, instants=instants, markers=markers),
            *continuity,
            *_components(plan, measured, disaster=instants.get(Instant.DISASTER), samples=samples),
        ),
        availability=tuple(stretch for name in sorted(samples) for stretch in _stretches(name, samples[name])),
    )


def _quantities(
    plan: Plan,
    history: History,
    *,
    instants: Mapping[Instant, TimelinePoint],
    markers: tuple[Marker, ...],
) -> Iterable[Measurement]:
    disaster, back, passed = (
        instants.get(instant)
        for instant in (
            Instant.DISASTER,
            Instant.SERVICE_ANSWERS,
            Instant.CHECKS_PASSED,
        )
    )
    if disaster and passed and plan.drill.objectives.rto is not None:
        yield _duration(Quantity.RTO, disaster, passed, objective=plan.drill.objectives.rto)
        yield _own_time(history, since=disaster, until=passed)
    if disaster and back and disaster.basis != "declared":
        # Where nothing was lost, nothing was interrupted: the service only had to come up.
        yield _duration(Quantity.INTERRUPTION, disaster, back, objective=None)
    decided = instants.get(Instant.DECIDED)
    if disaster and decided and decided.basis == "person":
        yield _duration(Quantity.DECISION, disaster, decided, objective=plan.drill.objectives.decision)
    reads = [line for line in history.of(CanaryRead) if not line.event.self_test and line.event.answered]
    if disaster and reads:
        of = plan.drill.canary.of if plan.drill.canary else Watched.SERVICE
        loss = assess_loss(markers, reads[-1], disaster=disaster.at, of=of)
        basis = CUT_OFF_CANARY if of is Watched.LOST_PART else CANARY
        yield from _losses(loss, objectives=plan.drill.objectives, basis=basis, lines=(reads[-1].seq,))
    if disaster:
        yield from _dated_loss(plan, history, disaster=disaster, passed=passed)


def _dated_loss(
    plan: Plan, history: History, *, disaster: TimelinePoint, passed: TimelinePoint | None
) -> Iterable[Measurement]:
    """The RPO where no canary wrote. A date after the disaster is a wrong one, and measures nothing."""
    reach, at = find_reach(plan, history), on_wall_clock(disaster, history)
    if reach is None or is_newer(reach, disaster=at):
        return
    # The catalogue has read nothing: its times say something of the data only once the checks have.
    if reach.basis == "catalogue" and passed is None:
        return
    yield _measurement(
        Quantity.RPO,
        rpo(reach, disaster=at),
        objective=plan.drill.objectives.rpo,
        basis=reach.basis,
        lines=(*disaster.lines[:1], *reach.lines),
    )


def _continuity(
    plan: Plan, history: History, *, steps: Sequence[StepResult], samples: Sequence[Sample]
) -> tuple[Measurement, ...]:
    """How far the service was kept up from the first disruptive act to the end of all checks, where it must be."""
    objectives, begun = (
        plan.drill.objectives,
        [s for s in steps if s.phase is Phase.DISRUPT and s.started_us is not None],
    )
    if objectives.interruption is None or not begun:
        return ()
    verified = history.phase_finished(Phase.VERIFY)
    until_us = verified.mono_us if verified else history.entries[-1].mono_us
    since_us = min(step.started_us for step in begun if step.started_us is not None)
    found = assess_continuity(samples, since_us=since_us, until_us=until_us, stable_us=plan.drill.stable_for)
    if found is None:
        return ()
    lines = tuple(step.lines[0] for step in begun)
    return (
        _measurement(
            Quantity.LONGEST_INTERRUPTION, found.longest, objective=objectives.interruption, basis="watch", lines=lines
        ),
        _requests(Quantity.FAILED_REQUESTS, found.failed, objective=objectives.failed_requests, lines=lines),
        _requests(Quantity.REQUESTS, found.questions, objective=None, lines=lines),
    )


def _components(
    plan: Plan, history: History, *, disaster: TimelinePoint | None, samples: Mapping[str, tuple[Sample, ...]]
) -> Iterable[Measurement]:
    """How long each component was away: from the disaster until its own watch saw it back for good."""
    if disaster is None:
        return
    since_us, until_us, stable_us = disaster.at.lower, watched_until(history), plan.drill.stable_for
    for watch in plan.drill.watch:
        if watch.component is None:
            continue
        seen = samples.get(watch.id, ())
        outage = find_outage(seen, since_us=since_us, until_us=until_us, stable_us=stable_us)
        if outage is None or outage.up is None:
            continue
        yield _measurement(
            Quantity.COMPONENT_RTO,
            outage.up - disaster.at,
            objective=watch.component.rto,
            basis="watch",
            lines=disaster.lines,
            watch=watch.id,
        )


def _requests(quantity: Quantity, count: int, *, objective: int | None, lines: tuple[int, ...]) -> Measurement:
    value = Interval(lower=count, upper=count)
    return _measurement(quantity, value, objective=objective, basis="watch", lines=lines, unit="requests")


def _duration(
    quantity: Quantity,
    start: TimelinePoint,
    end: TimelinePoint,
    *,
    objective: int | None,
) -> Measurement:
    value = end.at - start.at
    basis = "person" if end.basis == "person" else "watch" if start.basis == "watch" else "journal"
    return _measurement(
        quantity,
        value,
        objective=objective,
        basis=basis,
        lines=(*start.lines, *end.lines),
    )


def _losses(loss: Loss, *, objectives: Objectives, basis: str, lines: tuple[int, ...]) -> Iterable[Measurement]:
    yield _measurement(Quantity.RPO, loss.rpo, objective=objectives.rpo, basis=basis, lines=lines)
    counts = (
        (Quantity.LOST_COMMITS, loss.lost, objectives.lost_commits),
        (Quantity.KEPT_COMMITS, loss.kept, None),
        (Quantity.HOLES, loss.holes, None),
        (Quantity.UNSENT, loss.unsent, None),
    )
    for quantity, count, allowed in counts:
        value = Interval(lower=count, upper=count)
        yield _measurement(quantity, value, objective=allowed, basis=basis, lines=lines, unit="commits")


def _measurement(
    quantity: Quantity,
    value: Interval,
    *,
    objective: int | None,
    basis: str,
    lines: tuple[int, ...],
    unit: Literal["us", "commits", "requests"] = "us",
    watch: str | None = None,
) -> Measurement:
    return Measurement(
        quantity=quantity,
        value=value,
        unit=unit,
        objective=objective,
        met=_met(value, objective=objective),
        basis=basis,
        lines=lines,
        watch=watch,
    )


def _met(value: Interval, *, objective: int | None) -> bool | None:
    """On the unfavourable end. Unbounded: surely missed where even the favourable end misses, else nobody knows."""
    if objective is None:
        return None
    if value.upper is None:
        return False if value.lower > objective else None
    return value.upper <= objective


def _own_time(history: History, *, since: TimelinePoint, until: TimelinePoint) -> Measurement:
    """The part of the RTO in which no task and no probe was at work: our own start-up, polling and journal."""
    start, end = since.at.upper or since.at.lower, until.at.upper or until.at.lower
    worked = _covered(_work(history), start=start, end=end)
    value = Interval(lower=max(0, end - start - worked), upper=max(0, end - start - worked))
    return _measurement(Quantity.OWN_TIME, value, objective=None, basis="journal", lines=())


def _work(history: History) -> Iterable[tuple[int, int]]:
    for entry in history.entries:
        if isinstance(entry.event, TaskObserved | ProbeAnswered | CanaryRead):
            yield entry.event.started_us, entry.event.finished_us


def _covered(stretches: Iterable[tuple[int, int]], *, start: int, end: int) -> int:
    """The length of the union of stretches within a window."""
    covered, reached = 0, start
    for begun, ended in sorted(stretches):
        last = min(ended, end)
        covered += max(0, last - max(begun, reached))
        reached = max(reached, last)
    return covered


def _stretches(watch: str, samples: Sequence[Sample]) -> Iterable[Availability]:
    ordered = sorted(samples, key=lambda sample: sample.started_us)
    for answers, group in groupby(ordered, key=lambda sample: sample.answered):
        run = list(group)
        yield Availability(
            watch=watch,
            answers=answers,
            started_us=run[0].started_us,
            finished_us=max(sample.finished_us for sample in run),
            samples=len(run),
        )
