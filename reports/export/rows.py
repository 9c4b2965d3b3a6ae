"""What the tables hold: of the register its entries and actions, of sealed runs their figures and findings."""

from collections.abc import Iterable, Sequence
from datetime import date

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Record
from orchestrator.core.results import Finding, Measurement, Quantity
from reports.export.run import SealedRun
from reports.export.table import Cell, Table, TableName, seconds
from reports.register.entries import Action, RegisterEntry, RunAnnotated
from reports.words import Words

EVENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "type": ("type",),
    "run": ("run_id",),
    "drill": ("drill",),
    "kind": ("kind",),
    "system": ("system",),
    "perimeters": ("perimeters",),
    "due_at": ("due_at",),
    "until": ("until",),
    "ending": ("ending",),
    "verdict": ("verdict",),
    "exit_code": ("exit_code",),
    "person": ("requester", "waived_by", "by"),
    "topic": ("topic",),
    "text": ("reason", "text"),
    "change": ("change",),
    "retry_of": ("retry_of",),
    "targets": ("targets",),
    "plan_sha256": ("plan_sha256",),
    "journal_length": ("journal_length",),
    "journal_head": ("journal_head",),
    "journal_sha256": ("journal_sha256",),
    "attestation_sha256": ("attestation_sha256",),
    "report_sha256": ("report_sha256",),
    "hold": ("hold",),
    "category": ("category",),
    "rule": ("rule",),
    "keep": ("keep",),
    "kept_since": ("kept_since",),
    "files": ("files",),
}
"""A column of the register, and the fields of its events that go there: of each event at most one."""

_Told = tuple[RegisterEntry, RunAnnotated, Action]
"""An annotation that tells of an action, with its entry."""

ACTION_COLUMNS = ("action", "action_owner", "action_due_on", "action_state")
_RUN_COLUMNS = (
    "run",
    "drill",
    "title",
    "kind",
    "system",
    "perimeters",
    "data",
    "started_at",
    "ended_at",
    "duration_s",
    "verdict",
    "exit_code",
    "findings",
    "rto_lower_s",
    "rto_upper_s",
    "rto_objective_s",
    "rto_met",
    "rpo_lower_s",
    "rpo_upper_s",
    "rpo_objective_s",
    "rpo_met",
    "cleanup_failed",
    "person",
    "text",
    "change",
    "signer",
    "signature_level",
    "plan_sha256",
    "journal_sha256",
    "bundle_sha256",
)


def register_table(entries: Iterable[RegisterEntry]) -> Table:
    """Every entry of the register on a row, in the register's own order; nothing of an entry is left out."""
    columns = ("seq", "at", *EVENT_COLUMNS, *ACTION_COLUMNS, "prev", "entry_sha256")
    return Table(name=TableName.REGISTER, columns=columns, rows=tuple(_entry_row(entry) for entry in entries))


def runs_table(runs: Sequence[SealedRun], *, words: Words) -> Table:
    """One row for each run."""
    return Table(name=TableName.RUNS, columns=_RUN_COLUMNS, rows=tuple(_run_row(run, words=words) for run in runs))


def measurements_table(runs: Sequence[SealedRun]) -> Table:
    """One row for each quantity of each run. A quantity that has an objective and no value has a row without bounds."""
    columns = (
        "run",
        "drill",
        "system",
        "perimeters",
        "started_at",
        "verdict",
        "quantity",
        "unit",
        "lower",
        "upper",
        "objective",
        "met",
        "basis",
        "lines",
        "watch",
    )
    rows = (row for run in runs for row in _measurement_rows(run))
    return Table(name=TableName.MEASUREMENTS, columns=columns, rows=tuple(rows))


def findings_table(runs: Sequence[SealedRun], *, words: Words) -> Table:
    """One row for each reason of each verdict."""
    columns = ("run", "drill", "system", "started_at", "code", "subject", "weight", "finding", "detail", "lines")
    rows = (_finding_row(run, found, words=words) for run in runs for found in run.evidence.judgement.findings)
    return Table(name=TableName.FINDINGS, columns=columns, rows=tuple(rows))


def actions_table(entries: Iterable[RegisterEntry]) -> Table:
    """One row for each corrective action, as its last annotation leaves it, in the order in which they were decided."""
    columns = (
        "action",
        "run",
        "text",
        "action_owner",
        "action_due_on",
        "action_state",
        "opened_at",
        "at",
        "person",
        "seq",
    )
    told: dict[tuple[str, str], list[_Told]] = {}
    for entry in entries:
        if isinstance(entry.event, RunAnnotated) and entry.event.action:
            said = (entry, entry.event, entry.event.action)
            told.setdefault((entry.event.run_id, entry.event.action.id), []).append(said)
    return Table(name=TableName.ACTIONS, columns=columns, rows=tuple(_action_row(found) for found in told.values()))


