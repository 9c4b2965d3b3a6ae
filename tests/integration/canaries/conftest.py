from collections.abc import Iterator

import pytest

from orchestrator.adapters.ssh import SshConnections
from orchestrator.lab import Layout
from tests.integration.canaries.hosted import shell
from tests.staging import connected


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def tree(connections: SshConnections) -> Iterator[str]:
    """An empty directory on a host."""
    made = shell(connections, "mktemp -d").strip()
    yield made
    shell(connections, f"rm -rf -- {made} {made}.lost")
