"""The URIs of keys, and the secrets that they name but never hold: a PIN or passphrase is in a file or a variable."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from orchestrator.errors import EvidenceError, SecretError, UsageError
from orchestrator.secrets import Secrets, read_private_file


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


def passphrase_of(options: dict[str, str], *, secrets: Secrets) -> bytes | None:
    """The passphrase that `passphrase=REFERENCE` names; or `passphrase-file` or `passphrase-env`; None: there is none.

    Raises:
        EvidenceError: It is not there, or others can read it.
    """
    reference = options.get("passphrase")
    if (file := options.get("passphrase-file")) is not None:
        reference = f"file:{file}"
    if (variable := options.get("passphrase-env")) is not None:
        reference = f"env:{variable}"
    return None if reference is None else secret_at(reference, what="passphrase", secrets=secrets)


def secret_at(reference: str, *, what: str, secrets: Secrets) -> bytes:
    """What a reference stands for.

    Raises:
        EvidenceError: It is not there, or others can read it.
    """
    try:
        return secrets.resolve(reference).content
    except SecretError as error:
        raise EvidenceError(f"the {what} of the signing key: {error}", hint=error.hint) from error


def read_private(path: Path, *, what: str) -> bytes:
    """The content of a file that nobody else can read.

    Raises:
        EvidenceError: It cannot be read, or others can.
    """
    try:
        return read_private_file(path, name=f"{path}, the {what}")
    except SecretError as error:
        raise EvidenceError(str(error), hint=error.hint) from error
