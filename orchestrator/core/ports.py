"""What the engine needs from outside, as protocols. Adapters implement them; `orchestrator.testing` has a fake of each.

Every port promises that only errors of `orchestrator.errors` leave it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from orchestrator.core.answers import GivenAnswer
from orchestrator.core.events import ClockMeasured, Event, GuardObserved, Values
from orchestrator.core.model import Scalar
from orchestrator.core.occasions import Message
from orchestrator.core.plan import Boundary, PinnedHost, RecoveryPoint
from orchestrator.core.step_definition import PlaybookStep
from orchestrator.core.watching import CanaryDefinition, WatchDefinition


class Clock(Protocol):
    """Time enters only here."""

    def now(self) -> datetime:
        """The wall clock, aware and in UTC: a fact to write down."""
        ...

    def monotonic_us(self) -> int:
        """The monotonic clock of this boot, in microseconds: what durations are made of."""
        ...


class Stop(Protocol):
    """Tells an adapter that the run, or the step's own time, is over. Adapters look at it at least every 50 ms."""

    @property
    def requested(self) -> bool:
        """True from the moment when what is under way must end."""
        ...

    @property
    def reason(self) -> str | None:
        """Who or what asked for it, in a few words (`SIGTERM`); None exactly as long as nobody has."""
        ...

    def wait(self, timeout_us: int) -> bool:
        """Sleep for at most `timeout_us` microseconds; return at once, and True, when a stop is requested."""
        ...


class JournalWriter(Protocol):
    """Appends events. When `append` returns, the event is on disk and nothing can take it away."""

    def append(self, event: Event) -> None:
        """Write one event, durably. Safe to call from several threads.

        Raises:
            StoreError: It could not be written. Nothing may be done that was not written down.
        """
        ...


Record = Callable[[Event], object]
"""Where an adapter puts the events that it observes. Never blocks on anything but the journal's own fsync."""


class PlaybookMode(StrEnum):
    """What a playbook is started for."""

    ACT = "act"
    CHECK = "check"
    """Ansible's `--check`: modules say what they would change, and change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookAct:
    """One attempt at one playbook step, with everything that it may use."""

    run_id: str
    step: PlaybookStep
    attempt: int
    playbook: Path
    roles: tuple[Path, ...]
    inventory: Path
    known_hosts: Path
    hosts: tuple[PinnedHost, ...]
    """The only hosts that may be reached. A playbook that names another one reaches nobody."""
    variables: Mapping[str, Scalar]
    mode: PlaybookMode = PlaybookMode.ACT
    aliases: Mapping[str, str] = field(default_factory=dict)
    """What a group that a playbook names means in this run, where it is another one; see `Plan.aliases`."""


class PlaybookRunner(Protocol):
    """Runs a playbook in a supervised process of its own."""

    def run(self, act: PlaybookAct, *, record: Record, stop: Stop) -> None:
        """Run to the end, or until `stop`; then nothing of the step runs any more, here or on a target.

        Records `TaskObserved` and `ClaimMade` as they arrive and exactly one `PlaybookFinished`, even where the
        playbook never started. Raises nothing for what Ansible or a host did.
        """
        ...

    def sweep(self, *, run_id: str, hosts: tuple[PinnedHost, ...]) -> tuple[str, ...]:
        """End whatever a dead orchestrator's run left running, here and on the hosts; say what was ended."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a probe saw. With `answered` false there are no values, and `fault` says in a few words why."""

    answered: bool
    values: Values
    fault: str = ""


class Probe(Protocol):
    """Asks one question and never changes anything."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once. A refusal, a time-out, a missing table are answers with `answered` false.

        Args:
            question: The step's `with`, environment names already resolved by `Connections`.
            timeout_us: How long the answer may take, in microseconds.
            stop: Ends the wait.

        Raises:
            ProbeError: The question itself makes no sense (a key is missing or unknown).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A closed file of samples or markers, below the run directory."""

    file: str
    sha256: str
    count: int
    failures: int
    late: int = 0


class Observer(Protocol):
    """A watch or a canary that runs in a process of its own, and ends with its parent."""

    def finish(self) -> Series:
        """Stop it, close its file durably and say what is in it. Can be called again."""
        ...


