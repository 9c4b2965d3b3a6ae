"""A disk that is full, or that cannot be written: the drill stops and cleans up, and no line is half written."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.core.events import RunFinished
from orchestrator.store import RESERVE_BYTES
from tests.integration.crash.processes import PLAN, drill, in_process, recovery, run_of
from tests.integration.crash.test_kill import LINES, is_recovered


def _limited(size: int) -> Callable[[], None]:
    """The kernel lets no file of this process grow beyond so many bytes: writes are cut short, then fail (EFBIG)."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Where each line of a whole run ends, in bytes."""
    root = tmp_path_factory.mktemp("whole")
    in_process(drill, root)
    content = run_of(root).journal.read_bytes()
    return [index + 1 for index, byte in enumerate(content) if byte == ord("\n")]


@pytest.mark.parametrize("line", [0, 7, 12, 18, 27, 35, 44, 48])
@pytest.mark.parametrize("missing", [0, 100])
def test_a_full_disk_stops_the_drill_and_leaves_whole_lines(
    tmp_path: Path, ends: list[int], line: int, missing: int
) -> None:
    """The line can be written only but for its last bytes, or not at all."""
    before = ends[line - 1] if line else 0
    size = max(before, ends[line] - 1 - missing)
    ended = in_process(drill, tmp_path, starve=_limited(size))
    assert ended.error.startswith("StoreError: ")
    assert "the journal cannot be written; the drill stops and cleans up" in ended.error
    assert "free some space" in ended.error
    entries = run_of(tmp_path).read_journal(PLAN)
    assert run_of(tmp_path).journal.read_bytes().endswith(b"\n" if entries else b"")
    # Shorter lines of the cleanup may still fit; of the drill itself there is none any more.
    assert line <= len(entries) <= line + 2
    allowed = {"stop_requested", "phase_started", "phase_finished", *(["step_finished"] if line == 44 else [])}
    assert {entry.event.type for entry in entries[line:]} <= allowed
    assert not any(isinstance(entry.event, RunFinished) for entry in entries)
    # Behind the guard and the clocks everything is touched, and cleaned up though nobody can write it down.
    assert (tmp_path / "erased").exists() is (line > 8)
    assert in_process(recovery, tmp_path).error == ""
    is_recovered(tmp_path, touched=line > 7)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that holds the reserve and a little more."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={RESERVE_BYTES + 200_000}", "none", str(place)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    if not mounted:
        pytest.skip("needs to mount a tmpfs (root); the file size limit above covers the rest everywhere")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("free", [0, 4_096, 8_192])
def test_on_a_full_disk_the_reserve_is_given_back_for_the_end_of_the_run(small_disk: Path, free: int) -> None:
    def fill() -> None:
        status = os.statvfs(small_disk)
        (small_disk / "filler").write_bytes(b"x" * max(0, status.f_bavail * status.f_frsize - free))

    ended = in_process(drill, small_disk, starve=fill)
    assert ended.error.startswith("StoreError: ")
    assert "No space left on device" in ended.error
    assert 0 < len(ended.acknowledged) < LINES or free == 0
    entries = run_of(small_disk).read_journal(PLAN)
    assert not run_of(small_disk).reserve.exists()
    assert not any(isinstance(entry.event, RunFinished) for entry in entries)
    if (small_disk / "erased").exists():
        assert entries[-1].event.type == "phase_finished"
    (small_disk / "filler").unlink()
    if entries:
        assert in_process(recovery, small_disk).error == ""


def test_a_run_directory_that_vanished_is_named(tmp_path: Path) -> None:
    in_process(drill, tmp_path, hold_at=20)
    journal = run_of(tmp_path).journal
    journal.unlink()
    journal.mkdir()
    ended = in_process(recovery, tmp_path)
    assert ended.error.startswith("StoreError: ")
    assert str(journal) in ended.error
