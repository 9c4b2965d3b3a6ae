"""What was measured, in words: the figures of the first page, the instants of the timeline, the measurements. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.core.asking import Mark
from orchestrator.core.model import Interval, Phase
from orchestrator.core.results import Instant, Measurement, Quantity, TimelinePoint
from reports.page.speech import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure of the first page, against its objective. Widths in percent of the bar."""

    label: str
    value: str
    bounds: str
    basis: str
    """Of an RPO, what it rests on; empty of what needs no word."""
    objective: str
    status: str
    status_words: str
    filled: float
    tick: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantRow:
    """One instant of the timeline, in words."""

    code: str
    name: str
    meaning: str
    since: str
    clock: str
    basis: str
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """One measurement, in words."""

    name: str
    meaning: str
    value: str
    objective: str
    status: str
    status_words: str
    basis: str
    lines: str


def card(speech: Speech, quantity: Quantity) -> Card:
    """A measured figure against its objective."""
    found, objective = speech.evidence.measurements.quantity(quantity), _objective(speech, quantity)
    status = _status(found, objective=objective)
    filled, tick = _proportions(found, objective)
    return Card(
        label=speech.words(f"card.{quantity}"),
        value=_worst(speech, found),
        bounds=_bounds(speech, found),
        basis=speech.words(f"card.by.{found.basis}") if found and quantity is Quantity.RPO else "",
        objective=speech.write.exactly(objective) if objective is not None else speech.words("not-given"),
        status=status,
        status_words=speech.words(f"met.{status}"),
        filled=filled,
        tick=tick,
    )


def _objective(speech: Speech, quantity: Quantity) -> int | None:
    objectives = speech.evidence.plan.drill.objectives
    wanted = {Quantity.RTO: objectives.rto, Quantity.RPO: objectives.rpo, Quantity.DECISION: objectives.decision}
    return wanted[quantity]


def _status(found: Measurement | None, *, objective: int | None) -> str:
    if objective is None:
        return "none"
    if found is None or found.met is None:
        return "unknown"
    return "met" if found.met else "missed"


def _worst(speech: Speech, found: Measurement | None) -> str:
    if found is None:
        return "—"
    return speech.write.at_most(found.value.upper) if found.value.upper is not None else speech.words("unbounded")


def _bounds(speech: Speech, found: Measurement | None) -> str:
    return speech.write.interval(found.value, unit=found.unit) if found else speech.words("not-measured")


def lost_commits_card(speech: Speech) -> Card:
    """Losses are counted, and have no objective of their own: the RPO is theirs."""
    lost = speech.evidence.measurements.quantity(Quantity.LOST_COMMITS)
    canary = speech.evidence.canary
    sent = speech.words("card.of-acknowledged", count=speech.write.count(canary.acknowledged)) if canary else ""
    unknown = "not-measured" if speech.evidence.plan.drill.canary else "card.no-canary"
    return Card(
        label=speech.words("card.lost-commits"),
        value=speech.write.count(lost.value.lower) if lost else "—",
        bounds=sent if lost else speech.words(unknown),
        basis="",
        objective="",
        status="none",
        status_words="",
        filled=0,
        tick=None,
    )


def instant_rows(speech: Speech) -> Iterator[InstantRow]:
    """Every instant of the timeline, those that were not reached too."""
    measurements = speech.evidence.measurements
    disaster = measurements.instant(Instant.DISASTER)
    for instant in _instants(speech):
        point = measurements.instant(instant)
        yield InstantRow(
            code=instant.upper(),
            name=speech.words(f"instant.{instant}"),
            meaning=_meaning(speech, instant, point),
            since=_since(speech, point.at, disaster.at) if point and disaster else "—",
            clock=_clock(speech, point.at) if point else "—",
            basis=speech.words(f"basis.{point.basis}") if point else speech.words("not-reached"),
            lines=join_lines(point.lines) if point else "",
        )


def _instants(speech: Speech) -> Iterator[Instant]:
    """Those that a drill of this kind can reach: without a host no service answers, and nobody detects by himself."""
    drill = speech.evidence.plan.drill
    marked = {Instant.DETECTED: Mark.DETECTED, Instant.DECIDED: Mark.DECIDED}
    for instant in Instant:
        told = instant not in marked or drill.marked(marked[instant]) is not None
        cleaned = instant is not Instant.NOMINAL or drill.of_phase(Phase.CLEANUP)
        if drill.needs_hosts or (told and cleaned and instant is not Instant.SERVICE_ANSWERS):
            yield instant


def _meaning(speech: Speech, instant: Instant, point: TimelinePoint | None) -> str:
    if instant is Instant.DECIDED and point is not None and point.basis == "person":
        return speech.words("people.decided")
    # A disaster that nobody caused is another thing than one that was played.
    declared = instant is Instant.DISASTER and point is not None and point.basis == "declared"
    return speech.words(f"instant-meaning.{instant}{'-declared' if declared else ''}")


def _since(speech: Speech, at: Interval, disaster: Interval) -> str:
    return speech.write.interval(at - disaster, unit="us") if at != disaster else f"0{chr(160)}s"


def _clock(speech: Speech, at: Interval) -> str:
    origin = speech.evidence.journal.started_at
    moment = origin + timedelta(microseconds=at.lower - speech.evidence.measurements.origin_us)
    spread = "" if at.upper is None or at.upper == at.lower else f" + {speech.write.at_most(at.upper - at.lower)}"
    return f"{speech.write.time_of_day(moment)}{spread}"


def measure_row(speech: Speech, found: Measurement) -> MeasureRow:
    """One measurement against its objective."""
    status = _status(found, objective=found.objective)
    return MeasureRow(
        name=_name(speech, found),
        meaning=speech.words.meaning(found),
        value=speech.write.interval(found.value, unit=found.unit),
        objective=_wanted(speech, found),
        status=status,
        status_words=speech.words(f"met.{status}"),
        basis=speech.words(f"basis.{found.basis}"),
        lines=join_lines(found.lines),
    )


def _name(speech: Speech, found: Measurement) -> str:
    name = speech.words(f"quantity.{found.quantity}")
    if found.watch is None:
        return name
    return speech.words("labelled", label=name, value=speech.component(found.watch))


def _wanted(speech: Speech, found: Measurement) -> str:
    if found.objective is None:
        return "—"
    return speech.write.exactly(found.objective) if found.unit == "us" else speech.write.count(found.objective)


def _proportions(found: Measurement | None, objective: int | None) -> tuple[float, float | None]:
    """The bar is as long as the objective, or as the value where it is longer; then a tick shows the objective."""
    value = found.value.upper if found else None
    if value is None or objective is None:
        return 0, None
    longest = max(value, objective, 1)
    return round(max(0.8, 100 * value / longest), 1), round(100 * objective / longest, 1)


def join_lines(lines: tuple[int, ...]) -> str:
    """Lines of the journal, by number."""
    return ", ".join(str(line) for line in lines)
