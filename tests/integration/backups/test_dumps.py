"""Real files in a directory of a host of the lab."""

import hashlib
from collections.abc import Iterator

import pytest

from orchestrator.adapters.backups.dumps import DumpsCatalogue
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.errors import CatalogueError
from orchestrator.lab import Layout
from tests.staging import connected, pinned

TIMEOUT_US = 60_000_000
DUMP = b"-- PostgreSQL database dump\nselect 1;\n-- PostgreSQL database dump complete\n\n"
PATTERN = r"dpi-(?P<class>\w+)-\d+\.sql"


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def directory(connections: SshConnections) -> Iterator[str]:
    made = run(connections, ["mktemp", "-d", "-p", "/var/tmp"]).strip()
    yield made
    run(connections, ["rm", "-rf", "--", made])


@pytest.fixture
def host(lab: Layout) -> PinnedHost:
    return pinned(lab.project, "repository")


@pytest.fixture
def catalogue(connections: SshConnections) -> DumpsCatalogue:
    return DumpsCatalogue(connections=connections)


def run(connections: SshConnections, command: list[str], *, stdin: bytes = b"") -> str:
    result = connections.run("repository", command, timeout_us=TIMEOUT_US, stdin=stdin)
    assert result.exit_code == 0, result.stderr
    return result.stdout.decode()


def put(connections: SshConnections, path: str, content: bytes = DUMP) -> None:
    run(connections, ["sh", "-c", 'cat > "$1"', "sh", path], stdin=content)


def options(directory: str, **more: Scalar) -> dict[str, Scalar]:
    return {"directory": directory, "pattern": PATTERN, **more}


def test_whole_dumps_are_listed_and_nothing_else(
    catalogue: DumpsCatalogue, connections: SshConnections, directory: str, host: PinnedHost
) -> None:
    put(connections, f"{directory}/dpi-daily-1.sql")
    put(connections, f"{directory}/dpi-weekly-2.sql")
    put(connections, f"{directory}/dpi-daily-3.sql", b"")
    put(connections, f"{directory}/dpi-daily-4.sql", DUMP[:50])
    put(connections, f"{directory}/dpi-daily-5.sql.part")
    run(connections, ["ln", "-s", f"{directory}/dpi-daily-1.sql", f"{directory}/dpi-daily-6.sql"])
    run(connections, ["mkdir", f"{directory}/dpi-daily-7.sql"])

    whole = options(directory, **{"begins-with": "-- PostgreSQL", "ends-with": "-- PostgreSQL database dump complete"})
    points = catalogue.recovery_points(host, options=whole)

    assert {(point.id, point.kind, point.size_bytes) for point in points} == {
        ("dpi-daily-1.sql", "daily", len(DUMP)),
        ("dpi-weekly-2.sql", "weekly", len(DUMP)),
    }


def test_a_dump_that_is_still_being_written_is_none(
    catalogue: DumpsCatalogue, connections: SshConnections, directory: str, host: PinnedHost
) -> None:
    put(connections, f"{directory}/dpi-daily-1.sql")
    put(connections, f"{directory}/dpi-daily-2.sql")
    writer = connections.open(
        "repository",
        ["sh", "-c", 'exec 9>>"$1"; echo open; read -r _', "sh", f"{directory}/dpi-daily-2.sql"],
        timeout_us=TIMEOUT_US,
    )
    try:
        assert writer.recv(5) == b"open\n"
        assert [point.id for point in catalogue.recovery_points(host, options=options(directory))] == [
            "dpi-daily-1.sql"
        ]
    finally:
        writer.close()


def test_the_manifest_is_the_digest_of_the_dump(
    catalogue: DumpsCatalogue, connections: SshConnections, directory: str, host: PinnedHost
) -> None:
    put(connections, f"{directory}/dpi-daily-1.sql")
    digest = catalogue.manifest_sha256(host, options=options(directory), point="dpi-daily-1.sql")
    assert digest == hashlib.sha256(DUMP).hexdigest()


def test_a_sidecar_is_asked_for_and_believed_only_where_it_is_true(
    catalogue: DumpsCatalogue, connections: SshConnections, directory: str, host: PinnedHost
) -> None:
    for name, told in (("dpi-daily-1.sql", hashlib.sha256(DUMP).hexdigest()), ("dpi-daily-2.sql", "0" * 64)):
        put(connections, f"{directory}/{name}")
        put(connections, f"{directory}/{name}.sha256", f"{told}  {name}\n".encode())
    put(connections, f"{directory}/dpi-daily-3.sql")
    asked = options(directory, sidecar=".sha256")

    listed = {point.id for point in catalogue.recovery_points(host, options=asked)}
    assert listed == {"dpi-daily-1.sql", "dpi-daily-2.sql"}
    assert catalogue.manifest_sha256(host, options=asked, point="dpi-daily-1.sql")
    with pytest.raises(CatalogueError, match=r"is not what \S+ says"):
        catalogue.manifest_sha256(host, options=asked, point="dpi-daily-2.sql")


@pytest.mark.parametrize("point", ["../dpi-daily-1.sql", "other.sql", "dpi-daily-1.sql\n"])
def test_only_the_name_of_a_dump_is_digested(catalogue: DumpsCatalogue, host: PinnedHost, point: str) -> None:
    with pytest.raises(CatalogueError, match="is not the name of such a dump"):
        catalogue.manifest_sha256(host, options=options("/var/tmp"), point=point)


def test_a_dump_that_is_gone_has_no_digest(catalogue: DumpsCatalogue, directory: str, host: PinnedHost) -> None:
    with pytest.raises(CatalogueError, match="does not give the dump"):
        catalogue.manifest_sha256(host, options=options(directory), point="dpi-daily-1.sql")


def test_a_directory_that_is_not_there_is_named_as_the_cause(catalogue: DumpsCatalogue, host: PinnedHost) -> None:
    with pytest.raises(CatalogueError, match="the directory of dumps cannot be looked at"):
        catalogue.recovery_points(host, options=options("/nowhere/at/all"))


def test_a_pattern_that_is_none_is_refused(catalogue: DumpsCatalogue, host: PinnedHost) -> None:
    with pytest.raises(CatalogueError, match="is no regular expression"):
        catalogue.recovery_points(host, options={"directory": "/var/tmp", "pattern": "("})
