"""One run as a dossier takes it: what its bundle says, how it verifies, whether the register says the same."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from cryptography.x509 import Certificate

from orchestrator.core.canonical import sha256
from orchestrator.core.model import SHA256, Identifier, Interval, Moment, Record, Title, Verdict
from orchestrator.core.results import FindingCode, Quantity, Weight
from orchestrator.errors import EvidenceError
from reports.catalogue import Control
from reports.dossier.chronicle import Chronicle, RunEntries
from reports.envelope import parse_attestation
from reports.evidence import Evidence, parse_evidence
from reports.layout import ATTESTATION, EVIDENCE, REPORT_PDF, read_bundle
from reports.register.entries import Ending, Perimeters
from reports.verification import CheckCode
from reports.verify import verify_undrawn


class Figure(Record):
    """A duration that was measured, in microseconds, between its bounds, against its objective."""

    value: Interval
    objective: int | None
    met: bool | None


class Gap(Record):
    """One finding of a run, with the title of what it is about in both languages."""

    code: FindingCode
    subject: Title
    weight: Weight


class Facts(Record):
    """What a dossier needs of one evidence document. The whole of it is in the bundle."""

    run_id: str
    title: Title
    drill: Identifier
    kind: Identifier
    system: Identifier
    perimeters: Perimeters
    started_at: Moment
    ended_at: Moment
    verdict: Verdict
    refused: bool
    requester: str
    rto_objective: int | None
    rpo_objective: int | None
    rto: Figure | None
    rpo: Figure | None
    gaps: tuple[Gap, ...]
    controls: tuple[Control, ...]
    plan_sha256: SHA256
    journal_sha256: SHA256
    report_sha256: SHA256 | None
    attestation_sha256: SHA256 | None
    """Of the attestation's payload, as the register carries it."""
    certificate_sha256: SHA256


class Fault(Record):
    """A check of the verification that failed, and the file that it failed for."""

    check: CheckCode
    subject: str


class DossierRun(Record):
    """A run's bundle: its digest, what is in it, and how it verified when the dossier was made, drawings left out."""

    run_id: str
    bundle_sha256: SHA256
    bundle_bytes: int
    valid: bool
    faults: tuple[Fault, ...]
    facts: Facts | None
    """None where the bundle cannot be read."""


class Standing(StrEnum):
    """What a run is worth as proof: only `PROVED` is worth anything."""

    PROVED = "proved"
    OPEN = "open"
    UNSEALED = "unsealed"
    MISSING = "missing"
    INVALID = "invalid"
    CONTRADICTED = "contradicted"
    UNREGISTERED = "unregistered"


class RunLine(Record):
    """A run, from the register and from its bundle together. `number`: its place among the reports of the dossier."""

    number: int
    run_id: str
    title: Title | None
    drill: Identifier
    kind: Identifier
    system: Identifier
    perimeters: Perimeters
    started_at: Moment
    in_period: bool
    """False for a run that is here only because it does, or does late, what was due within the period."""
    requester: str
    retry_of: str | None
    ending: Ending | None
    standing: Standing
    lines: tuple[int, ...]
    """Of the register: where the run was started, ended and sealed."""
    report: DossierRun | None

    @property
    def counts(self) -> bool:
        """Whether the system was tested by it. Inconclusive, failed, or not proved: never."""
        return self.standing is Standing.PROVED and self.ending in (Ending.PASSED, Ending.PASSED_WITH_GAPS)

    @property
    def facts(self) -> Facts | None:
        """What its report says, where it may be believed."""
        return self.report.facts if self.report and self.standing is Standing.PROVED else None


def read_run(content: bytes, *, run_id: str, certificates: Sequence[Certificate]) -> DossierRun:
    """Read a bundle and verify it: signatures, digests, chain, every figure and the verdict again; no drawing again.

    Args:
        content: The bytes of `bundle.zip`.
        run_id: The run that it is said to be of.
        certificates: Those that the caller trusts.
    """
    try:
        files = read_bundle(content)
        facts = _facts(files)
    except EvidenceError:
        return _unreadable(content, run_id=run_id)
    report = verify_undrawn(files, name=run_id, certificates=certificates)
    faults = {(check.code, check.subject) for check in report.failures}
    if facts.run_id != run_id:
        faults.add((CheckCode.EVIDENCE, run_id))
    return DossierRun(
        run_id=run_id,
        bundle_sha256=sha256(content),
        bundle_bytes=len(content),
        valid=report.valid and facts.run_id == run_id,
        faults=tuple(Fault(check=code, subject=subject) for code, subject in sorted(faults)),
        facts=facts,
    )


def build_lines(
    runs: Sequence[DossierRun], chronicle: Chronicle, *, wanted: Mapping[str, bool], perimeters: Perimeters
) -> tuple[RunLine, ...]:
    """Every run that the dossier is about, the oldest first.

    Args:
        runs: The bundles at hand.
        chronicle: The register.
        wanted: The runs that the register has for this period, and whether each began within it.
        perimeters: Those that the dossier is about.
    """
    bundles = {run.run_id: run for run in runs}
    known = [_registered(run_id, chronicle.run(run_id), bundles.get(run_id), wanted[run_id]) for run_id in wanted]
    strangers = (run for run in runs if run.run_id not in wanted and chronicle.run(run.run_id).started is None)
    found = [*known, *(line for run in strangers for line in _stranger(run))]
    within = [line for line in found if line is not None and set(line.perimeters) & set(perimeters)]
    ordered = sorted(within, key=lambda line: (line.started_at, line.run_id))
    return tuple(line.model_copy(update={"number": number}) for number, line in enumerate(ordered, start=1))


