from collections.abc import Iterator

import pytest

from tests.scratch import ScratchServer, scratch_server

CANARY_TABLE = (
    "create schema if not exists reprise",
    "create table if not exists reprise.canary (run text, seq bigint, sent_at timestamptz default clock_timestamp(), "
    "primary key (run, seq))",
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[ScratchServer]:
    with scratch_server() as server:
        server.execute(*CANARY_TABLE)
        yield server


@pytest.fixture
def server(cluster: ScratchServer) -> ScratchServer:
    """Running, whatever the test before did to it."""
    cluster.kill()
    cluster.start()
    return cluster
