"""A whole run, from the guard to the last line of the journal. Cleanup happens however the rest ended."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace

from orchestrator.core.events import RunFinished, RunStarted, StopRequested
from orchestrator.core.model import Outcome, Phase
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Stop
from orchestrator.core.step_definition import Step
from orchestrator.engine.act import Actor, Content
from orchestrator.engine.bench import Bench
from orchestrator.engine.best_effort import BestEffortJournal
from orchestrator.engine.guarding import ask_guard, measure_clocks
from orchestrator.engine.observing import Observation, observing
from orchestrator.engine.phases import finish_phase, run_phase
from orchestrator.engine.restorable import recovery_point_is_taken, recovery_points_hold
from orchestrator.engine.self_test import self_tests_fail
from orchestrator.errors import RepriseError, StoreError, UncleanError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asked for the run and who runs it, why, under which change; on which boot of this machine."""

    requester: str
    reason: str
    change: str
    boot_id: str
    account: str = ""
    """Of whoever gave the command. Kept from answering where a step separates duties; the journal says so there."""

    @property
    def barred(self) -> tuple[str, ...]:
        """Who may not answer where a step separates duties."""
        return tuple(sorted({self.requester, self.account} - {""}))


def execute(plan: Plan, *, request: Request, bench: Bench, content: Content, stop: Stop, cleanup_stop: Stop) -> None:
    """Carry out a plan to the end of its journal.

    Args:
        plan: The sealed plan; its digest is the journal's genesis.
        request: Goes into the first event.
        bench: Everything that is acted through.
        content: Where the plan's files are.
        stop: Ends the drill: no step begins any more, those under way are stopped, and cleanup begins.
        cleanup_stop: Ends even the cleanup. What is then left is the job of `reprise recover`.

    Raises:
        StoreError: The journal could not be written. What had been touched has been cleaned up.
        UncleanError: `cleanup_stop` was requested. The journal has no last line, so that `reprise recover` finds it.
    """
    bench.journal.append(_started(plan, request))
    if ask_guard(plan, bench=bench).allowed:
        actor = Actor(plan=plan, bench=bench, content=content, seen={}, barred=request.barred)
        _Run(actor=actor, stop=stop, cleanup_stop=cleanup_stop, done={}).to_the_end()
        if cleanup_stop.requested:
            raise unclean(plan)
    bench.journal.append(RunFinished())


def _started(plan: Plan, request: Request) -> RunStarted:
    return RunStarted(
        run_id=plan.run_id,
        plan_sha256=plan.digest,
        requester=request.requester,
        reason=request.reason,
        change=request.change,
        boot_id=request.boot_id,
    )


def unclean(plan: Plan) -> UncleanError:
    """What is said of a run that was stopped while its targets were being cleaned up."""
    hint = "`reprise recover` cleans them up and seals the run"
    return UncleanError(f"{plan.run_id}: stopped before its targets were cleaned up", hint=hint)


def clean_up(actor: Actor, *, stop: Stop, done: dict[str, Outcome]) -> None:
    """Do every cleanup step that can be done, even where the journal cannot be written any more.

    Raises:
        StoreError: The first failure to write, after everything was tried.
    """
    journal = BestEffortJournal(actor.bench.journal)
    cleaner = replace(actor, bench=replace(actor.bench, journal=journal))
    steps = actor.plan.drill.of_phase(Phase.CLEANUP)
    defects: list[Exception] = []

    def tried(step: Step) -> Outcome:
        try:
            return cleaner.carry_out(step, stop=stop)
        except Exception as error:  # noqa: BLE001 - a defect in one step must not keep the others from being tried
            defects.append(error)
            return Outcome.UNKNOWN

    run_phase(Phase.CLEANUP, steps, do=tried, journal=journal, stop=stop, done=done)
    finish_phase(Phase.CLEANUP, journal=journal)
    journal.raise_first_failure()
    for defect in defects[:1]:
        raise defect


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The middle of a run: everything that is not to be begun before the guard has said yes."""

    actor: Actor
    stop: Stop
    cleanup_stop: Stop
    done: dict[str, Outcome]

    def to_the_end(self) -> None:
        measure_clocks(self.actor.plan, bench=self.actor.bench, moment="before")
        with self._cleaned_up():
            if recovery_points_hold(self.actor.plan, bench=self.actor.bench):
                with observing(self.actor, stop=self.stop) as observation:
                    self._exercise(observation)
        measure_clocks(self.actor.plan, bench=self.actor.bench, moment="after")

    @contextmanager
    def _cleaned_up(self) -> Iterator[None]:
        try:
            yield
            if (reason := self.stop.reason) is not None:
                self.actor.bench.journal.append(StopRequested(reason=reason[:300]))
        except BaseException as error:
            # Whatever it is, even a defect of ours: what was broken on the target is put right before it goes on.
            foreseen = isinstance(error, RepriseError) and not isinstance(error, StoreError)
            words = str(error) if foreseen else f"{type(error).__name__}: the drill cannot go on"
            journal = BestEffortJournal(self.actor.bench.journal)
            journal.append(StopRequested(reason=words[:300]))
            # A journal that cannot be written is raised where nothing else is: no run ends well without it.
            with nullcontext() if foreseen else suppress(StoreError):
                clean_up(self.actor, stop=self.cleanup_stop, done=self.done)
            if not foreseen:
                raise
            journal.raise_first_failure()
            return
        clean_up(self.actor, stop=self.cleanup_stop, done=self.done)

    def _exercise(self, observation: Observation) -> None:
        ready = self._phase(Phase.PREPARE) and self._restorable() and self._tested(Phase.PREPARE)
        if not ready or not observation.lead():
            return
        if not self._phase(Phase.DISRUPT):
            return
        # After a disruption there is no way back but recovery: a self-test that passes is judged later.
        self._tested(Phase.DISRUPT)
        if self._phase(Phase.RECOVER):
            self._verify(observation)

    def _verify(self, observation: Observation) -> None:
        with observation.read_back():
            self._phase(Phase.VERIFY, finish=False)
        observation.settle()
        finish_phase(Phase.VERIFY, journal=self.actor.bench.journal)

    def _restorable(self) -> bool:
        return not self.stop.requested and recovery_point_is_taken(self.actor)

    def _tested(self, phase: Phase) -> bool:
        if phase is not self.actor.plan.drill.self_test_after or self.stop.requested:
            return not self.stop.requested
        return self_tests_fail(self.actor, stop=self.stop)

    def _phase(self, phase: Phase, *, finish: bool = True) -> bool:
        if self.stop.requested:
            return False
        journal = self.actor.bench.journal
        succeeded = run_phase(
            phase,
            self.actor.plan.drill.of_phase(phase),
            do=lambda step: self.actor.carry_out(step, stop=self.stop),
            journal=journal,
            stop=self.stop,
            done=self.done,
        )
        if finish:
            finish_phase(phase, journal=journal)
        return succeeded
