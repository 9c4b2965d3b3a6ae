"""Removes what was kept for long enough: entered in the register first, file by file, then removed; and goes on where
it was stopped. What is decided is `reports.removal`'s.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.app.programme import check_texts, required
from orchestrator.app.removing import is_left, remove_entered
from orchestrator.app.surveying import survey_run, survey_runs
from orchestrator.app.trust import anchors
from orchestrator.app.workplace import Workplace
from orchestrator.errors import EvidenceError
from orchestrator.locks import locked
from orchestrator.project import Project
from reports.dossier.archived import archived_runs
from reports.dossier.chronicle import Chronicle
from reports.dossier.layout import DOSSIER_ZIP
from reports.keys import load_certificates
from reports.register.entries import FilesRemoved, RegisterEntry
from reports.register.log import RegisterLog
from reports.removal import Ledger, Removable, Retained, build_ledger, decide

_LOCK = "register-prune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What can be removed, what is kept and why, and what an earlier removal left. `notes`: audit files not counted."""

    removable: tuple[Removable, ...]
    retained: tuple[Retained, ...]
    unfinished: tuple[FilesRemoved, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed, and where that is entered. `left`: files that were not what was entered any more, and stay."""

    entries: tuple[int, ...]
    files: int
    size: int
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Archived:
    """The runs that are in audit files whose seal is known; and why other audit files do not count."""

    runs: Mapping[str, frozenset[str]]
    notes: tuple[str, ...]


def plan_pruning(workplace: Workplace, entries: Sequence[RegisterEntry], *, dossiers: Sequence[Path] = ()) -> Pruning:
    """Decide what could be removed now. Removes and enters nothing.

    Args:
        workplace: The project.
        entries: Of its register.
        dossiers: Directories of audit files that are kept elsewhere than in `dossiers/`.
    """
    return _plan(workplace, entries, archived=_archived_by_run(workplace.project, dossiers))


def prune(workplace: Workplace, register: RegisterLog, *, by: str, dossiers: Sequence[Path] = ()) -> Pruned:
    """Finish what an earlier call left, then enter and remove what was kept for long enough, run by run.

    Args:
        workplace: The project.
        register: Opened for writing.
        by: Who removes it.
        dossiers: As of `plan_pruning`.

    Raises:
        EvidenceError: The name holds what evidence must not hold.
        LockedError: Somebody else removes now.
        StoreError: A file cannot be removed, or the register not written. What was entered and is still there goes with
            the next call.
    """
    by = required(by, option="--by")
    check_texts(workplace, {"--by": by})
    project = workplace.project
    with locked([_LOCK], directory=project.locks, holder=f"`reprise prune` (process {os.getpid()})"):
        register.refresh()
        # Every audit file is verified once: that is what takes long here.
        archived = _archived_by_run(project, dossiers)
        planned = _plan(workplace, register.entries(), archived=archived)
        left = [name for event in planned.unfinished for name in remove_entered(project, event)]
        done, entered = list(planned.unfinished), list[int]()
        for one in planned.removable:
            if not _is_still(workplace, register, one, archived=archived.runs):
                continue
            event = _event(one, by=by)
            entered.append(register.append([event])[0].seq)
            left += remove_entered(project, event)
            done.append(event)
    return _pruned(done, entered=entered, left=left)


def _plan(workplace: Workplace, entries: Sequence[RegisterEntry], *, archived: _Archived) -> Pruning:
    project, now = workplace.project, workplace.clock.now()
    chronicle = Chronicle(entries)
    ledger = build_ledger(chronicle, archived=archived.runs, now=now)
    rules = project.definition.retention
    answers = [one for run in survey_runs(project) for one in decide(run, rules, ledger=ledger, now=now)]
    return Pruning(
        removable=tuple(one for one in answers if isinstance(one, Removable)),
        retained=tuple(one for one in answers if isinstance(one, Retained)),
        unfinished=tuple(_unfinished(project, chronicle, ledger)),
        notes=archived.notes,
    )


def _is_still(
    workplace: Workplace, register: RegisterLog, one: Removable, *, archived: Mapping[str, frozenset[str]]
) -> bool:
    """Somebody may have placed a hold, opened an action or added a file since it was decided."""
    register.refresh()
    project, now = workplace.project, workplace.clock.now()
    ledger = build_ledger(Chronicle(register.entries()), archived=archived, now=now)
    survey = survey_run(project, project.runs / one.run_id)
    return one in decide(survey, project.definition.retention, ledger=ledger, now=now)


def _pruned(done: Sequence[FilesRemoved], *, entered: Sequence[int], left: Sequence[str]) -> Pruned:
    gone = [file for event in done for file in event.files if file.path not in left]
    size = sum(file.size for file in gone)
    return Pruned(entries=tuple(entered), files=len(gone), size=size, left=tuple(left))


def _event(one: Removable, *, by: str) -> FilesRemoved:
    return FilesRemoved(
        run_id=one.run_id,
        category=one.category,
        rule=one.rule.rule,
        keep=one.keep,
        kept_since=one.since,
        reason=one.rule.reason,
        by=by,
        files=one.files,
    )


def _unfinished(project: Project, chronicle: Chronicle, ledger: Ledger) -> Iterator[FilesRemoved]:
    """What was entered and is there still, but for what somebody holds since."""
    for one in chronicle.of(FilesRemoved):
        if is_left(project, one.event) and not ledger.holds.of(one.event.run_id):
            yield one.event


def _archived_by_run(project: Project, elsewhere: Sequence[Path]) -> _Archived:
    found: dict[str, frozenset[str]] = {}
    notes = []
    certificates = (*load_certificates(project.certificate), *anchors(project))
    own = sorted(path.parent for path in project.dossiers.glob(f"*/{DOSSIER_ZIP}"))
    for directory in (*own, *elsewhere):
        try:
            held = archived_runs(directory, certificates=certificates)
        except EvidenceError as error:
            notes.append(f"{directory}: it does not count as an audit file: {error}")
            continue
        for run_id, digest in held.items():
            found[run_id] = found.get(run_id, frozenset()) | {digest}
    return _Archived(runs=found, notes=tuple(notes))
