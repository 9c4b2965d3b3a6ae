"""Asks systemd on a host, over SSH, what has become of a unit: whether it is loaded, enabled, active, and as what.

That a unit is active is what systemd says of a process it started: a check of the data goes beside it.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import SshError

_ASKED = ("LoadState", "ActiveState", "SubState", "UnitFileState", "MainPID", "NRestarts", "Result")
# Of a unit that has no main process (a timer, a target), systemd leaves these out.
_NUMBERS = ("MainPID", "NRestarts")
_NOT_FOUND = 127
"""What `timeout` ends with where there is no such program."""


class UnitQuestion(Question):
    """The `with` of the probe. `{name}` in the unit is the host's inventory variable of that name."""

    host: str
    unit: str = Field(min_length=1, pattern=r"^[A-Za-z0-9:_.\\@{}-]+$")


class UnitProbe:
    """`{loaded, active, enabled, active_state, sub_state, unit_file_state, main_pid, restarts, result}`.

    A unit that the host does not have is an answer (`loaded: false`); a host without a running systemd is none.
    """

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(UnitQuestion, question, probe="unit")
        try:
            unit = self._connections.address(asked.host).fill(asked.unit)
            command = ["env", "LC_ALL=C", "systemctl", "show", f"--property={','.join(_ASKED)}", "--", unit]
            result = self._connections.run(asked.host, command, timeout_us=timeout_us, stop=stop)
        except SshError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        if result.exit_code == _NOT_FOUND:
            return Answer(answered=False, values={}, fault="the host has no systemctl")
        if result.exit_code != 0:
            fault = f"no systemd answers on the host (exit code {result.exit_code})"
            return Answer(answered=False, values={}, fault=fault)
        return read_unit(result.stdout)


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return UnitProbe(connections=connections)


def read_unit(content: bytes) -> Answer:
    """The answer in what `systemctl show` writes: a property a line, `Name=value` (systemctl(1)). Pure."""
    lines = content.decode("utf-8", errors="replace").splitlines()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    try:
        load, active = told["LoadState"], told["ActiveState"]
        main_pid, restarts = (int(told.get(name) or 0) for name in _NUMBERS)
    except (KeyError, ValueError):
        return Answer(answered=False, values={}, fault="what systemd says is not understood")
    file_state = told.get("UnitFileState", "")
    return Answer(
        answered=True,
        values={
            "loaded": load == "loaded",
            "active": active == "active",
            "enabled": file_state in ("enabled", "enabled-runtime"),
            "active_state": active,
            "sub_state": told.get("SubState", ""),
            "unit_file_state": file_state,
            "main_pid": main_pid,
            "restarts": restarts,
            "result": told.get("Result", ""),
        },
    )
