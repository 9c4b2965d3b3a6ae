"""How the data loss was established, in words: by which method, whose clock, and from which T0. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from orchestrator.core.results import Instant
from orchestrator.core.rpo_source import DatedByClock, ProductionMarker, RpoSource
from reports.page.speech import Speech

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rpo_method(speech: Speech) -> Iterator[str]:
    """The method, what it rests on, and the T0 that it is counted from where nobody lost anything."""
    drill, disaster = speech.evidence.plan.drill, speech.evidence.measurements.instant(Instant.DISASTER)
    if drill.rpo_from is not None:
        yield from _dated(speech, drill.rpo_from)
    else:
        yield speech.words(f"rpo.method.{'canary' if drill.canary else 'none'}")
    if disaster is not None and disaster.basis == "declared":
        yield speech.words("rpo.declared")


def _dated(speech: Speech, source: RpoSource) -> Iterator[str]:
    choice = speech.evidence.plan.drill.recovery_point
    if source.marker is not None:
        yield speech.words("rpo.method.marker", period=speech.write.exactly(source.marker.period))
        yield from _newest(speech, source.marker)
    else:
        yield speech.words("rpo.method.catalogue", catalogue=choice.catalogue if choice else "")
    yield _clock(speech, source.dated)


def _newest(speech: Speech, marker: ProductionMarker) -> Iterator[str]:
    """The marker as it was read: whole microseconds below 2^53, which always are a date."""
    checks = speech.evidence.measurements.checks
    found = next((check.observed.get(marker.value) for check in checks if check.check == marker.step), None)
    if isinstance(found, int) and not isinstance(found, bool):
        yield speech.words("rpo.newest", moment=speech.write.moment(_EPOCH + timedelta(microseconds=found)))


def _clock(speech: Speech, dated: DatedByClock) -> str:
    if dated.clock_error is not None:
        return speech.words("rpo.clock-declared", error=speech.write.exactly(dated.clock_error))
    return speech.words("rpo.clock-measured", host=dated.clock_of)
