"""What was seen in a run, as OSCAL observations: measurements, checks, watches, guard, clocks, recovery point."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.events import Values
from orchestrator.core.results import CheckResult, Lines, Measurement
from reports.evidence import CanarySummary, WatchSummary
from reports.export.oscal.terms import Json, identify, instant, properties, without_empty
from reports.export.run import SealedRun
from reports.export.text import line
from reports.materials import JOURNAL
from reports.typography import Typography
from reports.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One observation: its kind, what a finding may name it by, the lines that prove it, and its OSCAL form."""

    kind: str
    subject: str
    lines: Lines
    body: Json

    @property
    def uuid(self) -> str:
        """Its identifier in the document."""
        return str(self.body["uuid"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """Writes the observations of one run, in one language."""

    run: SealedRun
    words: Words
    typography: Typography
    tool: str
    """The UUID of the component that observed: every observation here was made by the program, none by a person."""

    def all(self) -> tuple[Seen, ...]:
        """Every observation, always in the same order."""
        return (
            *self._measurements(),
            *self._checks(),
            *self._watches(),
            *self._guard(),
            *self._clocks(),
            *self._recovery_point(),
        )

    def _measurements(self) -> Iterator[Seen]:
        for found in self.run.evidence.measurements.measurements:
            name = self.words(f"quantity.{found.quantity}")
            yield self._seen(
                found.quantity if found.watch is None else f"{found.quantity} {found.watch}",
                kind="measurement",
                title=name if found.watch is None else self.words("labelled", label=name, value=found.watch),
                description=self._measured(found),
                lines=found.lines,
                props=properties(
                    quantity=found.quantity,
                    unit="microseconds" if found.unit == "us" else found.unit,
                    lower=found.value.lower,
                    upper="unbounded" if found.value.upper is None else found.value.upper,
                    objective=found.objective,
                    met=found.met,
                    basis=found.basis,
                    watch=found.watch,
                ),
            )

    def _measured(self, found: Measurement) -> str:
        value = self.typography.interval(found.value, unit=found.unit)
        meaning = self.words.meaning(found)
        if found.objective is None:
            return f"{value} ({meaning})."
        result = self.words(f"met.{_met(found.met)}")
        objective = self.words("report.objective")
        written = self.typography.exactly(found.objective) if found.unit == "us" else str(found.objective)
        return (
            f"{value} ({meaning}){self.typography.semicolon}{objective} {written}{self.typography.semicolon}{result}."
        )

    def _checks(self) -> Iterator[Seen]:
        for check in self.run.evidence.measurements.checks:
            yield self._seen(
                check.check,
                kind="check",
                title=self._step_title(check.check),
                description=self._checked(check),
                lines=check.lines,
                props=properties(
                    check=check.check,
                    outcome=check.outcome,
                    severity=check.severity,
                    can_fail="unknown" if check.can_fail is None else check.can_fail,
                    observed=_pairs(check.observed),
                    expected=_pairs(check.expected),
                ),
            )

    def _checked(self, check: CheckResult) -> str:
        proof = {True: "proved", False: "cannot-fail", None: "missing"}[check.can_fail]
        sentence = self.words(f"proof.{proof}", reason=check.self_test_reason)
        why = f" ({check.reason})" if check.reason else ""
        return f"{self.words(f'outcome.{check.outcome}')}{why}. {sentence}"

    def _step_title(self, step: str) -> str:
        found = next((one for one in self.run.evidence.plan.drill.steps if one.id == step), None)
        return found.title.within(self.words.language) if found and found.title else step

    def _watches(self) -> Iterator[Seen]:
        for watch in self.run.evidence.watches:
            yield self._watch(watch)
        canary = self.run.evidence.canary
        if canary is not None:
            yield self._canary(canary)

    def _watch(self, watch: WatchSummary) -> Seen:
        sentence = self.words(
            "timeline.watch",
            watch=watch.watch,
            samples=self.typography.count(watch.samples),
            every=self.typography.exactly(watch.every_us),
            failures=self.typography.count(watch.failures),
            late=self.typography.count(watch.late),
        )
        props = properties(
            watch=watch.watch,
            every_microseconds=watch.every_us,
            samples=watch.samples,
            failures=watch.failures,
            late=watch.late,
        )
        title = self.words("export.oscal.watch", watch=watch.watch)
        return self._seen(watch.watch, kind="watch", title=title, description=sentence, lines=(), props=props)

    def _canary(self, canary: CanarySummary) -> Seen:
        acknowledged = self.typography.count(canary.acknowledged)
        return self._seen(
            "canary",
            kind="canary",
            title=self.words("report.commits"),
            description=self.words(
                "export.oscal.canary", sent=self.typography.count(canary.sent), acknowledged=acknowledged
            ),
            lines=(),
            props=properties(
                sent=canary.sent,
                acknowledged=canary.acknowledged,
                read_back=canary.survivors is not None,
                empty_before="unknown" if canary.empty_before is None else canary.empty_before,
            ),
        )

    def _guard(self) -> Iterator[Seen]:
        for found in self.run.evidence.guard:
            event = found.event
            answer = self.words("guard-text.ok" if event.ok else "guard-text.failed")
            detail = f" ({event.detail})" if event.detail else ""
            yield self._seen(
                event.subject,
                kind=f"guard-{found.line}",
                title=self.words(f"guard-check.{event.check}"),
                description=self.words("labelled", label=event.subject, value=f"{answer}{detail}"),
                lines=(found.line,),
                props=properties(guard_check=event.check, subject=event.subject, ok=event.ok),
                method="EXAMINE",
            )

    def _clocks(self) -> Iterator[Seen]:
        for found in self.run.evidence.clocks:
            event = found.event
            offset, error = self.typography.signed(event.offset_us), self.typography.signed(event.error_us)
            yield self._seen(
                event.host,
                kind=f"clock-{found.line}",
                title=self.words("export.oscal.clock", host=event.host),
                description=self.words(
                    "labelled",
                    label=self.words(f"moment-word.{event.moment}"),
                    value=f"{offset} (± {error.lstrip('+')})",
                ),
                lines=(found.line,),
                props=properties(
                    host=event.host, offset_microseconds=event.offset_us, error_microseconds=event.error_us
                ),
            )

    def _recovery_point(self) -> Iterator[Seen]:
        found = self.run.evidence.recovery_point
        if found is not None:
            event = found.event
            yield self._seen(
                event.id,
                kind="recovery-point",
                title=self.words("report.recovery-point"),
                description=self.words("point.same" if event.matches else "point.changed"),
                lines=(found.line,),
                props=properties(point=event.id, matches=event.matches, manifest_sha256=event.manifest_sha256),
                method="EXAMINE",
            )

    def _seen(
        self,
        subject: str,
        *,
        kind: str,
        title: str,
        description: str,
        lines: Lines,
        props: list[Json],
        method: str = "TEST",
    ) -> Seen:
        run = self.run.run_id
        body = {
            "uuid": identify(run, kind, subject),
            "title": line(title),
            "description": line(description),
            "props": [*props, *properties(journal_lines=" ".join(map(str, lines)))],
            "methods": [method],
            "origins": [{"actors": [{"type": "tool", "actor-uuid": self.tool}]}],
            "subjects": [
                {"subject-uuid": identify(run, "host", name), "type": "inventory-item", "title": line(name)}
                for name in self._about(subject)
            ],
            "relevant-evidence": [
                {"href": f"#{identify(run, 'file', JOURNAL)}", "description": self._where(lines)},
            ],
            "collected": instant(self.run.moment(lines)),
        }
        return Seen(kind=kind, subject=subject, lines=lines, body=without_empty(body))

    def _about(self, subject: str) -> tuple[str, ...]:
        """The host that is the subject; where the subject is no host, every host of the plan."""
        names = tuple(host.name for host in self.run.evidence.plan.hosts)
        return (subject,) if subject in names else names

    def _where(self, lines: Lines) -> str:
        if not lines:
            return self.words("export.oscal.journal")
        key = "export.oscal.line" if len(lines) == 1 else "export.oscal.lines"
        return self.words(key, lines=", ".join(map(str, lines)))


def _met(met: bool | None) -> str:
    return {True: "met", False: "missed", None: "unknown"}[met]


def _pairs(values: Values) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items())
