"""One attempt at one step: written down, done within its time, observed, written down again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.core.events import Event, PlaybookFinished, ProbeAnswered, StepFinished, StepStarted, Values
from orchestrator.core.expect import Decision, decide_step
from orchestrator.core.model import Outcome, Scalar
from orchestrator.core.plan import Plan, RecoveryPoint
from orchestrator.core.playbook import playbook_outcome
from orchestrator.core.ports import Answer, JournalWriter, PlaybookAct, PlaybookMode, Stop
from orchestrator.core.step_definition import PersonStep, PlaybookStep, ProbeStep, Step
from orchestrator.engine.asking import ask_person
from orchestrator.engine.bench import Bench
from orchestrator.engine.time_limit import TimeLimit
from orchestrator.errors import RepriseError, StoreError

RETRY_PAUSE_US = 200_000
"""Between two attempts at a step: long enough not to hammer a service that is coming up, short against any RTO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Where the plan's content lies on this machine, and what the drill's names of connections stand for."""

    playbooks: Mapping[str, Path]
    roles: tuple[Path, ...]
    inventory: Path
    known_hosts: Path
    resolve: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Turns a question as the drill writes it (`dsn_env: SOURCE_DSN`) into one that a probe can ask."""
    samples: Path
    """The directory of the run's series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Does the steps of one plan."""

    plan: Plan
    bench: Bench
    content: Content
    seen: dict[str, Values]
    """What each probe step last saw, for `same-as`. Filled while prepare runs, read while verify does."""
    barred: tuple[str, ...] = ()
    """Who asked for the run and who ran it: separation of duties keeps them from answering."""
    taken: list[RecoveryPoint] = field(default_factory=list)
    """The backup that the drill had taken in prepare, once it is known."""

    def carry_out(self, step: Step, *, stop: Stop) -> Outcome:
        """Do a step, again where it failed and may be retried, and return its last outcome."""
        for attempt in range(1, step.retries + 2):
            outcome = self._attempt(step, attempt=attempt, stop=stop)
            if outcome is Outcome.OK or stop.requested:
                break
            if attempt <= step.retries:
                stop.wait(RETRY_PAUSE_US)
        return outcome

    def self_test(self, check: ProbeStep, *, stop: Stop) -> Outcome:
        """Ask a check where it must fail: what it is to find is not there yet."""
        return self._attempt(check, attempt=1, stop=stop, self_test=True)

    def check_playbook(self, step: PlaybookStep, *, stop: Stop) -> Decision:
        """What Ansible's `--check` says of a playbook; changes nothing."""
        limit = TimeLimit(parent=stop, clock=self.bench.clock, timeout_us=step.timeout)
        return self._play(step, attempt=1, stop=limit, mode=PlaybookMode.CHECK)

    def _attempt(self, step: Step, *, attempt: int, stop: Stop, self_test: bool = False) -> Outcome:
        self.bench.journal.append(StepStarted(step=step.id, attempt=attempt, self_test=self_test))
        limit = TimeLimit(parent=stop, clock=self.bench.clock, timeout_us=step.timeout)
        outcome, reason = self._decision(step, attempt=attempt, stop=limit, self_test=self_test)
        finished = StepFinished(
            step=step.id, attempt=attempt, self_test=self_test, outcome=outcome, reason=reason[:300]
        )
        self.bench.journal.append(finished)
        return outcome

    def _decision(self, step: Step, *, attempt: int, stop: TimeLimit, self_test: bool) -> Decision:
        try:
            if isinstance(step, PlaybookStep):
                return self._play(step, attempt=attempt, stop=stop)
            if isinstance(step, PersonStep):
                return ask_person(step, plan=self.plan, bench=self.bench, barred=self.barred, limit=stop)
            return self._ask(step, attempt=attempt, stop=stop, self_test=self_test)
        except StoreError:
            raise
        except RepriseError as error:
            return Outcome.UNKNOWN, str(error)

    def _play(
        self, step: PlaybookStep, *, attempt: int, stop: TimeLimit, mode: PlaybookMode = PlaybookMode.ACT
    ) -> Decision:
        recorder = _Recorder(journal=self.bench.journal)
        act = self._playbook_act(step, attempt=attempt, mode=mode)
        self.bench.playbooks.run(act, record=recorder.record, stop=stop)
        if recorder.fault is not None:
            raise recorder.fault
        if recorder.finished is None:
            return Outcome.UNKNOWN, "the playbook's end was not seen"
        outcome, reason = playbook_outcome(recorder.finished)
        return outcome, f"{reason} ({stop.reason})" if stop.requested and outcome is not Outcome.OK else reason

    def _playbook_act(self, step: PlaybookStep, *, attempt: int, mode: PlaybookMode) -> PlaybookAct:
        return PlaybookAct(
            run_id=self.plan.run_id,
            step=step,
            attempt=attempt,
            mode=mode,
            playbook=self.content.playbooks[step.playbook],
            roles=self.content.roles,
            inventory=self.content.inventory,
            known_hosts=self.content.known_hosts,
            hosts=self.plan.hosts,
            variables=run_variables(self.plan, taken=self.taken) | step.vars,
            aliases=self.plan.aliases,
        )

    def _ask(self, step: ProbeStep, *, attempt: int, stop: TimeLimit, self_test: bool) -> Decision:
        probe = self.bench.probes[step.probe]
        question = self.content.resolve(step.trial if self_test else step.with_)
        started_us = self.bench.clock.monotonic_us()
        answer = probe.ask(question, timeout_us=step.timeout, stop=stop)
        event = ProbeAnswered(
            step=step.id,
            attempt=attempt,
            self_test=self_test,
            answered=answer.answered,
            values=answer.values,
            fault=answer.fault[:300],
            started_us=started_us,
            finished_us=self.bench.clock.monotonic_us(),
        )
        self.bench.journal.append(event)
        return self._judged(step, event, answer)

    def _judged(self, step: ProbeStep, event: ProbeAnswered, answer: Answer) -> Decision:
        if not event.self_test and answer.answered:
            self.seen[step.id] = answer.values
        reference = self.seen.get(step.expect.same_as or "") if step.expect else None
        return decide_step(step, event, reference=reference)


def run_variables(plan: Plan, *, taken: Sequence[RecoveryPoint] = ()) -> dict[str, Scalar]:
    """What every playbook is told: what was chosen, the run, the boundary to be found on each host, what to restore.

    `recovery_point` is the first of the recovery points, `recovery_points` all of them, one on a line, oldest first.
    """
    points = [point.id for point in (*plan.pinned_points, *taken)]
    variables: dict[str, Scalar] = dict(plan.parameters) | {
        "reprise_run": plan.run_id,
        "reprise_project": plan.boundary.project,
        "reprise_group": plan.boundary.staging_groups[0] if plan.boundary.staging_groups else "",
        "reprise_groups": ",".join(plan.boundary.staging_groups),
        "reprise_marker": plan.boundary.marker_path,
        "reprise_production_endpoints": ",".join(plan.boundary.production_endpoints),
    }
    return variables | ({"recovery_point": points[0], "recovery_points": "\n".join(points)} if points else {})


class _Recorder:
    """Journals what a playbook's run observes. A full disk must not raise inside an adapter: it waits for us."""

    def __init__(self, *, journal: JournalWriter) -> None:
        self._journal = journal
        self.finished: PlaybookFinished | None = None
        self.fault: StoreError | None = None

    def record(self, event: Event) -> None:
        """Journal one event; `ports.Record`."""
        try:
            self._journal.append(event)
        except StoreError as error:
            self.fault = self.fault or error
        if isinstance(event, PlaybookFinished):
            self.finished = event
