"""Probes, watches, canaries, catalogues, signers, notifiers: what is installed, by group of entry points and name.

Our own register through the same entry points as anybody's, and load only when they are needed.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from orchestrator.errors import UsageError

PROBES, WATCHES, CANARIES, BACKUPS = "reprise.probes", "reprise.watches", "reprise.canaries", "reprise.backups"
"""The groups whose members a drill names."""

NOTIFIERS = "reprise.notifiers"
"""The group whose members `reprise.yml` names, under `notify`."""


def find_extension(group: str, name: str) -> str:
    """The object that an entry point names, as `module:name`: nothing is imported.

    Raises:
        UsageError: Nothing of this name is installed; the message says what is.
    """
    return _entry(group, name).value


def load_extension(group: str, name: str) -> Any:
    """The object that an entry point names.

    Raises:
        UsageError: Nothing of this name is installed; the message says what is.
    """
    return _entry(group, name).load()


def _entry(group: str, name: str) -> EntryPoint:
    found = entry_points(group=group)
    for point in found.select(name=name):
        return point
    known = ", ".join(sorted(point.name for point in found)) or "none"
    raise UsageError(f"{group}: there is no {name}", hint=f"there are: {known}")
