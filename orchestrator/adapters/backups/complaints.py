"""Why a backup tool failed, told by words that it is known to say. Its own text, full of paths, is never repeated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.errors import CatalogueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One reason.

    Attributes:
        said: What the tool writes on its standard error then, in whatever version: a regular expression.
        means: The reason in our words.
        hint: What to do.
        damage: Whether it says that the repository itself is damaged.
    """

    said: bytes
    means: str
    hint: str
    damage: bool = False


class DamagedError(CatalogueError):
    """The tool has read the repository and found it damaged."""


def failure(where: str, *, called: str, exit_code: int, said: bytes, complaints: Sequence[Complaint]) -> CatalogueError:
    """The error for a command that did not end with 0: of the reasons that are known the first one that fits.

    Args:
        where: The host, as an error gives it.
        called: The command, as an error gives it.
        exit_code: What it ended with.
        said: What it wrote on its standard error.
        complaints: The reasons that are known.
    """
    known = next((one for one in complaints if re.search(one.said, said)), None)
    reason = f": {known.means}" if known else f" with error {exit_code}"
    kind = DamagedError if known and known.damage else CatalogueError
    return kind(f"{where}: {called} ended{reason}", hint=known.hint if known else f"run `{called}` there to see why")
