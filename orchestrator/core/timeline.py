"""The instants T0 to T6 of a run, each between two bounds, from the journal and the first watch's samples.

A watch's answer says something of the instant at which it was asked or answered, no more: the bounds are those of the
questions around a change: a single value would be wrong by up to a period and pretend that it is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core.asking import Mark
from orchestrator.core.events import CanaryRead, PersonAnswered, StepFinished, StepStarted
from orchestrator.core.history import History, Line
from orchestrator.core.model import Interval, Outcome, Phase, Severity
from orchestrator.core.plan import Plan
from orchestrator.core.results import Instant, StepResult, TimelinePoint
from orchestrator.core.samples import Sample
from orchestrator.core.step_definition import PersonStep, ProbeStep

_INSTANTS = {Mark.DISASTER: Instant.DISASTER, Mark.DETECTED: Instant.DETECTED, Mark.DECIDED: Instant.DECIDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The interruption that a watch saw: when it went, and when it was back for good (None: it was not).

    `was_up` is false where the question before had no answer either: then nobody saw the service go.
    """

    was_up: bool
    down: Interval
    detected_us: int
    up: Interval | None


def find_outage(samples: Sequence[Sample], *, since_us: int, until_us: int, stable_us: int) -> Outage | None:
    """The interruption between two instants, or None where the service answered all the time.

    It ends where the service answers without a failure until `until_us`, for at least `stable_us`: a service that
    comes and goes is not back.
    """
    seen = sorted((s for s in samples if s.started_us <= until_us), key=lambda s: s.started_us)
    first = next(
        (i for i, s in enumerate(seen) if not s.answered and s.finished_us >= since_us),
        None,
    )
    if first is None:
        return None
    alive_us = max((s.started_us for s in seen[:first] if s.answered), default=since_us)
    detected_us = seen[first].finished_us
    down = Interval(lower=min(max(alive_us, since_us), detected_us), upper=detected_us)
    return Outage(
        was_up=first > 0 and seen[first - 1].answered,
        down=down,
        detected_us=detected_us,
        up=_return(seen[first:], stable_us=stable_us),
    )


def _return(seen: Sequence[Sample], *, stable_us: int) -> Interval | None:
    last = max(i for i, s in enumerate(seen) if not s.answered)
    if last + 1 == len(seen) or seen[-1].finished_us - seen[last + 1].finished_us < stable_us:
        return None
    return Interval(lower=seen[last].started_us, upper=seen[last + 1].finished_us)


def timeline(
    plan: Plan,
    history: History,
    *,
    samples: Sequence[Sample] | None,
    steps: Sequence[StepResult],
) -> tuple[TimelinePoint, ...]:
    """Every instant that was reached and seen, in order."""
    marked = {mark: _marked(plan, history, mark, steps=steps) for mark in Mark}
    disaster = marked[Mark.DISASTER] if plan.drill.marked(Mark.DISASTER) else _disaster(history)
    if disaster is None:
        return ()
    outage = _outage(plan, history, samples=samples, since_us=disaster.at.lower)
    observed, detected = _seen(disaster, outage), marked[Mark.DETECTED]
    # What a watch detects is another thing than what a person does: the one does not stand in for the other.
    told = () if detected is None or plan.drill.watch else (detected,)
    decided = marked[Mark.DECIDED] if plan.drill.marked(Mark.DECIDED) else _automatic(history)
    seen = (*observed, *told, *_begun(history, decided=decided), *_nominal(plan, history, steps=steps))
    passed = _checks_passed(plan, history, steps=steps, outage=outage)
    return tuple(sorted((*seen, *([passed] if passed else [])), key=lambda point: point.instant))


def _marked(plan: Plan, history: History, mark: Mark, *, steps: Sequence[StepResult]) -> TimelinePoint | None:
    """The instant that an answer marks: between the last look that found none, and the one that found it."""
    step, instant = plan.drill.marked(mark), _INSTANTS.get(mark)
    answers = history.of_step(PersonAnswered, step.id) if step else ()
    good = any(result.step == step.id and result.outcome is Outcome.OK for result in steps) if step else False
    if instant is None or not good or not answers:
        return None
    event = answers[-1].event
    return _point(instant, Interval(lower=event.absent_us, upper=event.found_us), "person", (answers[-1].seq,))


def _disaster(history: History) -> TimelinePoint | None:
    """T0 as the journal has it: while the disruptive steps ran, or, with none, when recovery was begun."""
    disrupting = _acts(history, Phase.DISRUPT)
    if disrupting:
        ids = {line.event.step for line in disrupting}
        acts = (line for line in history.of(StepFinished) if line.event.step in ids and not line.event.self_test)
        finished = [line for line in acts if line.seq > disrupting[0].seq]
        # One that has no end may still break something: then nothing bounds the disaster from above.
        upper = finished[-1].mono_us if len(finished) == len(disrupting) else None
        lines = (disrupting[0].seq, *(line.seq for line in finished[-1:]))
        return _point(
            Instant.DISASTER,
            Interval(lower=disrupting[0].mono_us, upper=upper),
            "journal",
            lines,
        )
    recovering = history.phase_started(Phase.RECOVER)
    return _exactly(Instant.DISASTER, recovering.mono_us, "declared", (recovering.seq,)) if recovering else None


