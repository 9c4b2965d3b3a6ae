from collections.abc import Iterator

import pytest

from orchestrator.adapters.canaries.files import FilesCanary
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.ports import CanaryWriter, Survivors
from orchestrator.errors import ProbeError
from tests.integration.canaries.hosted import PATIENCE_US, RUN, commit, pythons, shell
from tests.patience import wait_until


@pytest.fixture
def canary(connections: SshConnections) -> FilesCanary:
    return FilesCanary(connections=connections)


@pytest.fixture
def writer(canary: FilesCanary, tree: str) -> Iterator[CanaryWriter]:
    writer = canary.writer({"host": "restore", "path": tree}, run_id=RUN)
    yield writer
    writer.close()


def survivors(canary: FilesCanary, path: str, *, run: str = RUN) -> Survivors:
    return canary.survivors({"host": "restore_target", "path": path}, run_id=run, timeout_us=PATIENCE_US)


def test_every_acknowledged_marker_is_read_back_and_only_of_this_run(
    canary: FilesCanary, writer: CanaryWriter, connections: SshConnections, tree: str
) -> None:
    assert [commit(writer, number) for number in (1, 2, 3, 5)] == [""] * 4
    shell(connections, f"mkdir {tree}/.reprise/another; echo 4 > {tree}/.reprise/another/4")
    found = survivors(canary, tree)
    assert (found.answered, found.ranges) == (True, ((1, 3), (5, 5)))
    assert survivors(canary, tree, run="never-began").ranges == ()


def test_a_tree_that_is_lost_is_not_made_again(
    canary: FilesCanary, writer: CanaryWriter, connections: SshConnections, tree: str
) -> None:
    assert commit(writer, 1) == ""
    shell(connections, f"mv {tree} {tree}.lost")
    assert commit(writer, 2) == "No such file or directory"
    assert shell(connections, f"ls -d {tree} || true") == ""
    nothing = survivors(canary, tree)
    assert (nothing.answered, nothing.fault) == (False, "there is no such directory")
    assert survivors(canary, f"{tree}.lost").ranges == ((1, 1),)


def test_a_marker_that_was_there_before_or_is_not_whole_is_no_marker(
    canary: FilesCanary, writer: CanaryWriter, connections: SshConnections, tree: str
) -> None:
    assert commit(writer, 1) == ""
    shell(connections, f"cd {tree}/.reprise/{RUN}; : > 2; echo 7 > 3; echo 4 > 04; echo 5 > x5; echo 6 > 6")
    assert commit(writer, 6) == "File exists"
    assert survivors(canary, tree).ranges == ((1, 1), (6, 6))


def test_a_program_that_hangs_costs_a_marker_and_the_next_is_written(
    canary: FilesCanary, writer: CanaryWriter, connections: SshConnections, tree: str
) -> None:
    assert commit(writer, 1) == ""
    (hung,) = pythons(connections, f"write {tree} {RUN}")
    shell(connections, f"kill -STOP {hung}")
    try:
        assert commit(writer, 2, patience_us=200_000) == "timeout"
        assert commit(writer, 3) == ""
    finally:
        shell(connections, f"kill -KILL {hung}")
    assert survivors(canary, tree).ranges in (((1, 1), (3, 3)), ((1, 3),))


def test_the_program_ends_with_the_writer_and_a_host_that_is_unknown_is_said(
    canary: FilesCanary, writer: CanaryWriter, connections: SshConnections, tree: str
) -> None:
    assert commit(writer, 1) == ""
    assert len(pythons(connections, f"write {tree} {RUN}")) == 1
    writer.close()
    wait_until(lambda: not pythons(connections, f"write {tree} {RUN}"))
    nowhere = canary.writer({"host": "nobody", "path": tree}, run_id=RUN)
    assert commit(nowhere, 1) == "no host is called nobody"
    with pytest.raises(ProbeError, match="path"):
        canary.writer({"host": "restore"}, run_id=RUN)
