"""One entry of each kind that a register can hold, chained, with every field given."""

from datetime import UTC, datetime, timedelta

from orchestrator.core.model import Verdict
from orchestrator.errors import ExitCode
from reports.register.entries import (
    GENESIS,
    Action,
    ActionState,
    Category,
    DrillEnded,
    DrillMissed,
    DrillPlanned,
    DrillStarted,
    DrillWaived,
    Ending,
    FilesRemoved,
    HoldPlaced,
    HoldReleased,
    RegisterEntry,
    RegisterEvent,
    RemovedFile,
    RunAnnotated,
    RunRenewed,
    RunSealed,
    Topic,
)

RUN = "20261123T020000Z-postgresql-restore-4f9c"
NOON = datetime(2026, 11, 23, 12, 0, 0, 250000, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://127.0.0.1/";"clic")'
_DRILL = {"drill": "postgresql-restore", "system": "dpi", "perimeters": (5, 6)}


def annotated(state: ActionState, *, text: str = "remplacer la sonde") -> RunAnnotated:
    """An annotation that tells of one corrective action."""
    action = Action(id="replace-probe", owner="équipe bases", due_on="2026-12-31", state=state)
    return RunAnnotated(run_id=RUN, topic=Topic.ACTION, by="RSSI", text=text, action=action)


EVENTS: tuple[RegisterEvent, ...] = (
    DrillPlanned(**_DRILL, due_at=NOON + timedelta(days=1)),
    DrillMissed(**_DRILL, due_at=NOON, reason="hôte en maintenance"),
    DrillWaived(**_DRILL, waived_by="DSI", reason="migration", until=NOON + timedelta(days=30)),
    DrillStarted(
        run_id=RUN,
        kind="backup-restore",
        targets=("primary", "target"),
        plan_sha256="a" * 64,
        requester=HOSTILE,
        reason="exercice trimestriel",
        change="CHG-2026-1181",
        retry_of="20261122T020000Z-postgresql-restore-1a2b",
        **_DRILL,
    ),
    DrillEnded(
        run_id=RUN,
        ending=Ending.REFUSED,
        verdict=Verdict.ABORTED,
        exit_code=ExitCode.REFUSED,
        plan_sha256="b" * 64,
        journal_length=117,
        journal_head="c" * 64,
        journal_sha256="d" * 64,
    ),
    RunSealed(run_id=RUN, attestation_sha256="e" * 64),
    RunRenewed(run_id=RUN, report_sha256="f" * 64),
    annotated(ActionState.OPEN),
    annotated(ActionState.DONE, text="sonde remplacée"),
    HoldPlaced(run_id=RUN, by="service juridique", reason="réclamation 2026-17"),
    HoldReleased(run_id=RUN, hold=9, by="service juridique", reason="réclamation close"),
    FilesRemoved(
        run_id=RUN,
        category=Category.EVIDENCE,
        rule="hds",
        keep="P6Y",
        kept_since=NOON,
        reason="cycle de certification en cours et précédent",
        by="RSSI",
        files=(
            RemovedFile(path=f"runs/{RUN}/bundle.zip", sha256="1" * 64, size=312_000),
            RemovedFile(path=f"runs/{RUN}/evidence.json", sha256="2" * 64, size=48_000),
        ),
    ),
)


def chain(events: tuple[RegisterEvent, ...] = EVENTS) -> tuple[RegisterEntry, ...]:
    """The entries of these events, a minute apart."""
    entries: list[RegisterEntry] = []
    for seq, event in enumerate(events):
        prev = entries[-1].digest if entries else GENESIS
        entries.append(RegisterEntry(seq=seq, prev=prev, at=NOON + timedelta(minutes=seq), event=event))
    return tuple(entries)
