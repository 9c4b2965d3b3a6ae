"""Every value that a project keeps in files of Ansible Vault: what is in there is a secret, however it looks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from orchestrator.project import Project
from orchestrator.secret_programs import view_vault
from orchestrator.secrets import Secret

LEAST_LENGTH = 4
"""Of a value: shorter ones (a port, a yes) are in half of all that is published."""
_HEADER = b"$ANSIBLE_VAULT;"


def vaulted_values(project: Project, *, password: Secret | None) -> frozenset[str]:
    """The texts in every encrypted file of the inventory and the playbooks; none where no password is known.

    Values that are encrypted one by one (`!vault`) within a file are not among them.

    Raises:
        SecretError: A file cannot be decrypted with that password.
    """
    if password is None:
        return frozenset()
    found: set[str] = set()
    for file in _files(project):
        text = view_vault(file, name=str(file), password=password.content, environ=os.environ)
        found |= {value for value in _leaves(_parsed(text)) if len(value) >= LEAST_LENGTH}
    return frozenset(found)


def _files(project: Project) -> Iterator[Path]:
    beside = project.inventory.parent
    for place in (project.inventory, beside / "group_vars", beside / "host_vars", project.root / "playbooks"):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and _begins(path):
                yield path.absolute()


def _begins(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return False


def _parsed(text: bytes) -> Any:
    """What YAML makes of it; all of it as one text where it is none."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError):
        return text.decode(errors="replace")


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _leaves(inner)
        case list():
            for inner in value:
                yield from _leaves(inner)
        case str():
            yield value
        case _:
            return
