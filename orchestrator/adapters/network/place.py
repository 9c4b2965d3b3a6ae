"""Where a server is, as a URL says it, and with which name and password one comes. Connecting is `connecting`."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from orchestrator.errors import ProbeError

_ADVICE = "write scheme://[USER@]HOST[:PORT][/PATH] and the password in a file of its own (password-file)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlace:
    """A server, who asks it, and for what. The password is in no text that is made of it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    path: str
    """What follows the host, without its first slash."""


def read_server_place(
    url: str, *, ports: Mapping[str, int], password: str | None = None, password_file: str | None = None
) -> ServerPlace:
    """The parts of a URL.

    Args:
        url: `scheme://user@host:port/path`; a password in it is taken, one given beside it goes first.
        ports: The schemes that are meant, each with the port where none is named.
        password: The password, where it is known already.
        password_file: A file whose first line it is, and that nobody else may read.

    Raises:
        ProbeError: It is none of these, or the file cannot be used. Neither URL nor password is repeated.
    """
    kinds = " or ".join(f"{scheme}://" for scheme in ports)
    try:
        parts = urlsplit(url)
        port = parts.port or ports[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ProbeError(f"url: it is not {kinds} with a host", hint=_ADVICE) from error
    if not parts.hostname:
        raise ProbeError(f"url: it is not {kinds} with a host", hint=_ADVICE)
    return ServerPlace(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=_password(password, password_file) or unquote(parts.password or ""),
        path=unquote(parts.path.removeprefix("/")),
    )


def read_server_places(
    urls: str, *, ports: Mapping[str, int], password: str | None = None, password_file: str | None = None
) -> tuple[ServerPlace, ...]:
    """The parts of each of several URLs, with blanks between them, in the order in which they are asked.

    Raises:
        ProbeError: As `read_server_place`.
    """
    return tuple(
        read_server_place(url, ports=ports, password=password, password_file=password_file) for url in split_urls(urls)
    )


def split_urls(text: str) -> tuple[str, ...]:
    """The URLs of a text, with blanks between them, in the order in which they are asked."""
    return tuple(text.split())


def _password(known: str | None, file: str | None) -> str:
    if known is not None and file is not None:
        raise ProbeError("give password or password-file, not both")
    return _first_line(Path(file).expanduser()) if file is not None else known or ""


def _first_line(file: Path) -> str:
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ProbeError(f"{file}: others may read this password", hint=f"chmod 600 {file}")
        return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ProbeError(f"{file}: the password cannot be read: {words}", hint="see password-file") from error
