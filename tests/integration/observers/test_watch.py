import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.observers.child import ChildObserver
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.events import Event, WatchChanged
from orchestrator.core.model import Interval
from orchestrator.core.samples import Sample, parse_samples
from orchestrator.core.timeline import find_outage
from orchestrator.core.watching import WatchDefinition
from orchestrator.errors import ProbeError, StoreError, UsageError
from tests.observing import observers
from tests.patience import wait_until
from tests.scratch import CLOSED_PORT, PASSWORD, ScratchServer, scratch_server

EVERY_US = 20_000
SHORT_TIMEOUT_US = 300_000
"""For what must run into it."""

LONG_TIMEOUT_US = 60_000_000
"""For what must not, on the busiest machine."""

STABLE_US = 5 * EVERY_US


class Watched:
    """One watch with what it recorded."""

    def __init__(self, file: Path, dsn: str, *, timeout_us: int = LONG_TIMEOUT_US) -> None:
        self.file, self.events = file, list[Event]()
        written = {"id": "service", "probe": "postgresql", "every": EVERY_US, "timeout": timeout_us}
        definition = WatchDefinition.model_validate(written | {"with": {"dsn": dsn, "query": "select 1"}})
        self.observer = observers().watch(definition, file=file, record=self.events.append)

    @property
    def pid(self) -> int:
        assert isinstance(self.observer, ChildObserver)
        return self.observer._process.pid

    @property
    def samples(self) -> tuple[Sample, ...]:
        return parse_samples(self.file.read_text())

    def until(self, condition: Callable[[Sample], bool]) -> Sample:
        """The first sample from now on of which this holds."""
        begun_us = monotonic_us()
        return wait_until(lambda: [s for s in self.samples if s.started_us > begun_us and condition(s)])[0]

    def wait_for_its_end(self) -> None:
        """Until its process has ended, by itself. It stays a zombie, for the observer to find."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def changes(self) -> list[bool]:
        return [event.answers for event in self.events if isinstance(event, WatchChanged)]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    started: list[Watched] = []

    def start(dsn: str, *, timeout_us: int = LONG_TIMEOUT_US) -> Watched:
        started.append(Watched(tmp_path / f"watch-{len(started)}.csv", dsn, timeout_us=timeout_us))
        return started[-1]

    yield start
    for watch in started:
        try:
            watch.observer.finish()
        except (ProbeError, StoreError):
            continue


def test_an_outage_is_bracketed_and_told_live(server: ScratchServer, watched: Callable[..., Watched]) -> None:
    watch = watched(server.dsn())
    watch.until(lambda sample: sample.answered)
    before_us = monotonic_us()
    server.kill()
    killed_us = monotonic_us()
    watch.until(lambda sample: sample.fault == "connection refused")
    server.start()
    started_us = monotonic_us()
    back = watch.until(lambda sample: sample.answered)
    watch.until(lambda sample: sample.started_us >= back.finished_us + STABLE_US)
    series = watch.observer.finish()
    outage = find_outage(watch.samples, since_us=before_us, until_us=monotonic_us(), stable_us=STABLE_US)
    assert outage is not None
    assert outage.down.lower <= killed_us
    assert outage.down.upper is not None
    assert outage.down.upper >= before_us
    assert outage.up is not None
    assert outage.up.lower <= started_us
    # Nothing was asked between the two questions that the bracket is made of: it could not be narrower.
    first = next(index for index, sample in enumerate(watch.samples) if sample.finished_us == outage.up.upper)
    assert watch.samples[first].answered
    assert not watch.samples[first - 1].answered
    assert outage.up == Interval(lower=watch.samples[first - 1].started_us, upper=watch.samples[first].finished_us)
    assert watch.changes() == [True, False, True]
    assert series.count == len(watch.samples)
    assert series.failures == sum(not sample.answered for sample in watch.samples)
    assert series.file == f"{watch.file.parent.name}/{watch.file.name}"


def test_one_connection_serves_all_questions(server: ScratchServer, watched: Callable[..., Watched]) -> None:
    watch = watched(server.dsn())
    count = "select count(*), min(backend_start) from pg_stat_activity where query = 'select 1'"
    first = server.execute(count)
    wait_until(lambda: len(watch.samples) > 10)
    assert server.execute(count) == first
    assert first[0][0] == 1
    watch.observer.finish()
    assert all(sample.answered for sample in watch.samples)


def test_a_server_that_hangs_ends_each_sample_at_its_time_out(
    server: ScratchServer, watched: Callable[..., Watched]
) -> None:
    watch = watched(server.dsn(), timeout_us=SHORT_TIMEOUT_US)
    watch.until(lambda sample: sample.answered)
    server.signal(signal.SIGSTOP)
    hung = [watch.until(lambda sample: not sample.answered) for _ in range(2)]
    thawed_us = monotonic_us()
    server.signal(signal.SIGCONT)
    watch.until(lambda sample: sample.answered)
    watch.observer.finish()
    # Not before its time-out, and without waiting for the server, which says nothing until it is thawed.
    assert [sample.fault for sample in hung] == ["timeout", "timeout"]
    assert all(sample.finished_us - sample.started_us >= SHORT_TIMEOUT_US for sample in hung)
    assert all(sample.finished_us <= thawed_us for sample in hung)
    # No backlog is asked afterwards: when a question is chosen, the one after it is not due yet.
    assert all(before.finished_us < after.due_us + EVERY_US for before, after in pairwise(watch.samples))


def test_it_follows_the_service_to_the_server_that_accepts_writes(
    server: ScratchServer, watched: Callable[..., Watched]
) -> None:
    with scratch_server(address="127.0.0.2") as restored:
        restored.execute("alter system set default_transaction_read_only = on", "select pg_reload_conf()")
        dsn = server.dsn().replace(server.address, f"{server.address},{restored.address}")
        both = dsn.replace(f"port={server.port}", f"port={server.port},{restored.port}")
        watch = watched(f"{both} target_session_attrs=read-write")
        watch.until(lambda sample: sample.answered)
        server.kill()
        watch.until(lambda sample: sample.fault == "read-only server")
        restored.kill()
        # As long as nobody is there, a sample takes a few milliseconds: it does not cost the next one its time.
        watch.until(lambda s: s.fault == "connection refused" and s.finished_us - s.started_us < EVERY_US)
        with (restored.data / "postgresql.auto.conf").open("w") as settings:
            settings.write("")
        restored.start()
        watch.until(lambda sample: sample.answered)
        watch.observer.finish()


def test_a_first_server_that_says_nothing_does_not_hide_the_second(
    server: ScratchServer, watched: Callable[..., Watched]
) -> None:
    with closing(socket.create_server(("127.0.0.3", 0))) as silent:
        port = silent.getsockname()[1]
        dsn = server.dsn().replace(server.address, f"127.0.0.3,{server.address}")
        both = dsn.replace(f"port={server.port}", f"port={port},{server.port}")
        watch = watched(both, timeout_us=SHORT_TIMEOUT_US)
        # Asked anew each time until it is: a busy server may need more than its share of the time.
        watch.until(lambda sample: sample.answered)


def test_no_row_is_no_answer(server: ScratchServer, tmp_path: Path) -> None:
    written = {"id": "service", "probe": "postgresql", "every": EVERY_US}
    source = {"dsn": server.dsn(), "query": "select 1 where false"}
    definition = WatchDefinition.model_validate(written | {"with": source})
    watch = observers().watch(definition, file=tmp_path / "watch.csv", record=lambda event: None)
    series = watch.finish()
    assert series.count == series.failures > 0


def test_finishing_twice_says_the_same(server: ScratchServer, watched: Callable[..., Watched]) -> None:
    watch = watched(server.dsn())
    assert watch.observer.finish() == watch.observer.finish()


def test_what_it_asks_and_with_which_password_is_in_no_process_list(
    server: ScratchServer, watched: Callable[..., Watched]
) -> None:
    watch = watched(server.dsn())
    assert PASSWORD.encode() not in Path(f"/proc/{watch.pid}/cmdline").read_bytes()


def test_an_interrupt_in_the_terminal_does_not_reach_it(server: ScratchServer, watched: Callable[..., Watched]) -> None:
    watch = watched(server.dsn())
    assert os.getpgid(watch.pid) != os.getpgid(0)
    assert os.getsid(watch.pid) != os.getsid(0)


def test_a_watch_that_was_killed_is_not_taken_for_one_that_saw_nothing(
    server: ScratchServer, watched: Callable[..., Watched]
) -> None:
    watch = watched(server.dsn())
    os.kill(watch.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(ProbeError, match="ended by itself"):
            watch.observer.finish()
    assert watch.samples


def test_a_stalled_watch_knows_that_it_was_late(server: ScratchServer, watched: Callable[..., Watched]) -> None:
    watch = watched(server.dsn())
    watch.until(lambda sample: sample.answered)
    os.kill(watch.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, watch.pid, os.WSTOPPED)
    stalled_us = monotonic_us()
    time.sleep(0.3)
    resumed_us = monotonic_us()
    os.kill(watch.pid, signal.SIGCONT)
    wait_until(lambda: sum(sample.started_us > resumed_us for sample in watch.samples) > 1)
    series = watch.observer.finish()
    stall_us = resumed_us - stalled_us
    # Between two questions it asks the next one late; within one, that one lasted as long as the stall.
    assert series.late == sum(sample.started_us - sample.due_us > EVERY_US // 2 for sample in watch.samples)
    assert series.late >= 1 or any(s.finished_us - s.started_us >= stall_us for s in watch.samples)
    # What was not asked meanwhile is a hole. It begins and ends within two periods and the jitter of one.
    holes = [after.due_us - before.due_us for before, after in pairwise(watch.samples)]
    assert max(holes) > stall_us - 3 * EVERY_US


def test_a_disk_that_takes_no_more_is_told(server: ScratchServer, watched: Callable[..., Watched]) -> None:
    watch = watched(server.dsn())
    watch.until(lambda sample: sample.answered)
    size = watch.file.stat().st_size
    resource.prlimit(watch.pid, resource.RLIMIT_FSIZE, (size + 10, size + 10))
    watch.wait_for_its_end()
    with pytest.raises(StoreError, match="cannot be written"):
        watch.observer.finish()
    assert watch.samples


def test_a_file_that_cannot_be_made_is_told_at_the_start(server: ScratchServer, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        Watched(tmp_path / "nowhere" / "watch.csv", server.dsn())


def test_a_journal_that_cannot_be_written_is_told_at_the_end(server: ScratchServer, tmp_path: Path) -> None:
    def refuse(event: Event) -> None:
        raise StoreError("disk full")

    definition = WatchDefinition.model_validate(
        {"id": "service", "probe": "postgresql", "every": EVERY_US, "with": {"dsn": server.dsn(), "query": "select 1"}}
    )
    watch = observers().watch(definition, file=tmp_path / "watch.csv", record=refuse)
    with pytest.raises(StoreError, match="disk full"):
        watch.finish()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"probe": "semaphore"}, "watches: there is no semaphore"),
        ({"with": {"dsn": "nonsense", "query": "select 1"}}, "not a PostgreSQL connection string"),
        ({"with": {"dsn": "host=h"}}, "query"),
    ],
)
def test_a_watch_without_meaning_is_refused(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    written = {"id": "service", "probe": "postgresql", "every": EVERY_US, "with": {"dsn": "host=h", "query": "a"}}
    definition = WatchDefinition.model_validate(written | changes)
    with pytest.raises((ProbeError, UsageError), match=words):
        observers().watch(definition, file=tmp_path / "watch.csv", record=lambda event: None)


PARENT = """
import signal, sys
from pathlib import Path
from orchestrator.adapters.observers import ProcessObservers
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.watching import WatchDefinition
definition = WatchDefinition.model_validate({"id": "service", "probe": "postgresql", "every": 20000,
                                             "with": {"dsn": sys.argv[1], "query": "select 1"}})
observers = ProcessObservers(connections=SshConnections(hosts={}, known_hosts=Path("none")))
watch = observers.watch(definition, file=Path(sys.argv[2]), record=lambda event: None)
print(watch._process.pid, flush=True)
signal.pause()
"""


def has_ended(process: int) -> bool:
    """Whether nothing of it is left but what its parent has not asked for."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def test_it_ends_with_a_parent_that_was_killed_and_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "watch.csv"
    nobody = f"host=127.0.0.1 port={CLOSED_PORT}"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, nobody, str(file)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    wait_until(lambda: has_ended(child), otherwise="it outlives its parent")
    assert file.read_text().endswith("\n")
    assert {sample.fault for sample in parse_samples(file.read_text())} == {"connection refused"}
