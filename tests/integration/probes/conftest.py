from collections.abc import Iterator

import pytest

from tests.scratch import ScratchServer, scratch_server


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchServer]:
    with scratch_server() as server:
        yield server
