"""What the orchestrator and a supervisor tell each other, each in one line of JSON. Values only."""

from pathlib import Path

from orchestrator.core.model import Record

STOP = b"stop\n"
"""What a supervisor reads when its attempt is to be stopped. The end of its input without it: the orchestrator died."""


class Target(Record):
    """How the supervisor reaches a host by itself, once nobody else can."""

    name: str
    address: str
    port: int
    user: str
    key_file: Path | None
    python: str


class Order(Record):
    """One attempt at one playbook, laid out in its private directory."""

    directory: Path
    sockets: Path
    mark: str
    environment: dict[str, str]
    known_hosts: Path
    """The project's own file; the attempt's is OpenSSH's."""
    targets: tuple[Target, ...]
    parent: int
    """The orchestrator's process."""


class Report(Record):
    """How a supervisor ended. `exit_code` is Ansible's; None where it was stopped or killed."""

    exit_code: int | None
    said: str = ""
    """Ansible's first complaint. Fit for a journal only where no task was reached: a later one may quote a result."""
    left: tuple[int, ...] = ()
    """Processes here that could not be ended."""
