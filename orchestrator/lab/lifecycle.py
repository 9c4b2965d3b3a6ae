"""Brings the lab up and down. Everything it makes lies in one state directory."""

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import LabError
from orchestrator.lab.account import account_name, ensure_account, give_directories
from orchestrator.lab.layout import Layout, build_layout, chosen_file
from orchestrator.lab.namespaces import find_namespaces
from orchestrator.lab.playbook import build
from orchestrator.lab.ports import check_ports
from orchestrator.lab.processes import end_processes, is_postmaster, lab_processes, operator_connections, send
from orchestrator.lab.project import write_file, write_project
from orchestrator.lab.status import LabStatus, look
from orchestrator.lab.tools import Tools, find_tools
from orchestrator.lab.variables import guard_variables, lab_variables
from orchestrator.locks import locked
from orchestrator.plugins import bundled_content
from orchestrator.project import locks_of

_SECONDS_FOR_A_SHUTDOWN = 15


def default_state() -> Path:
    """Where the lab's state is unless somebody says otherwise. Root's home is closed to the hosts' account."""
    if os.geteuid() == 0:
        return Path("/var/lib/reprise-lab")
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base, "reprise", "lab")


def up(*, state: Path, data_megabytes: int, say: Callable[[str], None], stacks: Iterable[str] = ()) -> LabStatus:
    """Bring the lab up, from nothing or from whatever is left of it; return at once when it is up already.

    Args:
        state: Directory that holds, or will hold, all of the lab.
        data_megabytes: Size of the synthetic data, in megabytes (10^6 bytes). A lab that has data keeps it.
        say: Called with a line for a person, as things happen.
        stacks: Names of what the lab shall have beside PostgreSQL and what it has already.

    Raises:
        LabError: Something is missing or in the way.
        LockedError: It needs repair, and a drill is using it: what looks broken may be what the drill broke.
    """
    layout = _layout_of(state, stacks=stacks)
    tools, playbooks = find_tools(layout.stacks), bundled_content() / "playbooks"
    digest = _digest(playbooks=playbooks, tools=tools)
    found = look(layout)
    if not (found.healthy and _is_built_from(digest, layout=layout)):
        with _to_ourselves(layout, command="up"):
            check_ports(layout=layout, found=found)
            _build(layout=layout, tools=tools, playbooks=playbooks, data_megabytes=data_megabytes, say=say)
            write_file(path=layout.built, text=digest)
            found = _require_healthy(look(layout))
    _compare_size(layout=layout, asked=data_megabytes, say=say)
    return found


def down(*, state: Path, say: Callable[[str], None], purge: bool = False) -> LabStatus:
    """End every process of the lab and prove it. The data stays, unless everything is purged.

    Raises:
        LabError: Something would not end.
        LockedError: A drill is using it.
    """
    layout = _layout_of(state)
    with _to_ourselves(layout, command="down"):
        _end_everything(layout=layout, say=say)
        if purge:
            # The locks go too, while they are held: whoever opens them anew finds no lab to use.
            _purge(layout=layout, say=say)
    return look(layout)


def status(*, state: Path) -> LabStatus:
    """What the lab does now. A lab that never was is one where nothing runs."""
    return look(_layout_of(state))


@contextmanager
def _to_ourselves(layout: Layout, *, command: str) -> Iterator[None]:
    """Hold every host as a drill does that runs in the lab's project. Where there is no project, no drill can."""
    if not layout.project.is_dir():
        yield
        return
    names, holder = [host.name for host in layout.hosts], f"`reprise lab {command}` (process {os.getpid()})"
    with locked(names, directory=locks_of(layout.project), holder=holder):
        yield


def _end_everything(*, layout: Layout, say: Callable[[str], None]) -> None:
    _stop_databases(layout=layout, say=say)
    say("ending what runs on the hosts")
    left = end_processes(lambda: lab_processes(layout), patience_seconds=3)
    # The shared connections of operators end by themselves when the other side does.
    left += end_processes(lambda: operator_connections(layout), patience_seconds=2)
    if left:
        raise LabError(f"processes of the lab do not end: {', '.join(f'{one.name} ({one.pid})' for one in left)}")


