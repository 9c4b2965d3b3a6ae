"""The 47 fields that an auditor looks for, in their usual order (COMPLIANCE.md, section 6.1). None: not given.

What the machine knows it says; what only people know and nobody wrote down is printed as not given, never made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.drill import ProbeStep
from orchestrator.core.model import Outcome, Phase, Title
from orchestrator.core.results import Instant, Quantity
from reports.evidence import Evidence
from reports.signing.wording import Worth, describe
from reports.typography import Typography
from reports.words import Words

_GROUPS = {"a": (1, 5), "b": (6, 13), "c": (14, 17), "d": (18, 20), "e": (21, 24), "f": (25, 32), "g": (33, 39)}
_GROUPS |= {"h": (40, 40), "i": (41, 47)}
_RECOMMENDED = {12, 27, 36, 39}

Text = str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its number, its label and its lines; none where the project gave nothing."""

    number: int
    label: str
    recommended: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One of the groups A to I."""

    letter: str
    title: str
    fields: tuple[Field, ...]


def state_register(evidence: Evidence, *, words: Words) -> str:
    """Which entries of the register the run has, in words."""
    proof = evidence.registration
    if proof is None:
        return words("register-text.none")
    first, last = proof.started.entry.seq, proof.ended.entry.seq
    return words("register-text.summary", first=first, last=last, size=proof.size)


def build_groups(evidence: Evidence, *, words: Words) -> tuple[Group, ...]:
    """Every field in its group."""
    values = dict(_Filler(evidence, words).fields())
    return tuple(
        Group(
            letter=letter.upper(),
            title=words(f"group.{letter}"),
            fields=tuple(
                Field(
                    number=number,
                    label=words(f"field.{number}"),
                    recommended=number in _RECOMMENDED,
                    lines=tuple(line for line in values[number] if line),
                )
                for number in range(first, last + 1)
            ),
        )
        for letter, (first, last) in _GROUPS.items()
    )


@dataclass(frozen=True, slots=True)
class _Filler:
    evidence: Evidence
    words: Words

    @property
    def write(self) -> Typography:
        return Typography(self.words)

    @property
    def worth(self) -> Worth:
        return describe(self.evidence.signature, words=self.words)

    def fields(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        yield from self._identification()
        yield from self._framing()
        yield from self._authorisation()
        yield from self._restored()
        yield from self._course()
        yield from self._results()
        yield from self._follow_up()
        yield 40, (self._destruction(),)
        yield from self._proof()

    def _identification(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        evidence, organisation = self.evidence, self.evidence.plan.organisation
        yield 1, (evidence.run_id, self._say("identity.status", format=evidence.format, language=evidence.language))
        yield 2, (organisation.name, organisation.legal_entity, *self._certificate())
        yield 3, tuple(self._activities())
        yield (
            4,
            (
                self._labelled("classification", organisation.classification),
                self._labelled("distribution", organisation.distribution),
            ),
        )
        yield 5, (evidence.plan.drill.context.programme, self._kind(), self._cadence(), self._held())

    def _certificate(self) -> Iterator[Text]:
        certificate = self.evidence.plan.organisation.hds_certificate
        if certificate is None:
            yield self._say("certificate.none")
            return
        yield self._labelled("certificate-number", certificate.number)
        yield self._labelled("certificate-scope", certificate.scope)
        yield self._labelled("certificate-body", certificate.body)
        yield self._labelled("certificate-dates", f"{certificate.issued or '…'} → {certificate.expires or '…'}")

    def _activities(self) -> Iterator[str]:
        for activity in self.evidence.mapping.activities:
            perimeter = activity.title.within(self.evidence.language)
            if not activity.official:
                yield self._say("activity.transverse", perimeter=perimeter)
            for official in activity.official:
                words = official.within(self.evidence.language)
                key = "activity.same" if words == perimeter else "activity.official"
                yield self._say(key, official=words, perimeter=perimeter)

    def _kind(self) -> str:
        kind = self.evidence.mapping.kind
        return kind.within(self.evidence.language) if kind else self.evidence.plan.drill.kind

    def _cadence(self) -> str:
        schedule = self.evidence.plan.drill.schedule
        if schedule is None:
            return self._say("cadence.none")
        cadence = self.words(f"cadence.{schedule.cadence}")
        return self._say("cadence.planned", cadence=cadence, at=schedule.at, timezone=schedule.timezone)

    def _held(self) -> str:
        return self._say("identity.held", start=self.write.moment(self.evidence.journal.started_at))

    def _framing(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        drill, context = self.evidence.plan.drill, self.evidence.plan.drill.context
        hosts = ", ".join(host.name for host in self.evidence.plan.hosts)
        yield (
            6,
            (
                self._title(context.scope),
                self._labelled("exclusions", self._title(context.exclusions)),
                self._labelled("system", drill.system),
                self._labelled("hosts", hosts),
                self._labelled("location", self.evidence.plan.organisation.location),
            ),
        )
        yield 7, (drill.title.within(self.evidence.language), self._objectives())
        yield 8, (self._title(context.scenario), self._labelled("assumptions", self._title(context.assumptions)))
        yield 9, (self._labelled("bia", context.bia), *self._needs())
        yield (
            10,
            (
                self._title(context.criteria),
                self._labelled("abort", self._title(context.abort_criteria)),
                self._say("criteria.sealed", moment=self.write.moment(self.evidence.plan.created_at)),
            ),
        )
        yield 11, (*context.plans, self._say("plans.content", count=len(self.evidence.plan.content)))
        yield 12, context.risks
        yield 13, context.third_parties

    def _objectives(self) -> str:
        objectives = self.evidence.plan.drill.objectives
        named = (("RTO", objectives.rto), ("RPO", objectives.rpo))
        return " · ".join(f"{name} {self._limit(value)}" for name, value in named)

    def _needs(self) -> Iterator[str]:
        objectives = self.evidence.plan.drill.objectives
        for name, value in (
            ("dmia", objectives.dmia),
            ("rto", objectives.rto),
            ("pdma", objectives.pdma),
            ("rpo", objectives.rpo),
        ):
            yield self._say(f"need.{name}", value=self._limit(value))

    def _limit(self, value: int | None) -> str:
        return self.write.exactly(value) if value is not None else self.words("not-given")

    def _authorisation(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        plan, request = self.evidence.plan, self.evidence.request
        organisation, asked = plan.organisation, request.event if request else None
        yield (
            14,
            (
                asked.requester if asked else None,
                self._labelled("reason", asked.reason if asked else None),
                self._labelled("change", asked.change if asked else None),
                self._labelled("approval", None),
            ),
        )
        roles = {
            "sponsor": organisation.sponsor,
            "director": organisation.exercise_director,
            "operator": asked.requester if asked else None,
            "observers": None,
            "business": None,
        }
        yield 15, tuple(self._labelled(role, person) for role, person in roles.items())
        yield 16, tuple(self._target())
        yield 17, (self.words(f"data.{plan.drill.data}"), self._labelled("dpo", plan.drill.context.dpo_reference))

    def _target(self) -> Iterator[str]:
        yield ", ".join(f"{host.name} ({host.address}:{host.port})" for host in self.evidence.plan.hosts)
        good = sum(seen.event.ok for seen in self.evidence.guard)
        yield self._say("guard.tally", ok=good, asked=len(self.evidence.guard))

    def _restored(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        point, plan = self.evidence.plan.recovery_point, self.evidence.plan
        if point is None:
            yield 18, (self._labelled("no-point", plan.recovery_point_fault) if plan.recovery_point_fault else None,)
        else:
            yield 18, tuple(self._point())
        yield (
            19,
            (
                " · ".join(f"{name} {version}" for name, version in sorted(plan.tools.items())),
                self._say("plans.digests"),
            ),
        )
        yield 20, tuple(self._volume())

    def _point(self) -> Iterator[Text]:
        point = self.evidence.plan.recovery_point
        if point is None:
            return
        yield self._say("point.id", id=point.id, kind=point.kind, tool=point.tool, version=point.tool_version)
        yield self._say("point.finished", moment=self.write.moment(point.finished_at))
        yield self._labelled("point-manifest", point.manifest_sha256)
        encrypted = {True: "yes", False: "no", None: "unknown"}[point.encrypted]
        yield self._say("point.encrypted", answer=self.words(f"answer.{encrypted}"))
        yield self._observed()

    def _observed(self) -> str:
        seen = self.evidence.recovery_point
        if seen is None:
            return self._say("point.not-seen")
        return self._say("point.same" if seen.event.matches else "point.changed")

    def _volume(self) -> Iterator[Text]:
        point = self.evidence.plan.recovery_point
        if point is not None:
            yield self._say("point.size", size=self.write.size(point.size_bytes))
            if point.repository_bytes is not None:
                yield self._say("point.stored", size=self.write.size(point.repository_bytes))

    def _course(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        evidence = self.evidence
        yield 21, (self._say("see.timeline"),)
        yield 22, (self._say("clock.basis"), self._say("clock.measured", count=len(evidence.clocks)))
        stops = (
            self._say("course.stopped", reason=self.words.reason(seen.event.reason), line=seen.line)
            for seen in evidence.stops
        )
        cuts = (
            self._say("course.interrupted", moment=self.write.moment(seen.event.recovered_at), line=seen.line)
            for seen in evidence.interruptions
        )
        yield 23, (*stops, *cuts) if evidence.stops or evidence.interruptions else (self._say("course.nothing"),)
        left = [step.step for step in evidence.measurements.steps if step.attempts == 0]
        yield 24, (self._say("course.not-run", steps=", ".join(left)) if left else self._say("course.all-run"),)

    def _results(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        judgement, checks = self.evidence.judgement, self.evidence.measurements.checks
        yield 25, (self._measured(Quantity.RTO), self._allowance())
        yield 26, (self._measured(Quantity.RPO), self._say("rpo.method"))
        yield 27, tuple(self._restoration())
        good = sum(check.outcome is Outcome.OK for check in checks)
        yield 28, (self._say("checks.tally", ok=good, asked=len(checks)),)
        yield 29, ()
        yield 30, ()
        yield 31, (self.words(f"verdict.{judgement.verdict}"), self._tally(len(judgement.findings)))
        yield 32, (self._title(self.evidence.plan.drill.context.representativeness), self._say("staging.only"))

    def _tally(self, findings: int) -> str:
        return self._say("findings.tally", count=findings) if findings else self._say("findings.none")

    def _measured(self, quantity: Quantity) -> str:
        found = self.evidence.measurements.quantity(quantity)
        return self.write.interval(found.value, unit=found.unit) if found else self.words("not-measured")

    def _allowance(self) -> Text:
        automatic = self.evidence.measurements.instant(Instant.DECIDED)
        return self._say("rto.technical") if automatic else None

    def _restoration(self) -> Iterator[Text]:
        """From the beginning of recovery to the service's answer; the throughput is that of the longest duration."""
        measurements, point = self.evidence.measurements, self.evidence.plan.recovery_point
        begun, back = measurements.instant(Instant.RECOVERY_BEGINS), measurements.instant(Instant.SERVICE_ANSWERS)
        if begun is None or back is None:
            return
        lasted = back.at - begun.at
        yield self._say("restoration.duration", value=self.write.interval(lasted, unit="us"))
        if point is not None and lasted.upper:
            rate = point.size_bytes * 1_000_000 // lasted.upper
            yield self._say("restoration.rate", rate=self.write.size(rate))

    def _follow_up(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        findings = self.evidence.judgement.findings
        yield 33, (self._say("see.findings") if findings else self._say("findings.none"),)
        for number in (34, 35, 36, 37):
            yield number, ()
        yield 38, (self._cadence(),) if self.evidence.plan.drill.schedule else ()
        yield 39, ()

    def _destruction(self) -> str:
        cleanup = [step for step in self.evidence.measurements.steps if step.phase is Phase.CLEANUP]
        if not any(step.attempts for step in cleanup):
            return self._say("destruction.none")
        if self.evidence.judgement.cleanup_failed or any(step.outcome is not Outcome.OK for step in cleanup):
            return self._say("destruction.failed")
        looked = any(isinstance(step, ProbeStep) for step in self.evidence.plan.drill.of_phase(Phase.CLEANUP))
        return self._say("destruction.proved" if looked else "destruction.unchecked")

    def _proof(self) -> Iterator[tuple[int, tuple[Text, ...]]]:
        evidence, organisation = self.evidence, self.evidence.plan.organisation
        yield 41, (self._say("see.manifest"),)
        yield 42, (self._say("journal.summary", length=evidence.journal.length, head=evidence.journal.head),)
        yield 43, (self._say("scan.clean", rules=evidence.scan.rules, files=len(evidence.scan.files)),)
        yield 44, (self._say("see.mapping", version=evidence.mapping.version),)
        author = self._say("author.program", version=evidence.versions.get("reprise-drills", ""))
        yield (
            45,
            (
                self._labelled("author", author),
                self._labelled("reviewer", organisation.reviewer),
                self._labelled("approver", organisation.approver),
            ),
        )
        yield 46, (self.worth.short, self.worth.time, state_register(self.evidence, words=self.words))
        yield 47, (self._labelled("retention", organisation.retention), self._labelled("archive", None))

    def _say(self, key: str, **values: object) -> str:
        return self.words(key, **values)

    def _labelled(self, label: str, value: str | None) -> str:
        return self.words("labelled", label=self.words(f"label.{label}"), value=value or self.words("not-given"))

    def _title(self, title: Title | None) -> str | None:
        return title.within(self.evidence.language) if title else None
