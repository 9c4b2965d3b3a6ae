"""Whether there is something to restore: what the plan pinned is still that, or the drill has had a backup taken."""

from orchestrator.core.choose import newest_taken
from orchestrator.core.drill import Choice, RecoveryPointChoice
from orchestrator.core.events import RecoveryPointObserved, RecoveryPointTaken
from orchestrator.core.plan import PinnedHost, Plan, RecoveryPoint
from orchestrator.core.ports import Catalogue, SizingCatalogue
from orchestrator.engine.act import Actor
from orchestrator.engine.bench import Bench
from orchestrator.errors import CatalogueError, SshError


def recovery_points_hold(plan: Plan, *, bench: Bench) -> bool:
    """Whether what is to be restored is still what the plan pinned. Asked before anything is broken."""
    choice = plan.drill.recovery_point
    if choice is None:
        return True
    if choice.choose is Choice.TAKEN_IN_PREPARE:
        return plan.listed_points is not None and bench.catalogue is not None
    # Each is asked for, the ones after a bad one too: the journal shows all that is wrong.
    held = [_holds(point, choice, plan=plan, bench=bench) for point in plan.pinned_points]
    return bool(held) and all(held)


def recovery_point_is_taken(actor: Actor) -> bool:
    """Whether the drill has, by the end of prepare, what it restores. Asked before anything is broken.

    A backup that was taken since the plan was sealed is written down, and becomes what the playbooks are told of.
    """
    plan, choice = actor.plan, actor.plan.drill.recovery_point
    if choice is None or choice.choose is not Choice.TAKEN_IN_PREPARE:
        return True
    point = _taken(choice, actor=actor)
    if point is None:
        return False
    actor.bench.journal.append(RecoveryPointTaken(point=point))
    actor.taken.append(point)
    return _holds(point, choice, plan=plan, bench=actor.bench)


def describe_point(
    point: RecoveryPoint, choice: RecoveryPointChoice, *, host: PinnedHost, catalogue: Catalogue
) -> RecoveryPoint:
    """A recovery point with what the catalogue's list did not tell of it: its manifest's digest, its size.

    Raises:
        CatalogueError: The tool did not answer.
    """
    digest, size_bytes = point.manifest_sha256, point.size_bytes
    if digest is None:
        digest = catalogue.manifest_sha256(host, options=choice.with_, point=point.id)
    # Of several it would take as many looks into the repository, which can be long.
    if size_bytes is None and choice.choose is not Choice.EACH_CLASS and isinstance(catalogue, SizingCatalogue):
        size_bytes = catalogue.size_bytes(host, options=choice.with_, point=point.id)
    return point.model_copy(update={"manifest_sha256": digest, "size_bytes": size_bytes})


def _holds(point: RecoveryPoint, choice: RecoveryPointChoice, *, plan: Plan, bench: Bench) -> bool:
    if bench.catalogue is None:
        return False
    digest = _manifest(point.id, choice, plan=plan, catalogue=bench.catalogue)
    matches = digest is not None and digest == point.manifest_sha256
    bench.journal.append(RecoveryPointObserved(id=point.id, manifest_sha256=digest, matches=matches))
    return matches


def _manifest(point: str, choice: RecoveryPointChoice, *, plan: Plan, catalogue: Catalogue) -> str | None:
    host = _host(choice, plan=plan)
    if host is None:
        return None
    try:
        return catalogue.manifest_sha256(host, options=choice.with_, point=point)
    except (CatalogueError, SshError):
        return None


def _taken(choice: RecoveryPointChoice, *, actor: Actor) -> RecoveryPoint | None:
    catalogue, host = actor.bench.catalogue, _host(choice, plan=actor.plan)
    if catalogue is None or host is None:
        return None
    try:
        points = catalogue.recovery_points(host, options=choice.with_)
        point = newest_taken(points, actor.plan.listed_points or (), choice)
        return describe_point(point, choice, host=host, catalogue=catalogue) if point is not None else None
    except (CatalogueError, SshError):
        return None


def _host(choice: RecoveryPointChoice, *, plan: Plan) -> PinnedHost | None:
    return next(iter(plan.called(choice.host)), None)