def _layout_of(state: Path, *, stacks: Iterable[str] = ()) -> Layout:
    """The lab on paper, with the stacks that it has and those that are asked for."""
    chosen = (*_chosen(state.resolve()), *stacks)
    layout = build_layout(state=state.resolve(), user=account_name(), stacks=chosen)
    parents = (path for path in (layout.hosts_directory, layout.state) if os.access(path, os.F_OK))
    if not all(os.access(path, os.R_OK | os.X_OK) for path in parents):
        raise LabError(f"the lab in {state} belongs to another user", hint="name a state directory of your own")
    return layout


def _chosen(state: Path) -> tuple[str, ...]:
    try:
        return tuple(chosen_file(state).read_text(encoding="utf-8").split())
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # of a lab of somebody else more is said below
        return ()


def _digest(*, playbooks: Path, tools: Tools) -> str:
    """What a lab is built from, so that a newer release of the product brings an older lab up to date."""
    hashed = hashlib.sha256(repr(tools).encode())
    for path in sorted(path for path in (playbooks / "lab").rglob("*") if path.is_file()):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _is_built_from(digest: str, *, layout: Layout) -> bool:
    return layout.built.is_file() and layout.built.read_text(encoding="utf-8") == digest


def _build(*, layout: Layout, tools: Tools, playbooks: Path, data_megabytes: int, say: Callable[[str], None]) -> None:
    account = ensure_account()
    wired = any(stack.wired for stack in layout.stacks)
    namespaces = find_namespaces(account=account, tools=tools) if wired else None
    give_directories(layout=layout, account=account)
    write_file(path=layout.chosen, text="".join(f"{stack.name}\n" for stack in layout.stacks))
    lab = lab_variables(
        layout=layout, tools=tools, account=account, data_megabytes=data_megabytes, namespaces=namespaces
    )
    templates = playbooks / "lab" / "templates"
    renewed = write_project(layout=layout, templates=templates, lab=lab, ssh_keygen=tools.ssh_keygen)
    build(
        playbooks=playbooks,
        inventory=layout.project / "inventory" / "lab.yml",
        variables={**guard_variables(layout), "lab": {**lab, "new_passwords": renewed}},
        log=layout.state / "up.log",
        ssh=tools.ssh,
        say=say,
    )


def _require_healthy(found: LabStatus) -> LabStatus:
    if not found.healthy:
        hosts = (f"{one.name}: sshd {'up' if one.sshd else 'down'}, service {one.service}" for one in found.hosts)
        raise LabError(f"the lab was built but is not healthy ({'; '.join(hosts)})")
    return found


def _compare_size(*, layout: Layout, asked: int, say: Callable[[str], None]) -> None:
    there = layout.data_megabytes(layout.provisioned.read_text(encoding="utf-8"))
    if there != asked:
        say(f"the lab keeps its {there} MB of data; for {asked} MB, purge it first (reprise lab down --purge)")


def _stop_databases(*, layout: Layout, say: Callable[[str], None]) -> None:
    """Ask each PostgreSQL for a fast shutdown first, while sshd still runs: it archives its last WAL before it ends."""
    databases = [process for process in lab_processes(layout) if is_postmaster(process.pid)]
    if not databases:
        return
    say("stopping PostgreSQL")
    send(databases, signal.SIGINT)
    deadline = time.monotonic() + _SECONDS_FOR_A_SHUTDOWN
    while time.monotonic() < deadline and any(is_postmaster(process.pid) for process in databases):
        time.sleep(0.05)


def _purge(*, layout: Layout, say: Callable[[str], None]) -> None:
    """Remove the state. Its path came from a person: what does not look like a lab stays."""
    if not layout.state.exists():
        return
    if not layout.hosts_directory.is_dir():
        raise LabError(f"{layout.state} does not look like the state of a lab: nothing was removed")
    say(f"removing {layout.state}")
    shutil.rmtree(layout.state)
