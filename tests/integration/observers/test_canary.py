import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.samples import Marker, parse_markers
from orchestrator.core.watching import CanaryDefinition
from orchestrator.errors import ProbeError, UsageError
from tests.observing import observers
from tests.patience import wait_until
from tests.scratch import CLOSED_PORT, ScratchServer

READ_TIMEOUT_US = 60_000_000
OBSERVERS = observers()


def definition(dsn: str, *, read: str | None = None) -> CanaryDefinition:
    written = {"probe": "postgresql", "every": 20_000, "with": {"dsn": dsn}, "read": {"dsn": read or dsn}}
    return CanaryDefinition.model_validate(written)


def until(file: Path, condition: Callable[[Marker], bool], *, times: int = 1) -> Marker:
    """Wait until this holds of so many markers, and return the first."""

    def found() -> list[Marker]:
        seen = [marker for marker in parse_markers(file.read_text()) if condition(marker)]
        return seen if len(seen) >= times else []

    return wait_until(found)[0]


def is_acknowledged(marker: Marker) -> bool:
    return marker.acknowledged_us is not None


def numbers(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def test_every_acknowledged_marker_is_there_after_the_server_was_killed(server: ScratchServer, tmp_path: Path) -> None:
    file = tmp_path / "canary.csv"
    canary = OBSERVERS.canary(definition(server.dsn()), run_id="killed", file=file)
    until(file, is_acknowledged, times=20)
    server.kill()
    until(file, lambda marker: marker.fault == "connection refused")
    series = canary.finish()
    server.start()
    markers = parse_markers(file.read_text())
    acknowledged = {marker.number for marker in markers if is_acknowledged(marker)}
    survivors = OBSERVERS.read_canary(definition(server.dsn()), run_id="killed", timeout_us=READ_TIMEOUT_US)
    assert [marker.number for marker in markers] == list(range(1, len(markers) + 1))
    assert len(acknowledged) >= 20
    # One that was not acknowledged may be there too; none that was never sent.
    assert acknowledged <= numbers(survivors.ranges) <= {marker.number for marker in markers}
    assert series.count == len(markers)
    assert series.failures == len(markers) - len(acknowledged) > 0


def test_a_server_that_hangs_costs_a_marker_and_the_numbers_go_on(server: ScratchServer, tmp_path: Path) -> None:
    file = tmp_path / "canary.csv"
    canary = OBSERVERS.canary(definition(server.dsn()), run_id="hung", file=file)
    server.signal(signal.SIGSTOP)
    lost = until(file, lambda marker: marker.fault == "timeout")
    server.signal(signal.SIGCONT)
    until(file, lambda marker: marker.number > lost.number and is_acknowledged(marker))
    canary.finish()
    markers = parse_markers(file.read_text())
    assert [marker.number for marker in markers] == list(range(1, len(markers) + 1))
    acknowledged = {marker.number for marker in markers if is_acknowledged(marker)}
    survivors = OBSERVERS.read_canary(definition(server.dsn()), run_id="hung", timeout_us=READ_TIMEOUT_US)
    assert acknowledged <= numbers(survivors.ranges)


@pytest.mark.parametrize(
    ("inserted", "ranges"),
    [
        ([], ()),
        ([1, 2, 3], ((1, 3),)),
        ([7, 1, 2, 5, 3], ((1, 3), (5, 5), (7, 7))),
    ],
)
def test_survivors_are_read_as_ranges_and_only_of_this_run(
    server: ScratchServer, inserted: list[int], ranges: tuple[tuple[int, int], ...]
) -> None:
    server.execute("delete from reprise.canary where run like 'islands%'")
    server.execute("insert into reprise.canary values ('islands-other', 4), ('islands-other', 6)")
    for number in inserted:
        server.execute(f"insert into reprise.canary values ('islands', {number})")
    survivors = OBSERVERS.read_canary(definition(server.dsn()), run_id="islands", timeout_us=READ_TIMEOUT_US)
    assert (survivors.answered, survivors.ranges) == (True, ranges)


def test_nothing_there_to_ask_is_not_an_answer(server: ScratchServer) -> None:
    nobody = f"host=127.0.0.1 port={CLOSED_PORT} user=u dbname=d"
    survivors = OBSERVERS.read_canary(definition("host=h", read=nobody), run_id="x", timeout_us=READ_TIMEOUT_US)
    assert (survivors.answered, survivors.fault) == (False, "connection refused")
    elsewhere = server.dsn().replace("dbname=postgres", "dbname=template1")
    survivors = OBSERVERS.read_canary(definition("host=h", read=elsewhere), run_id="x", timeout_us=READ_TIMEOUT_US)
    assert (survivors.answered, survivors.fault) == (False, "table does not exist")


def test_a_canary_without_meaning_is_refused(tmp_path: Path) -> None:
    wrong = definition("host=h").model_copy(update={"probe": "semaphore"})
    with pytest.raises(UsageError, match="canaries: there is no semaphore"):
        OBSERVERS.canary(wrong, run_id="x", file=tmp_path / "canary.csv")
    with pytest.raises(ProbeError, match="dsn"):
        OBSERVERS.canary(definition("host=h").model_copy(update={"with_": {}}), run_id="x", file=tmp_path / "c.csv")
