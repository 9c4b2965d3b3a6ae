"""Staging hosts before any drill: what each still lacks, the key that it answers with, and what writes its marker.

Nothing is changed on a host. A key is believed, and a marker written, only because a person did so for that host.
"""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import paramiko

from orchestrator.adapters.inventory import InventoryHost
from orchestrator.adapters.ssh import SshHostInspector
from orchestrator.adapters.ssh.known_hosts import add_known_key, fingerprint, known_key
from orchestrator.adapters.ssh.offered import offered_key
from orchestrator.app.planning import pin_host
from orchestrator.app.workplace import Workplace
from orchestrator.core.events import GuardObserved
from orchestrator.core.guard import screen_host
from orchestrator.errors import RefusedError, UnknownHostKeyError, UsageError
from orchestrator.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """A host of the inventory. Where it is in no staging group nothing is asked of it, and there are no answers."""

    name: str
    place: str
    staging: bool
    answers: tuple[GuardObserved, ...]

    @property
    def ready(self) -> bool:
        """Whether a drill may touch it."""
        return self.staging and all(answer.ok for answer in self.answers)


def look_at_hosts(workplace: Workplace) -> Iterator[HostState]:
    """What the guard would say of each host now, in the order of their names. Changes nothing."""
    boundary = workplace.project.boundary
    for host in workplace.inventory.hosts:
        staging = bool(set(host.groups) & set(boundary.staging_groups))
        answers = tuple(_answers(workplace, host)) if staging else ()
        yield HostState(name=host.name, place=_place(host), staging=staging, answers=answers)


def _answers(workplace: Workplace, host: InventoryHost) -> Iterator[GuardObserved]:
    boundary, pinned = workplace.project.boundary, pin_host(host, workplace=workplace)
    declared = screen_host(pinned, boundary=boundary)
    yield from declared
    # What the declarations refuse is not even connected to.
    if all(answer.ok for answer in declared):
        with workplace.connections((host,)) as connections:
            yield from SshHostInspector(connections=connections).inspect(pinned, boundary=boundary)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedKey:
    """The key that a host answers with, and whether it is known already."""

    host: InventoryHost
    place: str
    key: paramiko.PKey
    known: bool

    @property
    def fingerprint(self) -> str:
        """As OpenSSH prints it."""
        return fingerprint(self.key)

    @property
    def kind(self) -> str:
        """`ssh-ed25519`, ..."""
        return self.key.get_name()

    @property
    def on_the_host(self) -> str:
        """The command that prints the fingerprint on the host itself."""
        kind = self.kind.removeprefix("ssh-").split("-")[0]
        return f"ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub"


def ask_for_key(workplace: Workplace, name: str) -> OfferedKey:
    """Ask a staging host for its key. Believes nothing yet.

    Raises:
        UsageError: The inventory has no such host.
        RefusedError: The declarations refuse it.
        UnknownHostKeyError: Another key is known for it.
        SshError: It does not answer.
    """
    host = _staging_host(workplace, name)
    known = known_key(workplace.project.known_hosts, address=host.address, port=host.port)
    offered = offered_key(host.name, address=host.address, port=host.port)
    if known is not None and fingerprint(known) != fingerprint(offered):
        hint = (
            f"if it was installed again, remove its line from {workplace.project.known_hosts}, then give the command"
            " again; if it was not, somebody else answers in its place"
        )
        found = f"it answers with {fingerprint(offered)}, and {fingerprint(known)} is known"
        raise UnknownHostKeyError(f"host {host.name} ({_place(host)}): {found}", hint=hint)
    return OfferedKey(host=host, place=_place(host), key=offered, known=known is not None)


def believe(project: Project, offered: OfferedKey, *, compared: str) -> None:
    """Add a host's key to the known ones.

    Args:
        project: Whose known host keys.
        offered: What the host answers with.
        compared: The fingerprint that somebody has seen on the host itself.

    Raises:
        UnknownHostKeyError: It is another one.
    """
    if compared != offered.fingerprint:
        hint = "another host answers at that address, or the fingerprint is that of another key: nothing was written"
        message = f"host {offered.host.name}: it answers with {offered.fingerprint}, not {compared}"
        raise UnknownHostKeyError(message, hint=hint)
    add_known_key(project.known_hosts, offered.key, address=offered.host.address, port=offered.host.port)


def marker_script(workplace: Workplace, name: str) -> str:
    """The shell script that writes the marker of a staging host, for a person to run there.

    It replaces no marker that says something else.

    Raises:
        UsageError: The inventory has no such host.
        RefusedError: The declarations refuse it.
    """
    host, boundary = _staging_host(workplace, name), workplace.project.boundary
    group = next(group for group in boundary.staging_groups if group in host.groups)
    content = json.dumps({"project": boundary.project, "group": group, "host": host.name}, ensure_ascii=False)
    path = boundary.marker_path.replace("{host}", host.name)
    return "\n".join(
        (
            f"# For {host.name} ({_place(host)}): drills of {_one_line(boundary.project)} may break this host.",
            "set -eu",
            f"marker={shlex.quote(path)}",
            f"content={shlex.quote(content)}",
            'if [ -e "$marker" ] && [ "$(cat "$marker")" != "$content" ]; then',
            '    echo "$marker says something else already: $(cat "$marker")" >&2',
            "    exit 1",
            "fi",
            f"mkdir -p {shlex.quote(str(PurePosixPath(path).parent))}",
            'printf "%s\\n" "$content" >"$marker"',
            'chmod 644 "$marker"',
            'echo "written: $marker"',
        )
    )


def _staging_host(workplace: Workplace, name: str) -> InventoryHost:
    host = next((host for host in workplace.inventory.hosts if host.name == name), None)
    if host is None:
        known = ", ".join(host.name for host in workplace.inventory.hosts) or "none"
        raise UsageError(f"no host of the inventory is called {name}", hint=f"there are: {known}")
    declared = screen_host(pin_host(host, workplace=workplace), boundary=workplace.project.boundary)
    refused = "; ".join(f"{answer.check}: {answer.detail}" for answer in declared if not answer.ok)
    if refused:
        hint = "drills never touch it; if it is a staging host, say so in the inventory and in reprise.yml"
        raise RefusedError(f"host {name}: {refused}", hint=hint)
    return host


def _place(host: InventoryHost) -> str:
    return f"{host.address} port {host.port}"


def _one_line(text: str) -> str:
    """A name with a line break in it would go on as a command."""
    return " ".join(text.split())
