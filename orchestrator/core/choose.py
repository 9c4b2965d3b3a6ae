"""Which recovery point a drill restores, of those that the catalogue reports. Pure: a verifier draws again."""

from collections.abc import Sequence

from orchestrator.core.canonical import sha256
from orchestrator.core.drill import RecoveryPointChoice
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError


def choose(points: Sequence[RecoveryPoint], choice: RecoveryPointChoice, seed: str) -> RecoveryPoint:
    """The recovery point that a drill asks for.

    Args:
        points: What the catalogue reports, in any order.
        choice: The drill's `recovery-point`; an `id` goes before `choose`.
        seed: The plan's, committed before the draw: nobody can draw until the point suits him.

    Raises:
        CatalogueError: There is none, or none of that id.
    """
    ordered = sorted(points, key=lambda point: (point.finished_at, point.id))
    if not ordered:
        raise CatalogueError(f"{choice.catalogue}: there is no recovery point", hint="take a backup first")
    if choice.id is not None:
        return _identified(ordered, choice.id)
    match choice.choose:
        case "latest":
            return ordered[-1]
        case "oldest":
            return ordered[0]
        case "random":
            return ordered[_draw(seed, among=len(ordered))]


def _identified(points: Sequence[RecoveryPoint], identifier: str) -> RecoveryPoint:
    for point in points:
        if point.id == identifier:
            return point
    newest = ", ".join(point.id for point in points[-5:])
    raise CatalogueError(f"there is no recovery point {identifier}", hint=f"the newest are {newest}")


def _draw(seed: str, *, among: int) -> int:
    # A digest of the seed and of the purpose, so that no other choice of the plan draws the same number. Taken
    # from 256 bits, the remainder favours no point by more than one in 2^200.
    return int(sha256(f"recovery-point:{seed}".encode()), 16) % among
