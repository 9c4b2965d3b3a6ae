"""Legal hold: nothing of a run is removed for as long as one is in force. Entered in the register, never elsewhere."""

from orchestrator.app.annotations import known_run
from orchestrator.app.programme import check_texts, required
from orchestrator.app.workplace import Workplace
from orchestrator.errors import UsageError
from reports.dossier.chronicle import Chronicle
from reports.register.entries import HoldPlaced, HoldReleased, RegisterEntry
from reports.register.holds import holds_in_force
from reports.register.log import RegisterLog


def place_hold(workplace: Workplace, register: RegisterLog, *, run: str, by: str, reason: str) -> RegisterEntry:
    """Enter that nothing of a run may be removed.

    Raises:
        UsageError: The register does not know the run, or name or reason are missing.
        EvidenceError: Name or reason hold what evidence must not hold.
    """
    run_id = _run_id(register, run)
    by, reason = _checked(workplace, by=by, reason=reason)
    return register.append([HoldPlaced(run_id=run_id, by=by, reason=reason)])[0]


def release_hold(
    workplace: Workplace, register: RegisterLog, *, run: str, by: str, reason: str, entry: int | None
) -> RegisterEntry:
    """Enter that a hold ends. The others of the run, if there are any, go on.

    Args:
        workplace: The project.
        register: Opened for writing.
        run: A unique part of its name, or `latest`.
        by: Who releases it.
        reason: Why.
        entry: The number of the entry that placed it; None: the only one.

    Raises:
        UsageError: There is no such hold in force, or more than one and none is named.
        EvidenceError: Name or reason hold what evidence must not hold.
    """
    run_id = _run_id(register, run)
    by, reason = _checked(workplace, by=by, reason=reason)
    held = [hold.seq for hold in holds_in_force(register.entries()).of(run_id) if entry in (None, hold.seq)]
    if len(held) != 1:
        problem = "no such hold is in force" if not held else "more than one hold is in force"
        hint = f"name one with --entry: {', '.join(map(str, held))}" if held else "`reprise hold` lists them"
        raise UsageError(f"{run_id}: {problem}", hint=hint)
    return register.append([HoldReleased(run_id=run_id, hold=held[0], by=by, reason=reason)])[0]


def _run_id(register: RegisterLog, name: str) -> str:
    run = known_run(Chronicle(register.entries()), name)
    if run.started is None:
        raise UsageError(f"{name}: the register does not say that it was begun", hint="`reprise seal` enters it")
    return run.started.event.run_id


def _checked(workplace: Workplace, *, by: str, reason: str) -> tuple[str, str]:
    by, reason = required(by, option="--by"), required(reason, option="--reason")
    check_texts(workplace, {"--by": by, "--reason": reason})
    return by, reason
