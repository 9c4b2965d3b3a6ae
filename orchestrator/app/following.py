"""Follows a run from its plan to its seal: logs what happens, and has those told who want to know.

For whoever runs or recovers: `planned`, then `told` with each line of the journal, then `seal`, and when all is done
`settle`. None of it changes what the run comes to, or raises what would not be raised without it; only `settle` waits,
and for a bounded time.
"""

import logging

from orchestrator.app.sealing import Seal, seal_run
from orchestrator.app.telling import Teller, Undelivered
from orchestrator.core.events import (
    Event,
    PersonAsked,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepFinished,
    StepStarted,
    StopRequested,
)
from orchestrator.core.journal import Entry
from orchestrator.core.model import Language, Outcome
from orchestrator.core.plan import Plan
from orchestrator.errors import RepriseError
from orchestrator.logbook import EventName, log_event
from orchestrator.store import RunDirectory
from reports.evidence import Evidence, parse_evidence
from reports.materials import Materials
from reports.seal import Sealed
from reports.telling.occasions import PersonAwaited, RunBegins, RunEnded, RunUnsealed, ending_names


class Follower:
    """Of one run."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._plan: Plan | None = None

    def planned(self, plan: Plan) -> None:
        """Follow the run of this plan."""
        self._plan = plan

    def told(self, entry: Entry) -> None:
        """Log one line of the journal, where it is one that is logged; have people told whom it asks.

        It is called while the drill goes on, so that it waits for nobody: another thread sends.
        """
        if self._plan is None:
            return
        _log(self._plan, entry.event)
        match entry.event:
            case RunStarted():
                self._teller.told(RunBegins(plan=self._plan))
            case PersonAsked() as asked:
                self._teller.told(PersonAwaited(plan=self._plan, asked=asked))
            case _:
                pass

    def seal(self, directory: RunDirectory, *, seal: Seal, language: Language | None, materials: Materials) -> Sealed:
        """Seal the run (see `seal_run`), and have told what it came to, or that it could not be sealed."""
        try:
            sealed = seal_run(directory, seal=seal, language=language, materials=materials)
        except RepriseError:
            self._unsealed(materials)
            raise
        self._sealed(parse_evidence(sealed.evidence.read_bytes()), report=sealed.report_pdf.name)
        return sealed

    def settle(self) -> tuple[Undelivered, ...]:
        """Wait until everything is told or given up, and return what was not."""
        return self._teller.settle()

    def _sealed(self, evidence: Evidence, *, report: str) -> None:
        judgement = evidence.judgement
        log_event(
            EventName.RUN_SEALED,
            level=logging.INFO if judgement.exit_code == 0 else logging.WARNING,
            run=evidence.run_id,
            drill=evidence.plan.drill.id,
            verdict=ending_names(judgement)[-1],
            cleanup_failed=judgement.cleanup_failed,
            exit_code=int(judgement.exit_code),
        )
        self._teller.told(RunEnded(evidence=evidence, report=f"runs/{evidence.run_id}/{report}"))

    def _unsealed(self, materials: Materials) -> None:
        plan, judgement = materials.plan, materials.compute()[1]
        verdict = ending_names(judgement)[-1]
        log_event(EventName.RUN_UNSEALED, level=logging.ERROR, run=plan.run_id, drill=plan.drill.id, verdict=verdict)
        self._teller.told(RunUnsealed(plan=plan, judgement=judgement))


def _log(plan: Plan, event: Event) -> None:
    run, drill = plan.run_id, plan.drill.id
    match event:
        case RunStarted():
            log_event(EventName.RUN_STARTED, run=run, drill=drill)
        case StepStarted():
            log_event(
                EventName.STEP_STARTED,
                run=run,
                drill=drill,
                step=event.step,
                attempt=event.attempt,
                self_test=event.self_test,
            )
        case StepFinished():
            expected = Outcome.FAILED if event.self_test else Outcome.OK
            log_event(
                EventName.STEP_FINISHED,
                level=logging.INFO if event.outcome is expected else logging.WARNING,
                run=run,
                drill=drill,
                step=event.step,
                attempt=event.attempt,
                self_test=event.self_test,
                outcome=event.outcome,
            )
        case PersonAsked():
            until = f"{event.until_at:%Y-%m-%dT%H:%M:%SZ}"
            roles = ",".join(event.roles)
            log_event(EventName.PERSON_ASKED, run=run, drill=drill, step=event.step, roles=roles, until=until)
        case StopRequested():
            log_event(EventName.STOP_REQUESTED, level=logging.WARNING, run=run, drill=drill)
        case RunInterrupted():
            log_event(EventName.RUN_INTERRUPTED, level=logging.WARNING, run=run, drill=drill)
        case RunFinished():
            log_event(EventName.RUN_FINISHED, run=run, drill=drill)
