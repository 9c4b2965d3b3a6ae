"""Where a question over HTTP goes: a URL, read once and refused where it cannot be meant."""

from orchestrator.adapters.network.place import ServerPlace, read_server_place
from orchestrator.adapters.network.schemes import ports_of
from orchestrator.errors import ProbeError

PORTS = ports_of("http", "https")


def read_place(url: str) -> ServerPlace:
    """The server that a URL names, and the path that is asked for.

    Raises:
        ProbeError: It is not one of a web server, or names a user. It is not repeated: it may hold a password.
    """
    place = read_server_place(url, ports=PORTS)
    if place.user:
        raise ProbeError("url: it names a user, and this probe sends none", hint="leave USER@ out of it")
    return place
