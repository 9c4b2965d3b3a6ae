"""What the project has come to: its register, runs that were not finished, who holds what, known hosts."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from orchestrator.adapters.ssh.known_hosts import known_fingerprint
from orchestrator.app.answering import is_under_way
from orchestrator.app.checking import check_choices
from orchestrator.app.doctor.answers import Answer, doubtful, good, wrong
from orchestrator.app.register import view_register
from orchestrator.app.runs import RunSummary, list_unsealed
from orchestrator.app.workplace import Workplace
from orchestrator.errors import EvidenceError, RepriseError
from orchestrator.locks import is_held
from orchestrator.project import Project
from reports.register.directory import RegisterDirectory

AREA = "project"


def examine_state(workplace: Workplace, *, now: datetime) -> Iterator[Answer]:
    """Everything that the project has come to."""
    project = workplace.project
    for choice in check_choices(project):
        hint = "see docs/reference/project.md"
        subject = f"{choice.drill}: {choice.subject}"
        yield good(AREA, subject) if choice.ok else wrong(AREA, subject, choice.detail, hint=hint)
    yield from _hosts(workplace)
    yield from _register(project, now=now)
    yield from _runs(project)
    yield from _locks(project)


def _hosts(workplace: Workplace) -> Iterator[Answer]:
    """Of those that drills may touch; whether they answer is what `reprise check` asks."""
    project = workplace.project
    try:
        groups = set(project.definition.staging.groups)
        staging = [host for host in workplace.inventory.hosts if groups & {host.name, *host.groups}]
        known = {
            host.name: known_fingerprint(project.known_hosts, address=host.address, port=host.port) for host in staging
        }
    except RepriseError as error:
        yield wrong(AREA, "inventory", str(error), hint=error.hint or "see inventory: in reprise.yml")
        return
    unknown = sorted(name for name, key in known.items() if key is None)
    if unknown:
        hint = f"compare the host's own key, then put it into {project.known_hosts}"
        yield wrong(AREA, "known hosts", f"no key is known of {', '.join(unknown)}", hint=hint)
    elif not known and not project.definition.people:
        hint = "put the staging hosts into a group of staging: groups"
        yield doubtful(AREA, "known hosts", "the inventory has no staging host", hint=hint)
    else:
        yield good(AREA, "known hosts", f"of {len(known)} staging hosts")
    several = "{host}" in project.definition.marker.path
    yield good(AREA, "marker", f"{project.definition.marker.path}{', one for each host' if several else ''}")


def _register(project: Project, *, now: datetime) -> Iterator[Answer]:
    directory = RegisterDirectory(project.register)
    if not directory.log.exists() and not directory.checkpoint.exists():
        yield doubtful(AREA, "register", "there is none yet", hint="it begins with the first drill, run or planned")
        return
    try:
        view = view_register(project)
        entries = view.entries()
    except RepriseError as error:
        yield wrong(AREA, "register", str(error), hint=error.hint or "`reprise register verify`")
        return
    last = entries[-1].at if entries else now
    if last > now:
        hint = "set this machine's clock right before anything else is entered"
        yield wrong(AREA, "register", f"its last entry is of {last:%Y-%m-%dT%H:%M:%SZ}: the clock went back", hint=hint)
        return
    yield good(AREA, "register", f"{len(entries)} entries, signed for; the last {(now - last).days} days ago")
    if project.definition.signing.timestamp is not None and view.pending:
        detail = f"{len(view.pending)} checkpoints bear no time-stamp"
        yield doubtful(AREA, "register", detail, hint="`reprise register stamp`")


def _runs(project: Project) -> Iterator[Answer]:
    unsealed = list_unsealed(project)
    yield from (_unfinished(project, summary) for summary in unsealed)
    drafts = sorted(path.name for path in project.runs.glob(".*.part"))
    if drafts:
        hint = "where no `reprise run` begins now, remove them: nothing was done"
        yield doubtful(AREA, "runs", f"never begun: {', '.join(drafts)}", hint=hint)
    going = sorted(path.name for path in project.runs.glob(".*.removed"))
    if going:
        yield doubtful(AREA, "runs", f"half removed: {', '.join(going)}", hint="`reprise prune --yes` goes on")
    if not (unsealed or drafts or going):
        yield good(AREA, "runs", "every one is finished and sealed")


def _unfinished(project: Project, summary: RunSummary) -> Answer:
    if summary.finished:
        return doubtful(AREA, summary.run_id, "it ended, and is not sealed", hint=f"`reprise seal {summary.run_id}`")
    try:
        plan = summary.directory.read_plan()
    except EvidenceError as error:
        return wrong(AREA, summary.run_id, str(error), hint="look at it: a run has a plan from its first instant")
    if is_under_way(project, plan.run_id, targets=(host.name for host in plan.hosts)):
        return good(AREA, summary.run_id, "it is under way: its targets are held")
    hint = "`reprise recover` cleans its targets up and seals it"
    return wrong(AREA, summary.run_id, "it was interrupted: its targets may not be clean", hint=hint)


def _locks(project: Project) -> Iterator[Answer]:
    """A lock of a process that died is nobody's: the kernel gave it back."""
    files = sorted(project.locks.glob("*.lock")) if project.locks.is_dir() else []
    held = [file for file in files if is_held(file.stem, directory=project.locks)]
    for file in held:
        yield good(AREA, f"lock of {file.stem}", f"held by {_holder(file)}")
    if not held:
        yield good(AREA, "locks", "nobody holds one")


def _holder(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")[:200] or "somebody"
    except OSError:
        return "somebody"
