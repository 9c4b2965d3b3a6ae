"""How a secret is named where it must not be written: its kind, and where it is kept. Reads nothing."""

import re
import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

FORMS = "env:NAME, file:PATH, credential:NAME, vault:FILE#KEY or command:PROGRAM ARGUMENTS"
"""Everything that can be written, as it is said to people."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_VAULT = re.compile(r"[^#]+#[^#/]+(/[^#/]+)*")


class SecretKind(StrEnum):
    """Where a secret is kept."""

    ENV = "env"
    """A variable of the process's environment."""
    FILE = "file"
    """A file that its owner alone can read."""
    CREDENTIAL = "credential"
    """A credential that systemd hands to the service."""
    VAULT = "vault"
    """A value in a YAML file that Ansible Vault encrypted."""
    COMMAND = "command"
    """What a program prints: `pass`, Vault's command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference in its parts. `place`: what is behind the kind. It is no secret: errors and logs may show it."""

    kind: SecretKind
    place: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}"


def parse_reference(text: str) -> Reference:
    """Take a reference apart.

    Raises:
        ValueError: It is none. What was written is not repeated: it may be the secret itself.
    """
    kind, _, place = text.partition(":")
    if kind not in set(SecretKind) or not _IS_PLACE[SecretKind(kind)](place):
        raise ValueError(f"is no reference to a secret: write {FORMS}")
    return Reference(kind=SecretKind(kind), place=place)


def _is_command(place: str) -> bool:
    try:
        return bool(shlex.split(place))
    except ValueError:
        return False


_IS_PLACE = {
    SecretKind.ENV: lambda place: _NAME.fullmatch(place) is not None,
    SecretKind.FILE: lambda place: bool(place) and "\0" not in place,
    SecretKind.CREDENTIAL: lambda place: _CREDENTIAL.fullmatch(place) is not None,
    SecretKind.VAULT: lambda place: _VAULT.fullmatch(place) is not None,
    SecretKind.COMMAND: _is_command,
}


def _checked(text: str) -> str:
    parse_reference(text)
    return text


SecretReference = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(SecretKind)}):.+$"}),
]
"""A reference as a person writes it in `reprise.yml`."""
