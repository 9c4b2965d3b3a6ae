"""Follows a run from its plan to its seal: logs what happens, and has those told who want to know.

For whoever runs, recovers or seals: `planned`, then `told` with each line of the journal, then `sealed` or `unsealed`,
and when everything else is done `settle`. None of it raises or changes what the run comes to; only `settle` waits.
"""

import logging
from pathlib import Path

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
from orchestrator.core.model import Outcome
from orchestrator.core.plan import Plan
from orchestrator.core.results import Judgement
from orchestrator.logbook import EventName, log_event
from reports.evidence import parse_evidence
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

    def sealed(self, sealed: Sealed, *, root: Path) -> None:
        """Tell what a run came to. Call `settle` when everything else is done."""
        evidence = parse_evidence(sealed.evidence.read_bytes())
        judgement = evidence.judgement
        grave = judgement.cleanup_failed or judgement.exit_code != 0
        log_event(
            EventName.RUN_SEALED,
            level=logging.WARNING if grave else logging.INFO,
            run=evidence.run_id,
            drill=evidence.plan.drill.id,
            verdict=ending_names(judgement)[-1],
            cleanup_failed=judgement.cleanup_failed,
            exit_code=int(judgement.exit_code),
        )
        self._teller.told(RunEnded(evidence=evidence, report=str(sealed.report_pdf.relative_to(root))))

    def unsealed(self, plan: Plan, judgement: Judgement) -> None:
        """Tell that the evidence of a run could not be sealed."""
        verdict = ending_names(judgement)[-1]
        log_event(
            EventName.RUN_UNSEALED, level=logging.ERROR, run=plan.run_id, drill=plan.drill.id, verdict=str(verdict)
        )
        self._teller.told(RunUnsealed(plan=plan, judgement=judgement))

    def settle(self) -> tuple[Undelivered, ...]:
        """Wait until everything is told or given up, and return what was not."""
        return self._teller.settle()


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
