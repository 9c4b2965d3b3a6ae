"""Runs a command on a host over SSH and says how it ended: its exit code and how many lines it wrote, never which."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import SshError


class CommandQuestion(Question):
    """The `with` of the probe. `{name}` in an argument is the host's inventory variable of that name."""

    host: str
    command: tuple[str, ...] = Field(min_length=1)


class CommandProbe:
    """`{exit_code, lines_out, lines_err}` of a command that a drill's author knows to change nothing."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(CommandQuestion, question, probe="command")
        try:
            address = self._connections.address(asked.host)
            command = [address.fill(argument) for argument in asked.command]
            result = self._connections.run(asked.host, command, timeout_us=timeout_us, stop=stop)
        except SshError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        return Answer(
            answered=True,
            values={
                "exit_code": result.exit_code,
                "lines_out": len(result.stdout.splitlines()),
                "lines_err": len(result.stderr.splitlines()),
            },
        )


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return CommandProbe(connections=connections)
