"""Finds the programs that the lab runs, on the machine or where script/setup unpacked them. Installs nothing."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.errors import LabError
from orchestrator.lab.stacks import Stack

# Where Debian puts programs that are in nobody's PATH.
_OFF_THE_PATH = (
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/usr/bin",
    "/bin",
    "/usr/lib/openssh",
)
# First of all: pgBackRest 2.45 does not know later versions, which may well be in PATH.
_POSTGRESQL_15 = "/usr/lib/postgresql/15/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Absolute paths of the lab's programs.

    Attributes:
        programs: Search path of what script/setup unpacked, for the sessions on the hosts; empty where nothing was.
        libraries: The same for shared libraries.
        others: The programs that the chosen stacks run, by their names.
    """

    sshd: str
    sftp_server: str
    ssh: str
    ssh_keygen: str
    postgresql_bin: str
    pgbackrest: str
    python: str
    programs: str
    libraries: str
    others: tuple[tuple[str, str], ...] = ()


def find_tools(stacks: Sequence[Stack] = ()) -> Tools:
    """Find every program of the lab.

    Args:
        stacks: What the lab is made of: their programs must be there too.

    Raises:
        LabError: One or more are missing; all are named, and the hint says how to get them.
    """
    prepared = prepared_environment()
    extended = extended_environment(environ=os.environ, prepared=prepared)
    path = ":".join((_POSTGRESQL_15, extended["PATH"], *_OFF_THE_PATH))
    # One directory holds all of PostgreSQL: initdb, pg_ctl and postgres look for each other beside themselves.
    wanted = ("sshd", "sftp-server", "ssh", "ssh-keygen", "initdb", "pgbackrest")
    there = _find(wanted, path=path, hint="run script/setup")
    others = tuple(name for stack in stacks for name in stack.programs)
    return Tools(
        sshd=there["sshd"],
        sftp_server=there["sftp-server"],
        ssh=there["ssh"],
        ssh_keygen=there["ssh-keygen"],
        postgresql_bin=str(Path(there["initdb"]).parent),
        pgbackrest=there["pgbackrest"],
        python=_python_for_everybody(),
        programs=prepared.get("REPRISE_PROGRAMS", ""),
        libraries=prepared.get("REPRISE_LIBRARIES", ""),
        others=tuple(_find(others, path=path, hint="run script/setup stacks").items()),
    )


def _find(wanted: Sequence[str], *, path: str, hint: str) -> dict[str, str]:
    found = {name: shutil.which(name, path=path) for name in wanted}
    missing = [name for name, where in found.items() if where is None]
    if missing:
        raise LabError(f"programs that the lab runs are missing: {', '.join(missing)}", hint=hint)
    return {name: os.path.realpath(where) for name, where in found.items() if where is not None}


def _python_for_everybody() -> str:
    """Debian's own: started by root, the hosts run as another user, to whom root's home is closed."""
    return "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else (shutil.which("python3") or "python3")