def _registered(run_id: str, entries: RunEntries, run: DossierRun | None, in_period: bool) -> RunLine | None:
    started = entries.started
    if started is None:
        return None
    event, facts = started.event, run.facts if run else None
    return RunLine(
        number=0,
        run_id=run_id,
        title=facts.title if facts else None,
        drill=event.drill,
        kind=event.kind,
        system=event.system,
        perimeters=event.perimeters,
        started_at=started.at,
        in_period=in_period,
        requester=event.requester,
        retry_of=event.retry_of,
        ending=entries.ended.event.ending if entries.ended else None,
        standing=_standing(run, entries),
        lines=tuple(one.line for one in (started, entries.ended, entries.sealed) if one),
        report=run,
    )


def _standing(run: DossierRun | None, entries: RunEntries) -> Standing:
    if entries.started is None:
        return Standing.UNREGISTERED
    if entries.ended is None:
        return Standing.OPEN
    if entries.sealed is None:
        return Standing.UNSEALED
    if run is None:
        return Standing.MISSING
    if not run.valid or run.facts is None:
        return Standing.INVALID
    return Standing.PROVED if _agree(run.facts, entries) else Standing.CONTRADICTED


def _agree(facts: Facts, entries: RunEntries) -> bool:
    """Whether register and report speak of the same run: same drill, plan, journal, verdict and attestation."""
    if entries.started is None or entries.ended is None or entries.sealed is None:
        return False
    started, ended = entries.started.event, entries.ended.event
    registered = (started.drill, started.kind, started.system, started.perimeters, started.plan_sha256)
    ending = Ending.REFUSED if facts.refused else Ending(facts.verdict.value)
    return (
        registered == (facts.drill, facts.kind, facts.system, facts.perimeters, facts.plan_sha256)
        and (ended.plan_sha256, ended.journal_sha256) == (facts.plan_sha256, facts.journal_sha256)
        and (ended.verdict, ended.ending) == (facts.verdict, ending)
        and entries.sealed.event.attestation_sha256 == facts.attestation_sha256
    )


def _stranger(run: DossierRun) -> Iterator[RunLine]:
    """A bundle of which the register knows nothing: shown, and worth nothing."""
    facts = run.facts
    if facts is None:
        return
    yield RunLine(
        number=0,
        run_id=run.run_id,
        title=facts.title,
        drill=facts.drill,
        kind=facts.kind,
        system=facts.system,
        perimeters=facts.perimeters,
        started_at=facts.started_at,
        in_period=True,
        requester=facts.requester,
        retry_of=None,
        ending=Ending.REFUSED if facts.refused else Ending(facts.verdict.value),
        standing=Standing.UNREGISTERED,
        lines=(),
        report=run,
    )


def _unreadable(content: bytes, *, run_id: str) -> DossierRun:
    return DossierRun(
        run_id=run_id,
        bundle_sha256=sha256(content),
        bundle_bytes=len(content),
        valid=False,
        faults=(Fault(check=CheckCode.READABLE, subject=run_id),),
        facts=None,
    )


def started_at(content: bytes) -> datetime | None:
    """When the run of a bundle began by its own journal; None where the bundle cannot be read."""
    try:
        return parse_evidence(read_bundle(content)[EVIDENCE]).journal.started_at
    except (EvidenceError, KeyError):
        return None


def _facts(files: Mapping[str, bytes]) -> Facts:
    evidence = parse_evidence(files.get(EVIDENCE, b""))
    drill = evidence.plan.drill
    return Facts(
        run_id=evidence.run_id,
        title=drill.title,
        drill=drill.id,
        kind=drill.kind,
        system=drill.system,
        perimeters=drill.perimeters,
        started_at=evidence.journal.started_at,
        ended_at=evidence.journal.ended_at,
        verdict=evidence.judgement.verdict,
        refused=any(finding.code is FindingCode.REFUSED_BY_GUARD for finding in evidence.judgement.findings),
        requester=evidence.request.event.requester if evidence.request else "",
        rto_objective=drill.objectives.rto,
        rpo_objective=drill.objectives.rpo,
        rto=_figure(evidence, Quantity.RTO),
        rpo=_figure(evidence, Quantity.RPO),
        gaps=tuple(_gaps(evidence)),
        controls=evidence.mapping.controls,
        plan_sha256=evidence.plan_sha256,
        journal_sha256=evidence.journal.sha256,
        report_sha256=sha256(files[REPORT_PDF]) if REPORT_PDF in files else None,
        attestation_sha256=_attestation(files),
        certificate_sha256=evidence.signature.certificate_sha256,
    )


def _attestation(files: Mapping[str, bytes]) -> str | None:
    return sha256(parse_attestation(files[ATTESTATION]).payload) if ATTESTATION in files else None


def _figure(evidence: Evidence, quantity: Quantity) -> Figure | None:
    found = evidence.measurements.quantity(quantity)
    return Figure(value=found.value, objective=found.objective, met=found.met) if found else None


def _gaps(evidence: Evidence) -> Iterator[Gap]:
    steps = {step.id: step.title for step in evidence.plan.drill.steps if step.title}
    for finding in evidence.judgement.findings:
        own = Title(fr=finding.subject, en=finding.subject)
        yield Gap(code=finding.code, subject=steps.get(finding.subject, own), weight=finding.weight)