def _outage(plan: Plan, history: History, *, samples: Sequence[Sample] | None, since_us: int) -> Outage | None:
    if samples is None:
        return None
    return find_outage(samples, since_us=since_us, until_us=watched_until(history), stable_us=plan.drill.stable_for)


def watched_until(history: History) -> int:
    """Until when what a watch sees counts: the end of all checks, or of what was written where there is none."""
    verified = history.phase_finished(Phase.VERIFY)
    return verified.mono_us if verified else history.entries[-1].mono_us


def _seen(disaster: TimelinePoint, outage: Outage | None) -> tuple[TimelinePoint, ...]:
    if outage is None:
        return (disaster,)
    back = (_point(Instant.SERVICE_ANSWERS, outage.up, "watch", ()),) if outage.up else ()
    # Nobody broke what a declared disaster is about: a watch can only see it come up.
    if not outage.was_up or disaster.basis == "declared":
        return (disaster, *back)
    refined = _overlap(disaster.at, outage.down) or disaster.at
    detected = _exactly(Instant.DETECTED, outage.detected_us, "watch", ())
    return (_point(Instant.DISASTER, refined, "watch", disaster.lines), detected, *back)


def _overlap(acts: Interval, down: Interval) -> Interval | None:
    """What both allow. None where the service went only after the acts: they are the disaster all the same."""
    upper = min(bound for bound in (acts.upper, down.upper) if bound is not None)
    lower = max(acts.lower, down.lower)
    return Interval(lower=lower, upper=upper) if lower <= upper else None


def _automatic(history: History) -> TimelinePoint | None:
    """T2 where nobody decides: recovery is begun as soon as its phase is."""
    begun = history.phase_started(Phase.RECOVER)
    return _exactly(Instant.DECIDED, begun.mono_us, "automatic", (begun.seq,)) if begun else None


def _begun(history: History, *, decided: TimelinePoint | None) -> tuple[TimelinePoint, ...]:
    if decided is None:
        return ()
    acts = (line for line in history.of(StepStarted) if not line.event.self_test)
    begun = [line for line in acts if line.seq > decided.lines[0]]
    return (decided, *(_exactly(Instant.RECOVERY_BEGINS, line.mono_us, "journal", (line.seq,)) for line in begun[:1]))


def _checks_passed(
    plan: Plan, history: History, *, steps: Sequence[StepResult], outage: Outage | None
) -> TimelinePoint | None:
    """T5: the last of the blocking checks. One that did not pass, or no one to pass, and there is no T5."""
    blocking = {s.id for s in plan.drill.of_phase(Phase.VERIFY) if s.severity is Severity.BLOCKING}
    wanted = [result for result in steps if result.step in blocking]
    if outage is not None and outage.up is None:
        return None  # The checks passed on a service that comes and goes: it has not recovered.
    if not wanted or any(result.outcome is not Outcome.OK for result in wanted):
        return None
    bounds = [_answered(plan, result, history=history) for result in wanted]
    bounds += [outage.up] if outage and outage.up else []
    bounds += [
        Interval(lower=line.event.finished_us, upper=line.mono_us)
        for line in history.of(CanaryRead)
        if not line.event.self_test and line.event.answered
    ]
    upper = max(bound.upper or bound.lower for bound in bounds)
    lines = tuple(result.lines[-1] for result in wanted)
    return _point(
        Instant.CHECKS_PASSED,
        Interval(lower=max(b.lower for b in bounds), upper=upper),
        "journal",
        lines,
    )


def _answered(plan: Plan, result: StepResult, *, history: History) -> Interval:
    finished_us, step = result.finished_us or 0, plan.drill.step(result.step)
    if isinstance(step, PersonStep):
        told = history.of_step(PersonAnswered, step.id)
        return Interval(lower=told[-1].event.absent_us if told else finished_us, upper=finished_us)
    answer = history.answer(result.step) if isinstance(step, ProbeStep) else None
    return Interval(lower=answer.event.finished_us if answer else finished_us, upper=finished_us)


def _nominal(plan: Plan, history: History, *, steps: Sequence[StepResult]) -> tuple[TimelinePoint, ...]:
    finished = history.phase_finished(Phase.CLEANUP)
    clean = all(result.outcome is Outcome.OK for result in steps if result.phase is Phase.CLEANUP)
    if finished is None or not clean or not plan.drill.of_phase(Phase.CLEANUP):
        return ()
    return (_exactly(Instant.NOMINAL, finished.mono_us, "journal", (finished.seq,)),)


def _acts(history: History, phase: Phase) -> list[Line[StepStarted]]:
    begun, ended = history.phase_started(phase), history.phase_finished(phase)
    if begun is None:
        return []
    last = ended.seq if ended else history.entries[-1].seq
    acts = (line for line in history.of(StepStarted) if not line.event.self_test)
    return [line for line in acts if begun.seq < line.seq <= last]


def _exactly(instant: Instant, at_us: int, basis: str, lines: tuple[int, ...]) -> TimelinePoint:
    return _point(instant, Interval(lower=at_us, upper=at_us), basis, lines)


def _point(instant: Instant, at: Interval, basis: str, lines: tuple[int, ...]) -> TimelinePoint:
    return TimelinePoint(instant=instant, at=at, basis=basis, lines=lines)
