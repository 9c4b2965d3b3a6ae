"""Where a question over HTTP goes: a URL, read once and refused where it cannot be meant."""

from orchestrator.adapters.network.place import ServerPlace, read_server_place, split_urls
from orchestrator.adapters.network.schemes import ports_of
from orchestrator.errors import ProbeError

PORTS = ports_of("http", "https")


def read_place(url: str, *, password_file: str | None = None) -> ServerPlace:
    """The server that a URL names, the path that is asked for, and who asks.

    Args:
        url: `http://user@host:port/path`; a user only with a file of his password.
        password_file: A file whose first line is the password, and that nobody else may read.

    Raises:
        ProbeError: It is not one of a web server, or names a user without a password's file, or a file without a user.
            It is not repeated: it may hold a password.
    """
    place = read_server_place(url, ports=PORTS, password_file=password_file)
    if bool(place.user) != (password_file is not None):
        raise ProbeError(
            "url: a user and password-file come together, or neither does",
            hint="write USER@ before the host and the password in a file of its own, or leave out both",
        )
    return place


def read_places(urls: str, *, password_file: str | None = None) -> tuple[ServerPlace, ...]:
    """Each of several URLs, with blanks between them: where a service is, and where it comes back.

    Raises:
        ProbeError: As `read_place`.
    """
    return tuple(read_place(url, password_file=password_file) for url in split_urls(urls) or ("",))
