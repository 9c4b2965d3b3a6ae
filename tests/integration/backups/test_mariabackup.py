"""Real backups of a real MariaDB, in a directory of a host that is reached over SSH."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.backups.mariabackup import MariabackupCatalogue
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.errors import CatalogueError
from orchestrator.lab import Layout
from tests.integration.probes.mariadb import ADDRESS, MariaDb, mariadb
from tests.integration.probes.servers import ENVIRONMENT, NOBODY, program
from tests.scratch import PASSWORD
from tests.staging import connected, pinned


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def repository(lab: Layout) -> PinnedHost:
    return pinned(lab.project, "repository")


@pytest.fixture(scope="module")
def kept(lab: Layout) -> Iterator[Path]:
    """The directory of backups, with two full ones, an incremental one and one that broke off."""
    directory = lab.host("repository").directory / "tmp" / "mariabackup"
    directory.mkdir()
    try:
        with mariadb("--log-bin=binlog", "--server-id=1") as server:
            first = _taken(server, directory / "first")
            server.execute("create table dpi.patients (id int primary key) engine=InnoDB")
            _taken(server, directory / "second")
            _taken(server, directory / "later", f"--incremental-basedir={server.server.directory / 'first'}")
        shutil.copytree(first, directory / "broken-off")
        (directory / "broken-off" / "xtrabackup_checkpoints").unlink()
        shutil.copytree(first, directory / ".partial")
        _open_up(directory)
        yield directory
    finally:
        shutil.rmtree(directory)


def _taken(server: MariaDb, target: Path, *options: str) -> Path:
    """As the account of the server: into its own directory, then to where the repository keeps it."""
    own = server.server.directory / target.name
    command = [program("mariadb-backup"), "--no-defaults", "--backup", f"--target-dir={own}", *options]
    place = [f"--datadir={server.server.directory / 'data'}", f"--host={ADDRESS}", f"--port={server.server.port}"]
    account = ["--user=owner", f"--password={PASSWORD}"]
    done = subprocess.run(
        [*command, *place, *account], capture_output=True, text=True, env=ENVIRONMENT, check=False, **NOBODY
    )
    assert done.returncode == 0, done.stderr
    shutil.copytree(own, target)
    return target


def _open_up(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def catalogue(connections: SshConnections) -> MariabackupCatalogue:
    return MariabackupCatalogue(connections=connections)


def options(kept: Path, **more: Scalar) -> dict[str, Scalar]:
    return {"directory": str(kept), **more}


def test_whole_backups_are_listed_and_nothing_else(
    catalogue: MariabackupCatalogue, repository: PinnedHost, kept: Path
) -> None:
    points = catalogue.recovery_points(repository, options=options(kept))
    assert [point.id for point in points] == ["first", "second"]
    newest = points[-1]
    assert (newest.kind, newest.tool, newest.of) == ("full", "mariadb-backup", "database")
    assert newest.started_at <= newest.finished_at
    assert points[0].finished_at <= newest.finished_at
    assert newest.size_bytes == sum(path.stat().st_size for path in (kept / "second").rglob("*") if path.is_file())
    log, _, position = (newest.first_log or "").partition(":")
    assert (kept / "second" / "xtrabackup_binlog_info").read_text().split()[:2] == [log, position]


def test_a_backup_is_pinned_by_all_that_it_holds(
    catalogue: MariabackupCatalogue, repository: PinnedHost, kept: Path
) -> None:
    def digest() -> str:
        return catalogue.manifest_sha256(repository, options=options(kept), point="second")

    pinned_before = digest()
    assert digest() == pinned_before
    pages = kept / "second" / "ibdata1"
    content = pages.read_bytes()
    pages.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert digest() != pinned_before
    pages.write_bytes(content)
    assert digest() == pinned_before
    (kept / "second" / "one-more").touch(mode=0o644)
    assert digest() != pinned_before
    (kept / "second" / "one-more").unlink()
    assert catalogue.manifest_sha256(repository, options=options(kept), point="first") != pinned_before


def test_where_the_backup_brings_its_own_digests_they_are_what_is_pinned(
    catalogue: MariabackupCatalogue, repository: PinnedHost, kept: Path
) -> None:
    sums = kept / "first" / "SHA256SUMS"
    sums.write_text("0123  ibdata1\n")
    sums.chmod(0o644)
    found = catalogue.manifest_sha256(repository, options=options(kept, sums="SHA256SUMS"), point="first")
    assert found == hashlib.sha256(b"0123  ibdata1\n").hexdigest()
    with pytest.raises(CatalogueError, match="does not give the files of second"):
        catalogue.manifest_sha256(repository, options=options(kept, sums="SHA256SUMS"), point="second")


@pytest.mark.parametrize("point", ["nowhere", "", ".partial", "..", "../mariabackup/first", "first/dpi", "--help"])
def test_a_backup_that_is_not_there_has_no_digest(
    catalogue: MariabackupCatalogue, repository: PinnedHost, kept: Path, point: str
) -> None:
    with pytest.raises(CatalogueError):
        catalogue.manifest_sha256(repository, options=options(kept), point=point)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"directory": "/nowhere"}, "ls /nowhere ended with error 1"),
        ({"directory": "{no_such_variable}"}, "no_such_variable"),
        ({"timezone": "Europe/Lutèce"}, "no such time zone"),
        ({"timezone": "../UTC"}, "no such time zone"),
        ({"sums": "../SHA256SUMS"}, "name a file"),
        ({"unknown": "x"}, "unknown"),
    ],
)
def test_what_is_wrong_is_named(
    catalogue: MariabackupCatalogue, repository: PinnedHost, kept: Path, changes: dict[str, Scalar], words: str
) -> None:
    with pytest.raises(CatalogueError, match=words):
        catalogue.recovery_points(repository, options=options(kept) | changes)


def test_a_directory_without_a_whole_backup_has_no_recovery_point(
    catalogue: MariabackupCatalogue, repository: PinnedHost, kept: Path
) -> None:
    with pytest.raises(CatalogueError, match="no full backup is there"):
        catalogue.recovery_points(repository, options=options(kept / "first"))
