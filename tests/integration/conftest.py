"""What more than one part of these tests stands on."""

from collections.abc import Iterator

import pytest

from tests.receivers import PROXIES, WebServer


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A web server that is asked directly, whatever the environment says."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    with WebServer() as server:
        yield server
