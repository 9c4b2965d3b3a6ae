"""Markers that commands of the drill's author write and read back on a host (`ports.CanaryTechnique`).

For a system that nobody here has seen. That a marker is durable once it is acknowledged is the author's promise; the
drill measures against it: a marker that was acknowledged and is not read back is lost.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from orchestrator.adapters.canaries.programs import Arguments, resident_writer, survivors_on_host
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors
from orchestrator.core.ranges import ranges_of

RUN = "{run}"
"""Stands for the id of the run in an argument, which every run has another one of."""

_NUMBER = re.compile(rb"[1-9][0-9]{0,15}")


class CommandPlace(Question):
    """The `with` and the `read` of the canary. `{name}` is the host's inventory variable of that name."""

    host: str
    command: tuple[str, ...] = Field(min_length=1)

    @field_validator("command")
    @classmethod
    def _names_the_run(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        # Every run counts from 1: what an earlier one left would be taken for what survived of this one.
        if not any(RUN in argument for argument in command):
            raise ValueError(f"must name {RUN}, or the markers of an earlier run would count as this one's")
        return command


class CommandCanary:
    """Whatever the two commands make of a number. Of what they say, nothing but numbers is ever written down."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def writer(self, source: Mapping[str, Any], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        place = _place(source)
        return resident_writer(
            connections=self._connections,
            host=place.host,
            arguments=_arguments(place, run_id=run_id),
            refusal=lambda answer: "refused" if answer else "an empty answer",
        )

    def survivors(self, source: Mapping[str, Any], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; see `ports.CanaryTechnique`."""
        place = _place(source)
        return survivors_on_host(
            connections=self._connections,
            host=place.host,
            arguments=_arguments(place, run_id=run_id),
            timeout_us=timeout_us,
            read=read_lines,
        )


def read_lines(content: bytes) -> Survivors:
    """The survivors in what the command wrote, one number a line; nothing is none. Pure."""
    lines = content.splitlines()
    if not all(_NUMBER.fullmatch(line) for line in lines):
        return Survivors(answered=False, ranges=(), fault="not every line is the number of a marker")
    return Survivors(answered=True, ranges=ranges_of(map(int, lines)))


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    return CommandCanary(connections=connections)


def _arguments(place: CommandPlace, *, run_id: str) -> Arguments:
    return lambda address: [address.fill(argument.replace(RUN, run_id)) for argument in place.command]


def _place(source: Mapping[str, Any]) -> CommandPlace:
    return read_question(CommandPlace, source, probe="command")