class Observers(Protocol):
    """Starts watches and canaries, and reads canaries back."""

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:
        """Start a watch that writes its samples to `file` and records `WatchChanged` when the service comes or goes."""
        ...

    def canary(self, definition: CanaryDefinition, *, run_id: str, file: Path) -> Observer:
        """Start a canary that commits numbered markers and writes what was sent and acknowledged to `file`."""
        ...

    def read_canary(self, definition: CanaryDefinition, *, run_id: str, timeout_us: int) -> "Survivors":
        """Which markers of this run can be read back where the restored service is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivors:
    """The numbers of the markers that were read back, as ranges with both ends included."""

    answered: bool
    ranges: tuple[tuple[int, int], ...]
    fault: str = ""


class Asker(Protocol):
    """What a watch asks with: asks one service, again and again, and never waits past its deadline."""

    def ask(self, *, deadline_us: int) -> str:
        """Ask once, and say in a few words why there was no answer; nothing where there was one.

        Args:
            deadline_us: On the monotonic clock, in microseconds.
        """
        ...

    def close(self) -> None:
        """Close what is open. Can be called again."""
        ...


class CanaryWriter(Protocol):
    """Commits numbered markers where the service keeps its data."""

    def commit(self, number: int, *, deadline_us: int) -> str:
        """Commit one marker, and say in a few words why it was not acknowledged; nothing where it was.

        An acknowledgement says that the service keeps the marker whatever happens to its processes. One that was not
        acknowledged may be there or not, and is never sent again.
        """
        ...

    def close(self) -> None:
        """Close what is open. Can be called again."""
        ...


class CanaryTechnique(Protocol):
    """How markers are written to one kind of service, and read back from what was restored of it."""

    def writer(self, source: Mapping[str, Any], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run. Connects to nothing before the first of them.

        Raises:
            ProbeError: The canary's `with` makes no sense.
        """
        ...

    def survivors(self, source: Mapping[str, Any], *, run_id: str, timeout_us: int) -> "Survivors":
        """Which markers of a run are there. None is an answer; a place that is not there gives none.

        Raises:
            ProbeError: The canary's `read` makes no sense.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """An answer that arrived between two looks, in microseconds of the monotonic clock; or why it cannot be read."""

    given: GivenAnswer | None
    fault: str = ""
    absent_us: int
    found_us: int


class People(Protocol):
    """Where people's answers arrive. Whether one counts is the engine's to decide; the question is in the journal."""

    def open(self, step: str) -> int:
        """Begin to take answers to a step, and return when: whatever came before the question is set aside."""
        ...

    def wait(self, step: str, *, since_us: int, stop: Stop) -> Delivered | None:
        """Wait for an answer to this step; None where `stop` came first.

        Args:
            step: The step that was opened.
            since_us: The last look at which no answer was there.
            stop: Ends the wait.
        """
        ...

    def set_aside(self, step: str) -> None:
        """Put the answer that was found away, so that another one may come."""
        ...


class HostInspector(Protocol):
    """Looks at hosts over SSH, and changes nothing there."""

    def inspect(self, host: PinnedHost, *, boundary: Boundary) -> tuple[GuardObserved, ...]:
        """Answer the guard's live questions about one host: its key, its marker, whether production answers from it."""
        ...

    def measure_clock(self, host: PinnedHost, *, moment: str) -> ClockMeasured:
        """The offset of the host's clock, with its bound."""
        ...

    def close(self) -> None:
        """End the connections. Can be called again."""
        ...


class Catalogue(Protocol):
    """A backup tool's own list of what can be restored."""

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """What the tool reports, oldest first.

        Raises:
            CatalogueError: The tool did not answer, or its answer is not understood.
        """
        ...

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of the recovery point's own manifest, as it is now in the repository.

        Raises:
            CatalogueError: It cannot be read.
        """
        ...


@runtime_checkable
class VerifyingCatalogue(Protocol):
    """A catalogue whose tool can read the whole repository again and find what is damaged there."""

    def is_sound(self, host: PinnedHost, *, options: Mapping[str, Scalar], timeout_us: int) -> bool:
        """Whether everything in the repository was read and is as it was written.

        Raises:
            CatalogueError: The tool did not come to an end, or its answer is not understood.
        """
        ...


@runtime_checkable
class SizingCatalogue(Protocol):
    """A catalogue whose list does not tell how large its recovery points are, and who says so when asked for one."""

    def size_bytes(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> int:
        """How many bytes a restore of it writes.

        Raises:
            CatalogueError: The tool did not answer, or its answer is not understood.
        """
        ...


class Notifier(Protocol):
    """One way to tell somebody something."""

    @property
    def label(self) -> str:
        """What errors and logs call it. Never a secret."""
        ...

    def send(self, message: Message, *, timeout_s: float) -> None:
        """Hand a message over, once. Called from a thread of its own, never by two at the same time.

        Args:
            message: What is told.
            timeout_s: How long each answer of the other side is waited for.

        Raises:
            SendError: It did not arrive, or not for everybody. Repeats no secret.
        """
        ...