def _entry_row(entry: RegisterEntry) -> tuple[Cell, ...]:
    told = [_told(entry.event, fields) for fields in EVENT_COLUMNS.values()]
    action = entry.event.action if isinstance(entry.event, RunAnnotated) else None
    acted = (action.id, action.owner, date.fromisoformat(action.due_on), action.state) if action else (None,) * 4
    return (entry.seq, entry.at, *told, *acted, entry.prev, entry.digest)


def _told(event: Record, fields: tuple[str, ...]) -> Cell:
    """The event's own field among these; a list as its members with a space between."""
    value = next((found for name in fields if (found := getattr(event, name, None)) is not None), None)
    return " ".join(map(str, value)) if isinstance(value, tuple) else value


def _run_row(run: SealedRun, *, words: Words) -> tuple[Cell, ...]:
    evidence = run.evidence
    drill, request = evidence.plan.drill, evidence.request.event if evidence.request else None
    return (
        run.run_id,
        drill.id,
        drill.title.within(words.language),
        drill.kind,
        drill.system,
        _perimeters(run),
        drill.data,
        evidence.journal.started_at,
        evidence.journal.ended_at,
        seconds(evidence.measurements.ended_us - evidence.measurements.origin_us),
        evidence.judgement.verdict,
        int(evidence.judgement.exit_code),
        len(evidence.judgement.findings),
        *_bounds(run, Quantity.RTO),
        *_bounds(run, Quantity.RPO),
        evidence.judgement.cleanup_failed,
        request.requester if request else None,
        request.reason if request else None,
        request.change if request else None,
        evidence.signature.signer,
        evidence.signature.level,
        evidence.plan_sha256,
        evidence.journal.sha256,
        sha256(run.bundle),
    )


def _bounds(run: SealedRun, quantity: Quantity) -> tuple[Cell, ...]:
    """Lower and upper bound, objective (all in seconds) and whether it was met."""
    found, objective = run.evidence.measurements.quantity(quantity), _objective(run, quantity)
    if found is None:
        return (None, None, seconds(objective), None)
    return (seconds(found.value.lower), seconds(found.value.upper), seconds(objective), found.met)


def _objective(run: SealedRun, quantity: Quantity) -> int | None:
    objectives = run.evidence.plan.drill.objectives
    return {Quantity.RTO: objectives.rto, Quantity.RPO: objectives.rpo}.get(quantity)


def _measurement_rows(run: SealedRun) -> Iterable[tuple[Cell, ...]]:
    about = (*_about(run), run.evidence.judgement.verdict)
    for quantity in Quantity:
        found = [one for one in run.evidence.measurements.measurements if one.quantity is quantity]
        yield from ((*about, quantity, *_measured(one)) for one in found)
        if not found and (objective := _objective(run, quantity)) is not None:
            yield (*about, quantity, "s", None, None, seconds(objective), None, None, None, None)


def _measured(found: Measurement) -> tuple[Cell, ...]:
    numbers = (found.value.lower, found.value.upper, found.objective)
    lines = " ".join(map(str, found.lines))
    if found.unit == "us":
        return ("s", *map(seconds, numbers), found.met, found.basis, lines, found.watch)
    return (found.unit, *numbers, found.met, found.basis, lines, found.watch)


def _about(run: SealedRun) -> tuple[Cell, ...]:
    drill = run.evidence.plan.drill
    return (run.run_id, drill.id, drill.system, _perimeters(run), run.evidence.journal.started_at)


def _perimeters(run: SealedRun) -> str:
    return " ".join(map(str, run.evidence.plan.drill.perimeters))


def _finding_row(run: SealedRun, found: Finding, *, words: Words) -> tuple[Cell, ...]:
    drill = run.evidence.plan.drill
    return (
        run.run_id,
        drill.id,
        drill.system,
        run.evidence.journal.started_at,
        found.code,
        found.subject,
        found.weight,
        words(f"finding.{found.code}", subject=found.subject),
        found.detail,
        " ".join(map(str, found.lines)),
    )


def _action_row(told: list[_Told]) -> tuple[Cell, ...]:
    opened = told[0][0]
    last, event, action = told[-1]
    due_on = date.fromisoformat(action.due_on)
    state = (action.id, event.run_id, event.text, action.owner, due_on, action.state)
    return (*state, opened.at, last.at, event.by, last.seq)
