"""A real Barman on a host of the lab, with real backups of a PostgreSQL made for the test."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.backups.barman import BarmanCatalogue
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.environment import extended_environment, prepared_environment
from orchestrator.errors import CatalogueError
from orchestrator.lab import Layout
from orchestrator.lab.tools import find_tools
from tests.patience import wait_until
from tests.scratch import PASSWORD, ScratchServer, scratch_server
from tests.staging import connected, pinned

HOST = "repository"
LONG_US = 240_000_000
Barman = Callable[..., bytes]

CONFIGURATION = """
[barman]
barman_user = {user}
barman_home = {home}
configuration_files_directory = {home}/conf.d
log_file = {home}/barman.log
path_prefix = {programs}

[dpi]
description = made for a test
conninfo = {dsn} dbname=postgres
streaming_conninfo = {dsn}
backup_method = postgres
streaming_archiver = on
slot_name = barman

[empty]
description = never backed up
conninfo = {dsn} dbname=postgres
streaming_conninfo = {dsn}
backup_method = postgres
streaming_archiver = on
slot_name = barman_empty
"""


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture(scope="module")
def host(lab: Layout) -> PinnedHost:
    return pinned(lab.project, HOST)


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchServer]:
    with scratch_server() as server:
        yield server


@pytest.fixture(scope="module")
def home(connections: SshConnections, server: ScratchServer) -> Iterator[str]:
    """Barman's home, with its configuration and the command that starts it."""
    made = _on_host(connections, "mktemp", "-d").decode().strip()
    user = _on_host(connections, "id", "-un").decode().strip()
    dsn = f"host={server.address} port={server.port} user=postgres password={PASSWORD}"
    programs = find_tools().postgresql_bin
    text = CONFIGURATION.format(user=user, home=made, dsn=dsn, programs=programs)
    _on_host(connections, "tee", f"{made}/barman.conf", stdin=text.encode())
    _on_host(connections, "tee", f"{made}/barman", stdin=_starter().encode())
    _on_host(connections, "chmod", "700", f"{made}/barman")
    yield made
    _on_host(connections, "rm", "-rf", "--", made)


def _starter() -> str:
    """Debian's own script finds its modules only where Debian puts them; unpacked elsewhere it must be told."""
    environment = extended_environment(environ=os.environ, prepared=prepared_environment())
    program = shutil.which("barman", path=environment["PATH"])
    assert program is not None, "run script/setup test"
    modules = Path(program).resolve().parents[1] / "lib" / "python3" / "dist-packages"
    return f'#!/bin/sh\nPYTHONPATH={modules} exec {program} "$@"\n'


