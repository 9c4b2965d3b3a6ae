"""The URIs of keys, and the secrets that they name but never hold: a PIN or passphrase is in a file or a variable."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from orchestrator.errors import EvidenceError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUri:
    """A URI in its parts."""

    path: str
    """What is between the scheme and the question mark, decoded where it is a path."""
    options: dict[str, str]


def parse_uri(uri: str, *, options: frozenset[str]) -> KeyUri:
    """Take a URI apart.

    Args:
        uri: `scheme:path?name=value&...`
        options: The names that are known.

    Raises:
        UsageError: It names something else.
    """
    scheme, _, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    found = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(found.keys() - options)
    if unknown or not path:
        what = f"{unknown[0]} is not known" if unknown else "it names nothing"
        known = ", ".join(sorted(options)) or "none"
        raise UsageError(f"signing key, {scheme}: {what}", hint=f"the options are: {known}")
    return KeyUri(path=unquote(path), options=found)


def secret_from(options: dict[str, str], *, name: str) -> bytes | None:
    """A secret, from the file or the environment variable that `<name>-file` or `<name>-env` names.

    Raises:
        EvidenceError: It is not there, or others can read it.
    """
    variable, file = options.get(f"{name}-env"), options.get(f"{name}-file")
    if variable is not None:
        value = os.environ.get(variable)
        if value is None:
            raise EvidenceError(f"{variable}: not set: the {name} of the signing key should be in there")
        return value.encode()
    return read_private(Path(file), what=f"{name} of the signing key").rstrip(b"\r\n") if file is not None else None


def read_private(path: Path, *, what: str) -> bytes:
    """The content of a file that nobody else can read.

    Raises:
        EvidenceError: It cannot be read, or others can.
    """
    try:
        content, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise EvidenceError(f"{path}: no {what} can be read: {error.strerror}") from error
    if mode & 0o077:
        raise EvidenceError(f"{path}: others can read this {what}", hint=f"chmod 600 {path}")
    return content
