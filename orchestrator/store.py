"""The run directory: the plan, the journal and the series on disk, each durable before anybody goes on.

Knows names and fsync, and nothing of what the files mean.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import Event
from orchestrator.core.journal import Entry, acknowledged, format_line, parse_journal
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Clock
from orchestrator.durable import sync_directory, write_durably
from orchestrator.errors import EvidenceError, StoreError

RESERVE_BYTES = 4_000_000
"""Kept free for the journal: given back when the disk is full, so that the end of the run can still be written."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The names of a run's files. While it runs, only drill, plan, journal and series are written there."""

    path: Path

    @property
    def plan(self) -> Path:
        """The sealed plan, canonical."""
        return self.path / "plan.json"

    @property
    def drill(self) -> Path:
        """The drill file, byte for byte as it was when it ran."""
        return self.path / "drill.yml"

    @property
    def journal(self) -> Path:
        """One event on each line."""
        return self.path / "journal.jsonl"

    @property
    def samples(self) -> Path:
        """The series of watches and canary."""
        return self.path / "samples"

    @property
    def reserve(self) -> Path:
        """Space kept for the last events of a run on a full disk."""
        return self.path / ".reserve"

    def read_plan(self) -> Plan:
        """The plan of this run.

        Raises:
            EvidenceError: There is none, or it is not a plan of this format.
        """
        try:
            return Plan.model_validate_json(self.plan.read_bytes())
        except (OSError, ValueError) as error:
            raise EvidenceError(f"{self.plan}: no plan of a run can be read there") from error

    def read_journal(self, plan: Plan) -> tuple[Entry, ...]:
        """The acknowledged journal of this run, its chain checked. A torn last line was never acknowledged.

        Raises:
            JournalError: The chain is broken.
            EvidenceError: There is no journal.
        """
        try:
            content = self.journal.read_bytes()
        except OSError as error:
            raise EvidenceError(f"{self.journal}: no journal can be read there") from error
        return parse_journal(acknowledged(content), genesis=plan.digest)


def create_run(parent: Path, *, plan: Plan, drill: bytes) -> RunDirectory:
    """Make the directory of a new run, with its plan and drill file, durably.

    Raises:
        StoreError: It cannot be written.
    """
    # Under its own name a run has a plan, whenever the machine stops: a directory without one could not be recovered.
    draft = RunDirectory(parent / f".{plan.run_id}.part")
    try:
        draft.samples.mkdir(parents=True, mode=0o700)
        write_durably(draft.drill, drill)
        write_durably(draft.plan, canonical(plan))
        write_durably(draft.reserve, os.urandom(RESERVE_BYTES))
        run = RunDirectory(draft.path.rename(parent / plan.run_id))
        sync_directory(parent)
    except OSError as error:
        hint = "free some space, or make the directory writable; nothing has been done yet"
        raise StoreError(f"{parent}: {error.strerror or error}", hint=hint) from error
    return run


class JournalFile:
    """Appends to the journal, one fsynced line after another. Implements `ports.JournalWriter`; safe for threads."""

    def __init__(self, run: RunDirectory, *, genesis: str, clock: Clock, told: Callable[[Entry], object]) -> None:
        self._run = run
        self._clock = clock
        self._told = told
        self._lock = threading.Lock()
        try:
            self._seq, self._prev = _tail(run, genesis=genesis)
            self._file = os.open(run.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._size = os.fstat(self._file).st_size
            sync_directory(run.path)
        except OSError as error:
            hint = "make the run's directory writable; nothing has been done yet"
            raise StoreError(f"{run.journal}: {error.strerror}: the journal cannot be written", hint=hint) from error

    def append(self, event: Event) -> None:
        """Write one event durably, then tell whoever listens (a console); see `ports.JournalWriter`."""
        with self._lock:
            entry = Entry(
                seq=self._seq,
                prev=self._prev,
                at=self._clock.now(),
                mono_us=self._clock.monotonic_us(),
                event=event,
            )
            line = format_line(entry)
            self._write(line)
            self._seq, self._prev = self._seq + 1, sha256(line[:-1])
            # Told under the lock, so that listeners see the order of the file. A terminal that is gone must not end a
            # drill, or its cleanup: OSError, which rich makes a SystemExit of where it is a broken pipe.
            with suppress(OSError, SystemExit):
                self._told(entry)

    def _write(self, line: bytes) -> None:
        try:
            self._cut_torn_line()
            _write_whole(self._file, line)
        except OSError as error:
            with suppress(OSError):  # Where even that fails, it is tried again before the next line.
                self._cut_torn_line()
                self._run.reserve.unlink(missing_ok=True)
            raise StoreError(
                f"{self._run.journal}: {error.strerror}: the journal cannot be written; the drill stops and cleans up",
                hint="free some space or make the directory writable, then `reprise recover`",
            ) from error
        self._size += len(line)

    def _cut_torn_line(self) -> None:
        """Nothing is ever written behind half a line: nobody could read what follows it."""
        if os.fstat(self._file).st_size != self._size:
            os.ftruncate(self._file, self._size)

    def close(self) -> None:
        """Close the file. Can be called again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._run.reserve.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _tail(run: RunDirectory, *, genesis: str) -> tuple[int, str]:
    """Where the chain goes on; a torn last line, which nobody was told of, is cut off first."""
    if not run.journal.exists():
        return 0, genesis
    content = run.journal.read_bytes()
    whole = acknowledged(content)
    if whole != content:
        os.truncate(run.journal, len(whole))
    entries = parse_journal(whole, genesis=genesis)
    return (entries[-1].seq + 1, entries[-1].digest) if entries else (0, genesis)


def _write_whole(file: int, line: bytes) -> None:
    written = os.write(file, line)
    if written != len(line):
        raise OSError(28, "No space left on device")
    os.fsync(file)