def _on_host(connections: SshConnections, *words: str, stdin: bytes = b"") -> bytes:
    done = connections.run(HOST, words, timeout_us=LONG_US, stdin=stdin)
    assert done.exit_code == 0, (words, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def barman(connections: SshConnections, home: str) -> Iterator[Barman]:
    """The command, on a server that has one complete backup."""

    def run(*words: str) -> bytes:
        return _on_host(connections, f"{home}/barman", "-c", f"{home}/barman.conf", *words)

    run("receive-wal", "--create-slot", "dpi")
    words = [f"{home}/barman", "-c", f"{home}/barman.conf", "receive-wal", "dpi"]
    receiving = connections.open(HOST, words, timeout_us=LONG_US)
    try:
        # Barman begins no backup before it has seen that WAL arrives.
        wait_until(lambda: _archives(connections, home))
        run("backup", "--wait", "dpi")
        yield run
    finally:
        words = [f"{home}/barman", "-c", f"{home}/barman.conf", "receive-wal", "--stop", "dpi"]
        connections.run(HOST, words, timeout_us=LONG_US)
        wait_until(receiving.exit_status_ready)
        receiving.close()


def _archives(connections: SshConnections, home: str) -> bool:
    """Whether a segment that is closed now is in the archive: not before the receiver is connected."""
    words = [f"{home}/barman", "-c", f"{home}/barman.conf", "switch-wal", "--force", "--archive", "dpi"]
    switched = connections.run(HOST, words, timeout_us=LONG_US).exit_code == 0
    return switched and bool(_on_host(connections, "find", f"{home}/dpi/wals", "-name", "0000*", "-type", "f"))


@pytest.fixture
def options(home: str, barman: Barman) -> dict[str, Scalar]:
    del barman
    return {"server": "dpi", "config": f"{home}/barman.conf", "command": f"{home}/barman"}


@pytest.fixture
def catalogue(connections: SshConnections) -> BarmanCatalogue:
    return BarmanCatalogue(connections=connections)


def test_the_backup_that_was_taken_is_listed(
    catalogue: BarmanCatalogue, host: PinnedHost, options: dict[str, Scalar]
) -> None:
    first = catalogue.recovery_points(host, options=options)[0]
    assert (first.kind, first.tool, first.of) == ("full", "barman", "database")
    assert first.tool_version[:1].isdigit()
    assert first.started_at < first.finished_at
    assert (first.size_bytes or 0) > 5_000_000
    assert len(first.first_log or "") == len(first.last_log or "") == 24


def test_the_manifest_is_digested_as_it_lies_in_barmans_home(
    catalogue: BarmanCatalogue, connections: SshConnections, host: PinnedHost, home: str, options: dict[str, Scalar]
) -> None:
    point = catalogue.recovery_points(host, options=options)[0]
    path = f"{home}/dpi/base/{point.id}/data/backup_manifest"
    manifest = _on_host(connections, "cat", path)
    assert b"PostgreSQL-Backup-Manifest-Version" in manifest
    assert catalogue.manifest_sha256(host, options=options, point=point.id) == hashlib.sha256(manifest).hexdigest()
    _on_host(connections, "tee", "-a", path, stdin=b" ")
    try:
        assert catalogue.manifest_sha256(host, options=options, point=point.id) != hashlib.sha256(manifest).hexdigest()
    finally:
        _on_host(connections, "tee", path, stdin=manifest)


def test_a_backup_that_is_not_complete_is_no_recovery_point(
    catalogue: BarmanCatalogue, connections: SshConnections, host: PinnedHost, home: str, options: dict[str, Scalar]
) -> None:
    point = catalogue.recovery_points(host, options=options)[0]
    info = f"{home}/dpi/base/{point.id}/backup.info"
    whole = _on_host(connections, "cat", info)
    _on_host(connections, "tee", info, stdin=whole.replace(b"status=DONE", b"status=FAILED"))
    try:
        with pytest.raises(CatalogueError, match="no backup is complete"):
            catalogue.recovery_points(host, options=options)
    finally:
        _on_host(connections, "tee", info, stdin=whole)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server": "nowhere"}, "list-backups ended with error 1"),
        ({"server": "empty"}, "no backup is complete"),
        ({"config": "/nowhere/barman.conf"}, "ended with error"),
        ({"command": "/nowhere/barman"}, "error 127"),
        ({"server": "all"}, "one server"),
        ({"config": "{no_such_variable}"}, "no_such_variable"),
        ({"unknown": "x"}, "unknown"),
    ],
)
def test_what_is_wrong_is_named(
    catalogue: BarmanCatalogue,
    host: PinnedHost,
    options: dict[str, Scalar],
    changes: dict[str, Scalar],
    words: str,
) -> None:
    with pytest.raises(CatalogueError, match=words):
        catalogue.recovery_points(host, options=options | changes)


@pytest.mark.parametrize("point", ["20200101T000000", "../../etc/passwd", "--help", ""])
def test_a_backup_that_is_not_there_has_no_manifest(
    catalogue: BarmanCatalogue, host: PinnedHost, options: dict[str, Scalar], point: str
) -> None:
    with pytest.raises(CatalogueError):
        catalogue.manifest_sha256(host, options=options, point=point)
