"""Markers as files in a directory on a host (`ports.CanaryTechnique`), one file for each, durable before it is told.

A program that stays on the host writes them: it makes `.reprise/<run>/<number>` below the path, never the path itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from orchestrator.adapters.canaries import files_on_host
from orchestrator.adapters.canaries.programs import Arguments, resident_writer, survivors_on_host
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors
from orchestrator.core.ranges import ranges_of

_PROGRAM = Path(files_on_host.__file__).read_text(encoding="utf-8")


class FilesPlace(Question):
    """The `with` and the `read` of the canary. `{name}` in the path is the host's inventory variable of that name."""

    host: str
    path: str


class FilesCanary:
    """Files of a tree, as the users of a file server write them."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        place = _place(source)
        return resident_writer(
            connections=self._connections,
            host=place.host,
            arguments=_arguments(place, "write", run_id=run_id),
            refusal=lambda words: words or "another answer",
        )

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there, each with its own content; no tree is no answer."""
        place = _place(source)
        return survivors_on_host(
            connections=self._connections,
            host=place.host,
            arguments=_arguments(place, "read", run_id=run_id),
            timeout_us=timeout_us,
            read=read_numbers,
        )


def read_numbers(content: bytes) -> Survivors:
    """The survivors in what the host wrote: null where there is no tree. Pure."""
    try:
        numbers = json.loads(content)
        if numbers is None:
            return Survivors(answered=False, ranges=(), fault="there is no such directory")
        return Survivors(answered=True, ranges=ranges_of([_number(one) for one in numbers]))
    except (ValueError, TypeError):
        return Survivors(answered=False, ranges=(), fault="the host's report is not understood")


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    return FilesCanary(connections=connections)


def _arguments(place: FilesPlace, act: str, *, run_id: str) -> Arguments:
    return lambda address: [address.python, "-I", "-c", _PROGRAM, act, address.fill(place.path), run_id]


def _place(source: Mapping[str, Scalar]) -> FilesPlace:
    return read_question(FilesPlace, source, probe="files")


def _number(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("not the number of a marker")
    return value
