import hashlib
from collections.abc import Iterator

import pytest

from orchestrator.adapters.backups.pgbackrest import PgbackrestCatalogue
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.choose import choose, listed
from orchestrator.core.drill import RecoveryPointChoice
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.errors import CatalogueError
from orchestrator.lab import Layout
from tests.staging import connected, pinned

OPTIONS: dict[str, Scalar] = {
    "stanza": "{pgbackrest_stanza}",
    "config": "{pgbackrest_config}",
    "command": "{pgbackrest_command}",
}


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def catalogue(connections: SshConnections) -> PgbackrestCatalogue:
    return PgbackrestCatalogue(connections=connections)


@pytest.fixture
def repository(lab: Layout) -> PinnedHost:
    return pinned(lab.project, "repository")


def test_the_backup_that_the_lab_took_is_listed(catalogue: PgbackrestCatalogue, repository: PinnedHost) -> None:
    points = catalogue.recovery_points(repository, options=OPTIONS)
    first = points[0]
    assert (first.kind, first.tool, first.encrypted) == ("full", "pgbackrest", True)
    assert first.started_at < first.finished_at
    assert (first.size_bytes or 0) > 5_000_000
    assert (first.repository_bytes or 0) > 0
    assert len(first.first_log or "") == len(first.last_log or "") == 24
    assert (first.system_identifier or "").isdigit()
    choice = RecoveryPointChoice(catalogue="pgbackrest", host="repository", id=first.id)
    assert choose([listed(point) for point in points], choice, seed="00") == (listed(first),)


def test_the_manifest_is_digested_in_clear_though_it_lies_encrypted_in_the_repository(
    catalogue: PgbackrestCatalogue, connections: SshConnections, repository: PinnedHost
) -> None:
    point = catalogue.recovery_points(repository, options=OPTIONS)[0]
    digest = catalogue.manifest_sha256(repository, options=OPTIONS, point=point.id)
    address = connections.address("repository")
    config = address.fill("{pgbackrest_config}")
    found = connections.run("repository", ["sed", "-n", "s/^repo1-path=//p", config], timeout_us=60_000_000).stdout
    below = f"backup/{address.fill('{pgbackrest_stanza}')}/{point.id}/backup.manifest"
    lying = connections.run("repository", ["cat", f"{found.decode().strip()}/{below}"], timeout_us=60_000_000)
    assert lying.stdout.startswith(b"Salted__")
    given = [address.fill("{pgbackrest_command}"), f"--config={config}", "repo-get", below]
    manifest = connections.run("repository", given, timeout_us=60_000_000)
    assert b"\n[backup]\n" in manifest.stdout
    assert digest == hashlib.sha256(manifest.stdout).hexdigest()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stanza": "nowhere"}, "missing stanza path"),
        ({"config": "/nowhere/pgbackrest.conf"}, "error 55"),
        ({"command": "/nowhere/pgbackrest"}, "error 127"),
        ({"config": "{no_such_variable}"}, "no_such_variable"),
        ({"repo": "one"}, "repo"),
        ({"unknown": "x"}, "unknown"),
    ],
)
def test_what_is_wrong_is_named(
    catalogue: PgbackrestCatalogue, repository: PinnedHost, changes: dict[str, Scalar], words: str
) -> None:
    with pytest.raises(CatalogueError, match=words):
        catalogue.recovery_points(repository, options=OPTIONS | changes)


@pytest.mark.parametrize("point", ["20200101-000000F", "../../../etc", "", "--help", "a/b"])
def test_a_manifest_that_is_not_there_has_no_digest(
    catalogue: PgbackrestCatalogue, repository: PinnedHost, point: str
) -> None:
    with pytest.raises(CatalogueError):
        catalogue.manifest_sha256(repository, options=OPTIONS, point=point)


def test_a_host_that_does_not_answer_is_an_error_of_the_catalogue(lab: Layout, repository: PinnedHost) -> None:
    nobody = SshConnections(hosts={}, known_hosts=lab.project / "nowhere")
    with pytest.raises(CatalogueError, match="repository"):
        PgbackrestCatalogue(connections=nobody).recovery_points(repository, options=OPTIONS)
