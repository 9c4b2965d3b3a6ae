"""Why a backup tool failed, told by words that it is known to say. Its own text, full of paths, is never repeated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.adapters.backups.asking import AskedTool
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


def output_of(tool: AskedTool, arguments: Sequence[str], *, called: str, complaints: Sequence[Complaint]) -> bytes:
    """What one command writes, which must end with 0.

    Args:
        tool: Where it runs.
        arguments: The command.
        called: The command as an error gives it.
        complaints: The reasons that are known; the first one that fits is given.

    Raises:
        DamagedError: It says that the repository is damaged.
        CatalogueError: It did not end with 0, could not be run, or did not end in time.
    """
    result = tool.run(arguments)
    if result.exit_code == 0:
        return result.stdout
    known = next((one for one in complaints if re.search(one.said, result.stderr)), None)
    reason = f": {known.means}" if known else f" with error {result.exit_code}"
    hint = known.hint if known else f"run `{called}` there to see why"
    kind = DamagedError if known and known.damage else CatalogueError
    raise kind(f"host {tool.host.name}: {called} ended{reason}", hint=hint)
