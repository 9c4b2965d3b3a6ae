"""What a parent tells an observer on its standard input, and hears back from its output: one line of JSON each."""

from pathlib import Path
from typing import Literal

from orchestrator.adapters.ssh.address import HostAddress
from orchestrator.core.model import Microseconds, Record, Scalar
from orchestrator.core.watching import Words


class WatchQuestion(Record):
    """Everything that a watch needs. Not given as arguments: those can be read by every user of the machine."""

    asker: str
    """The factory of its asker, as `module:name`."""
    source: dict[str, Scalar]
    """The `with` of the watch, its names resolved."""
    every_us: Microseconds
    timeout_us: Microseconds
    file: Path
    parent: int


class CanaryQuestion(Record):
    """Everything that a canary needs."""

    technique: str
    """The factory of its technique, as `module:name`."""
    source: dict[str, Scalar | Words]
    """The `with` of the canary, its names resolved."""
    hosts: dict[str, HostAddress]
    known_hosts: Path
    run_id: str
    every_us: Microseconds
    timeout_us: Microseconds
    file: Path
    parent: int


class Ready(Record):
    """The first question was asked and written down."""

    say: Literal["ready"] = "ready"


class Changed(Record):
    """The service came (`answers`) or went; `sample_us` is when that question was asked, on the monotonic clock."""

    say: Literal["changed"] = "changed"
    answers: bool
    sample_us: Microseconds


class Failed(Record):
    """The observer cannot go on. `disk`: because its file cannot be written."""

    say: Literal["failed"] = "failed"
    fault: str
    disk: bool
