"""Two runs side by side: figures, steps, checks, and what they did not have in common. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.core.model import Interval, Moment, Outcome, Record, Verdict
from orchestrator.core.results import Quantity, StepResult
from reports.evidence import Evidence


class Side(Record):
    """What a run is, whatever it is compared with."""

    run_id: str
    drill: str
    started_at: Moment
    verdict: Verdict


class ComparedFigure(Record):
    """One quantity of both runs; None: not measured. `change`: from unfavourable end to unfavourable end."""

    quantity: Quantity
    unit: str
    first: Interval | None
    second: Interval | None
    first_objective: int | None
    second_objective: int | None
    change: int | None


class ComparedStep(Record):
    """One step of either run, with its duration in microseconds; None: it did not run, or does not exist there."""

    step: str
    first_outcome: Outcome | None
    second_outcome: Outcome | None
    first_us: int | None
    second_us: int | None


class ComparedCheck(Record):
    """One check of either run; None: it does not exist there."""

    check: str
    first: Outcome | None
    second: Outcome | None


class Difference(Record):
    """Something that was pinned or used otherwise. None: it was not there."""

    subject: str
    first: str | None
    second: str | None


class Comparison(Record):
    """Both runs. What is the same in both is not among the differences."""

    first: Side
    second: Side
    figures: tuple[ComparedFigure, ...]
    steps: tuple[ComparedStep, ...]
    checks: tuple[ComparedCheck, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    first: Evidence
    second: Evidence


def compare_runs(first: Evidence, second: Evidence) -> Comparison:
    """Lay two runs side by side, the first one's order before the second's."""
    both = _Both(first=first, second=second)
    return Comparison(
        first=_side(first),
        second=_side(second),
        figures=tuple(_figures(both)),
        steps=tuple(_steps(both)),
        checks=tuple(_checks(both)),
        differences=tuple(_differences(_pins(first), _pins(second))),
    )


def _side(evidence: Evidence) -> Side:
    return Side(
        run_id=evidence.run_id,
        drill=evidence.plan.drill.id,
        started_at=evidence.journal.started_at,
        verdict=evidence.judgement.verdict,
    )


def _figures(both: _Both) -> Iterator[ComparedFigure]:
    for quantity in Quantity:
        first = both.first.measurements.quantity(quantity)
        second = both.second.measurements.quantity(quantity)
        known = first or second
        if known is not None:
            yield ComparedFigure(
                quantity=quantity,
                unit=known.unit,
                first=first.value if first else None,
                second=second.value if second else None,
                first_objective=first.objective if first else None,
                second_objective=second.objective if second else None,
                change=_change(first.value if first else None, second.value if second else None),
            )


def _change(first: Interval | None, second: Interval | None) -> int | None:
    if first is None or second is None or first.upper is None or second.upper is None:
        return None
    return second.upper - first.upper


def _steps(both: _Both) -> Iterator[ComparedStep]:
    first = {one.step: one for one in both.first.measurements.steps}
    second = {one.step: one for one in both.second.measurements.steps}
    for name in dict.fromkeys((*first, *second)):
        before, after = first.get(name), second.get(name)
        yield ComparedStep(
            step=name,
            first_outcome=before.outcome if before else None,
            second_outcome=after.outcome if after else None,
            first_us=_lasted(before),
            second_us=_lasted(after),
        )


def _lasted(step: StepResult | None) -> int | None:
    if step is None or step.started_us is None or step.finished_us is None:
        return None
    return step.finished_us - step.started_us


def _checks(both: _Both) -> Iterator[ComparedCheck]:
    first = {one.check: one.outcome for one in both.first.measurements.checks}
    second = {one.check: one.outcome for one in both.second.measurements.checks}
    for name in dict.fromkeys((*first, *second)):
        yield ComparedCheck(check=name, first=first.get(name), second=second.get(name))


def _differences(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Difference]:
    for subject in dict.fromkeys((*first, *second)):
        if first.get(subject) != second.get(subject):
            yield Difference(subject=subject, first=first.get(subject), second=second.get(subject))


def _pins(evidence: Evidence) -> dict[str, str]:
    """Everything that a run depended on, by what it is called."""
    plan = evidence.plan
    pins = {f"drill file {plan.drill_file.name}": plan.drill_file.sha256}
    pins |= {f"file {one.name}": one.sha256 for one in plan.content}
    pins |= {
        f"host {one.name}": f"{one.address}:{one.port} {one.host_key_sha256 or 'no known key'}" for one in plan.hosts
    }
    pins |= {f"connection {one.name}": f"{one.host}:{one.port}" for one in plan.endpoints}
    pins |= {f"recovery point {number}": one.id for number, one in enumerate(evidence.restored_points, start=1)}
    pins |= {f"tool {name}": version for name, version in plan.tools.items()}
    pins |= {f"program {name}": version for name, version in evidence.versions.items()}
    return pins | {"certificate": evidence.signature.certificate_sha256}
