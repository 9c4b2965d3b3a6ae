"""Runs a command on a host over SSH and says how it ended: its exit code and how many lines it wrote, never which.

Asked for a digest, it gives that of the output too: two commands that wrote the same have the same.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.canonical import sha256
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import SshError


class CommandQuestion(Question):
    """The `with` of the probe. `{name}` in an argument is the host's inventory variable of that name.

    `digest` is for what is too much to be guessed: of a short output, it gives the output away.
    """

    host: str
    command: tuple[str, ...] = Field(min_length=1)
    digest: bool = False


class CommandProbe:
    """`{exit_code, lines_out, lines_err}` of a command that a drill's author knows to change nothing.

    With `digest` also `output_sha256`, of all that it wrote on its standard output.
    """

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
        digest = {"output_sha256": sha256(result.stdout)} if asked.digest else {}
        return Answer(
            answered=True,
            values={
                "exit_code": result.exit_code,
                "lines_out": len(result.stdout.splitlines()),
                "lines_err": len(result.stderr.splitlines()),
                **digest,
            },
        )


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return CommandProbe(connections=connections)
