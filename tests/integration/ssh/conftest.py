from collections.abc import Iterator

import pytest

from orchestrator.adapters.ssh import HostAddress, SshConnections
from orchestrator.lab import Layout
from tests.staging import address, connected


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture(scope="module")
def source(lab: Layout) -> HostAddress:
    return address(lab.project, "source")
