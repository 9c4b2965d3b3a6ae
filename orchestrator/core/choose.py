"""Which recovery points a drill restores, of those that the catalogue reports. Pure: a verifier chooses again."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from orchestrator.core.canonical import sha256
from orchestrator.core.drill import Choice, RecoveryPointChoice
from orchestrator.core.plan import ListedPoint, Plan, RecoveryPoint
from orchestrator.errors import CatalogueError

ADVICE = "take a backup first"


def listed(point: RecoveryPoint) -> ListedPoint:
    """What a choice goes by."""
    return ListedPoint(id=point.id, finished_at=point.finished_at, retention_class=point.retention_class)


def choose(points: Sequence[ListedPoint], choice: RecoveryPointChoice, seed: str) -> tuple[ListedPoint, ...]:
    """The recovery points that a drill asks for, oldest first; none where the drill has yet to take one.

    Args:
        points: What the catalogue reports, in any order.
        choice: The drill's `recovery-point`; an `id` goes before `choose`.
        seed: The plan's, committed before the draw: nobody can draw until the point suits him.

    Raises:
        CatalogueError: There is none, or none of that id or class.
    """
    if choice.choose is Choice.TAKEN_IN_PREPARE:
        return ()
    ordered = _ordered(points, choice)
    if choice.id is not None:
        return (_identified(ordered, choice.id),)
    match choice.choose:
        case Choice.LATEST:
            return (ordered[-1],)
        case Choice.OLDEST:
            return (ordered[0],)
        case Choice.RANDOM:
            return (ordered[_draw(seed, among=len(ordered))],)
        case Choice.EACH_CLASS:
            return tuple(sorted(_of_each_class(ordered, seed), key=_age))


def newest_taken(
    points: Sequence[RecoveryPoint], before: Sequence[ListedPoint], choice: RecoveryPointChoice
) -> RecoveryPoint | None:
    """The newest of the points that were not there `before`; None: no backup was taken since."""
    known = {point.id for point in before}
    new = [point for point in points if point.id not in known and _is_of(point.retention_class, choice)]
    return max(new, key=lambda point: _age(listed(point)), default=None)


def is_as_chosen(plan: Plan, *, restored: Sequence[RecoveryPoint]) -> bool:
    """Whether these are the points that the drill's choice gives, from the list and the seed that the plan pins.

    A plan that was sealed before it kept the list leaves nothing to choose from again, and is believed.
    """
    choice, points = plan.drill.recovery_point, plan.listed_points
    if choice is None or points is None:
        return True
    if choice.choose is Choice.TAKEN_IN_PREPARE:
        return not {point.id for point in restored} & {point.id for point in points}
    try:
        return choose(points, choice, plan.seed) == tuple(listed(point) for point in restored)
    except CatalogueError:
        return False


def _ordered(points: Sequence[ListedPoint], choice: RecoveryPointChoice) -> list[ListedPoint]:
    ordered = sorted((point for point in points if _is_of(point.retention_class, choice)), key=_age)
    if not ordered:
        of = f" of the class {choice.retention_class}" if choice.retention_class is not None else ""
        raise CatalogueError(f"{choice.catalogue}: there is no recovery point{of}", hint=ADVICE)
    return ordered


def _is_of(retention_class: str | None, choice: RecoveryPointChoice) -> bool:
    return choice.retention_class in (None, retention_class)


def _age(point: ListedPoint) -> tuple[object, ...]:
    return point.finished_at, point.id


def _identified(points: Sequence[ListedPoint], identifier: str) -> ListedPoint:
    for point in points:
        if point.id == identifier:
            return point
    newest = ", ".join(point.id for point in points[-5:])
    raise CatalogueError(f"there is no recovery point {identifier}", hint=f"the newest are {newest}")


def _of_each_class(ordered: Sequence[ListedPoint], seed: str) -> Iterator[ListedPoint]:
    classed = sorted((point for point in ordered if point.retention_class is not None), key=_class)
    if not classed:
        raise CatalogueError("no recovery point is of a retention class", hint="name the classes in `with`")
    for name, points in groupby(classed, key=_class):
        oldest, *others = points
        yield oldest
        if others:
            yield others[_draw(seed, among=len(others), purpose=f"{name}:")]


def _class(point: ListedPoint) -> str:
    return point.retention_class or ""


def _draw(seed: str, *, among: int, purpose: str = "") -> int:
    # A digest of the seed and of the purpose, so that no other choice of the plan draws the same number. Taken
    # from 256 bits, the remainder favours no point by more than one in 2^200.
    return int(sha256(f"recovery-point:{purpose}{seed}".encode()), 16) % among
