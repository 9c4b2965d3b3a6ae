"""Groups D to I of the fields: what was restored, how it went, results, follow-up, erasure, proof. Pure."""

from collections.abc import Iterator

from orchestrator.core.model import Outcome, Phase
from orchestrator.core.plan import RecoveryPoint
from orchestrator.core.results import Instant, Quantity
from orchestrator.core.step_definition import ProbeStep
from reports.page.loss import rpo_method
from reports.page.people import debrief, decisions
from reports.page.speech import Speech, Text
from reports.signing.wording import describe


def established_fields(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    """The lines of fields 18 to 47, by number. None: nobody gave it."""
    yield from _restored(speech)
    yield from _course(speech)
    yield from _results(speech)
    yield from _follow_up(speech)
    yield 40, (_destruction(speech),)
    yield from _proof(speech)


def _restored(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    points, plan = speech.evidence.restored_points, speech.evidence.plan
    if not points:
        yield 18, (speech.labelled("no-point", plan.recovery_point_fault) if plan.recovery_point_fault else None,)
    else:
        yield 18, (*(text for point in points for text in _point(point, speech)), _listed(speech), _observed(speech))
    yield (
        19,
        (
            " · ".join(f"{name} {version}" for name, version in sorted(plan.tools.items())),
            speech.words("plans.digests") if plan.content else None,
        ),
    )
    yield 20, tuple(_volume(speech))


def _point(point: RecoveryPoint, speech: Speech) -> Iterator[Text]:
    yield speech.words("point.id", id=point.id, kind=point.kind, tool=point.tool, version=point.tool_version)
    yield speech.words("point.finished", moment=speech.write.moment(point.finished_at))
    yield speech.labelled("point-manifest", point.manifest_sha256)
    encrypted = {True: "yes", False: "no", None: "unknown"}[point.encrypted]
    yield speech.words("point.encrypted", answer=speech.words(f"answer.{encrypted}"))
    if point.retention_class is not None:
        yield speech.words("point.class", name=point.retention_class)


def _listed(speech: Speech) -> Text:
    """How it came to be this one."""
    plan, taken = speech.evidence.plan, speech.evidence.recovery_point_taken
    if taken is not None:
        return speech.words("point.taken", line=taken.line)
    choice, there = plan.drill.recovery_point, plan.listed_points
    if choice is None or there is None:
        return None
    return speech.words(f"choice.{'id' if choice.id is not None else choice.choose}", count=len(there))


def _observed(speech: Speech) -> str:
    seen = speech.evidence.recovery_point
    if seen is None:
        return speech.words("point.not-seen")
    return speech.words("point.same" if seen.event.matches else "point.changed")


def _volume(speech: Speech) -> Iterator[Text]:
    restored = _restored_bytes(speech)
    if restored is not None:
        yield speech.words("point.size", size=speech.write.size(restored))
    point = speech.evidence.plan.recovery_point
    if point is not None and point.repository_bytes is not None:
        yield speech.words("point.stored", size=speech.write.size(point.repository_bytes))


def _course(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    evidence = speech.evidence
    yield 21, (speech.words("see.timeline"),)
    yield 22, (speech.words("clock.basis"), speech.words("clock.measured", count=len(evidence.clocks)))
    stops = (
        speech.words("course.stopped", reason=speech.words.reason(seen.event.reason), line=seen.line)
        for seen in evidence.stops
    )
    cuts = (
        speech.words("course.interrupted", moment=speech.write.moment(seen.event.recovered_at), line=seen.line)
        for seen in evidence.interruptions
    )
    quiet = () if evidence.stops or evidence.interruptions else (speech.words("course.nothing"),)
    yield 23, (*decisions(speech), *stops, *cuts, *quiet)
    left = [step.step for step in evidence.measurements.steps if step.attempts == 0]
    yield 24, (speech.words("course.not-run", steps=", ".join(left)) if left else speech.words("course.all-run"),)


def _results(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    judgement, checks = speech.evidence.judgement, speech.evidence.measurements.checks
    technical = speech.evidence.plan.drill.needs_hosts
    yield 25, (_measured(speech, Quantity.RTO), _allowance(speech)) if technical else (_decision(speech),)
    yield 26, (_measured(speech, Quantity.RPO), *rpo_method(speech))
    yield 27, tuple(_restoration(speech))
    looked = checks if technical else speech.evidence.measurements.steps
    good = sum(one.outcome is Outcome.OK for one in looked)
    yield 28, (speech.words("checks.tally", ok=good, asked=len(looked)),)
    yield 29, ()
    yield 30, ()
    yield 31, (speech.words(f"verdict.{judgement.verdict}"), _tally(speech, len(judgement.findings)))
    yield 32, (speech.title(speech.evidence.plan.drill.context.representativeness), speech.words("staging.only"))


def _decision(speech: Speech) -> str:
    return speech.words("people.no-rto", value=_measured(speech, Quantity.DECISION))


def _tally(speech: Speech, findings: int) -> str:
    return speech.words("findings.tally", count=findings) if findings else speech.words("findings.none")


def _measured(speech: Speech, quantity: Quantity) -> str:
    found = speech.evidence.measurements.quantity(quantity)
    return speech.write.interval(found.value, unit=found.unit) if found else speech.words("not-measured")


def _allowance(speech: Speech) -> Text:
    decided = speech.evidence.measurements.instant(Instant.DECIDED)
    return speech.words("rto.technical") if decided and decided.basis == "automatic" else None


def _restoration(speech: Speech) -> Iterator[Text]:
    """From the beginning of recovery to the service's answer; the throughput is that of the longest duration."""
    measurements, restored = speech.evidence.measurements, _restored_bytes(speech)
    begun, back = measurements.instant(Instant.RECOVERY_BEGINS), measurements.instant(Instant.SERVICE_ANSWERS)
    if begun is None or back is None:
        return
    lasted = back.at - begun.at
    yield speech.words("restoration.duration", value=speech.write.interval(lasted, unit="us"))
    if restored is not None and lasted.upper:
        rate = restored * 1_000_000 // lasted.upper
        yield speech.words("restoration.rate", rate=speech.write.size(rate))


def _restored_bytes(speech: Speech) -> int | None:
    """How much all recovery points hold; None where there is none, or the tool does not say of each."""
    sizes = [point.size_bytes for point in speech.evidence.restored_points]
    return sum(size or 0 for size in sizes) if sizes and None not in sizes else None


def _follow_up(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    findings = speech.evidence.judgement.findings
    yield 33, (speech.words("see.findings") if findings else speech.words("findings.none"),)
    yield 35, tuple(debrief(speech))
    for number in (34, 36, 37):
        yield number, ()
    yield 38, (speech.cadence(),) if speech.evidence.plan.drill.schedule else ()
    yield 39, ()


def _destruction(speech: Speech) -> str:
    cleanup = [step for step in speech.evidence.measurements.steps if step.phase is Phase.CLEANUP]
    if not any(step.attempts for step in cleanup):
        return speech.words("destruction.none")
    if speech.evidence.judgement.cleanup_failed or any(step.outcome is not Outcome.OK for step in cleanup):
        return speech.words("destruction.failed")
    looked = any(isinstance(step, ProbeStep) for step in speech.evidence.plan.drill.of_phase(Phase.CLEANUP))
    return speech.words("destruction.proved" if looked else "destruction.unchecked")


def _proof(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    evidence, organisation = speech.evidence, speech.evidence.plan.organisation
    yield 41, (speech.words("see.manifest"),)
    yield 42, (speech.words("journal.summary", length=evidence.journal.length, head=evidence.journal.head),)
    yield 43, (speech.words("scan.clean", rules=evidence.scan.rules, files=len(evidence.scan.files)),)
    yield 44, (speech.words("see.mapping", version=evidence.mapping.version),)
    author = speech.words("author.program", version=evidence.versions.get("reprise-drills", ""))
    yield (
        45,
        (
            speech.labelled("author", author),
            speech.labelled("reviewer", organisation.reviewer),
            speech.labelled("approver", organisation.approver),
        ),
    )
    worth = describe(evidence.signature, words=speech.words)
    yield 46, (worth.short, worth.time, speech.register())
    yield 47, (speech.labelled("retention", organisation.retention), speech.labelled("archive", None))
