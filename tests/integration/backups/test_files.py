"""The catalogues of restic and Borg, asked of real, encrypted repositories of the lab, over SSH in both steps."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.adapters.backups.borg import BorgCatalogue
from orchestrator.adapters.backups.restic import ResticCatalogue
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.errors import CatalogueError
from orchestrator.lab import Layout, up
from tests.staging import connected, pinned

PATIENCE_US = 60_000_000
CLASSES = "daily, weekly, monthly"
OPTIONS: dict[str, dict[str, Scalar]] = {
    "restic": {
        "repository": "{restic_repository}",
        "password-file": "{restic_password_file}",
        "command": "{restic_command}",
        "snapshot-host": "documents",
        "classes": CLASSES,
    },
    "borg": {
        "repository": "{borg_repository}",
        "passphrase-file": "{borg_passphrase_file}",
        "command": "{borg_command}",
        "prefix": "documents-",
        "classes": CLASSES,
    },
}
Catalogues = Mapping[str, ResticCatalogue | BorgCatalogue]


@pytest.fixture(scope="module")
def project(lab: Layout) -> Path:
    """The project of a lab that has documents and a vault."""
    up(state=lab.state, data_megabytes=5, say=print, stacks=("files",))
    return lab.project


@pytest.fixture(scope="module")
def connections(project: Path) -> Iterator[SshConnections]:
    with connected(project) as connections:
        yield connections


@pytest.fixture(scope="module")
def catalogues(connections: SshConnections) -> Catalogues:
    return {"restic": ResticCatalogue(connections=connections), "borg": BorgCatalogue(connections=connections)}


@pytest.fixture(scope="module")
def target(project: Path) -> PinnedHost:
    return pinned(project, "files_restore")


@pytest.mark.parametrize("tool", OPTIONS)
def test_every_backup_is_listed_with_its_class_and_time(tool: str, catalogues: Catalogues, target: PinnedHost) -> None:
    points = catalogues[tool].recovery_points(target, options=OPTIONS[tool])
    kept = [point for point in points if point.retention_class is not None]
    assert sorted(point.retention_class or "" for point in kept) == ["daily"] * 3 + ["monthly"] * 2 + ["weekly"] * 3
    assert [point.finished_at for point in points] == sorted(point.finished_at for point in points)
    assert {(point.tool, point.encrypted) for point in points} == {(tool, True)}
    daily = [point.finished_at for point in kept if point.retention_class == "daily"]
    assert {newer - older for older, newer in itertools.pairwise(daily)} == {timedelta(days=1)}
    assert {moment.hour for moment in daily} == {3}


@pytest.mark.parametrize("tool", OPTIONS)
def test_a_manifest_names_one_backup_and_no_other(tool: str, catalogues: Catalogues, target: PinnedHost) -> None:
    catalogue, options = catalogues[tool], OPTIONS[tool]
    points = catalogue.recovery_points(target, options=options)[:2]
    digests = [point.manifest_sha256 for point in points]
    again = [catalogue.manifest_sha256(target, options=options, point=point.id) for point in points]
    assert digests == again
    assert len(set(digests)) == 2
    assert catalogue.size_bytes(target, options=options, point=points[0].id) > 5_000_000


@pytest.mark.parametrize(
    ("tool", "changes", "words"),
    [
        ("restic", {"password-file": "/etc/hostname"}, "the password opens no key"),
        ("restic", {"password-file": "/nowhere"}, "the password cannot be read"),
        ("restic", {"repository": "{restic_repository}-elsewhere"}, "there is no repository at that place"),
        ("restic", {"command": "/nowhere/restic"}, "error 127"),
        ("restic", {"snapshot-host": "somebody-else"}, "no such snapshot"),
        ("restic", {"classes": 7}, "classes"),
        ("borg", {"passphrase-file": "/etc/hostname"}, "the passphrase does not open the repository's key"),
        ("borg", {"passphrase-file": "/nowhere"}, "the passphrase cannot be read"),
        ("borg", {"repository": "{borg_repository}-elsewhere"}, "there is no repository at that place"),
        ("borg", {"command": "/nowhere/borg"}, "error 127"),
        ("borg", {"prefix": "somebody-else"}, "no such archive"),
        ("borg", {"unknown": "x"}, "unknown"),
    ],
)
def test_what_is_wrong_is_named_and_what_to_do(
    tool: str, changes: dict[str, Scalar], words: str, catalogues: Catalogues, target: PinnedHost
) -> None:
    with pytest.raises(CatalogueError, match=words) as caught:
        catalogues[tool].recovery_points(target, options=OPTIONS[tool] | changes)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("tool", "point"), [("restic", "0" * 16), ("restic", "../config"), ("borg", "documents-never")]
)
def test_a_backup_that_is_not_there_has_no_manifest(
    tool: str, point: str, catalogues: Catalogues, target: PinnedHost
) -> None:
    with pytest.raises(CatalogueError, match=r"is not there|no id of a restic snapshot"):
        catalogues[tool].manifest_sha256(target, options=OPTIONS[tool], point=point)


def test_a_repository_that_somebody_holds_says_how_to_open_it(
    catalogues: Catalogues, connections: SshConnections, target: PinnedHost
) -> None:
    # As Borg on another host leaves it, of which nobody here can tell whether it still runs.
    lock = connections.address("vault").fill("{borg_directory}/lock.exclusive")
    script = 'mkdir "$1" && : >"$1/elsewhere@1.2-3"'
    connections.run("vault", ["sh", "-c", script, "sh", lock], timeout_us=PATIENCE_US)
    try:
        with pytest.raises(CatalogueError, match="something holds the lock") as caught:
            catalogues["borg"].recovery_points(target, options=OPTIONS["borg"])
        assert "borg break-lock" in (caught.value.hint or "")
    finally:
        connections.run("vault", ["rm", "-r", lock], timeout_us=PATIENCE_US)
    assert catalogues["borg"].recovery_points(target, options=OPTIONS["borg"])


def test_a_lock_of_restic_keeps_nobody_from_reading(
    catalogues: Catalogues, connections: SshConnections, target: PinnedHost
) -> None:
    locks = connections.address("vault").fill("{restic_directory}/locks")
    before = connections.run("vault", ["ls", locks], timeout_us=PATIENCE_US).stdout
    assert catalogues["restic"].recovery_points(target, options=OPTIONS["restic"])
    assert connections.run("vault", ["ls", locks], timeout_us=PATIENCE_US).stdout == before
