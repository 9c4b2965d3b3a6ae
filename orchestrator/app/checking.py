"""Whether drills could be run now: files first, then hosts, keys, markers and backups. Changes nothing anywhere."""

from collections.abc import Iterator

from orchestrator.adapters.ssh import SshConnections, SshHostInspector
from orchestrator.app.choices import chosen_catalogue, own_rules
from orchestrator.app.drills import read_drill
from orchestrator.app.planning import Prepared, build_plan
from orchestrator.app.readiness import Readiness, guard_answer, not_ready, ready
from orchestrator.app.workplace import Workplace
from orchestrator.app.zones import find_zone
from orchestrator.core.erasures import erasures_forgotten
from orchestrator.core.guard import screen
from orchestrator.core.plan import Plan
from orchestrator.errors import RepriseError
from orchestrator.plugins import drill_names
from orchestrator.project import PROJECT_FILE, Project

_FORGOTTEN = (
    "it can pass with gaps at best: it restores a database and says nothing of people erased since"
    " (erasures: {replay: STEP, check: STEP}, or {none: the reason})"
)


def check_drills(workplace: Workplace, names: tuple[str, ...]) -> tuple[Readiness, ...]:
    """Check what the project chose for its evidence, then these drills, or all that can be found.

    Of the drills that come with the product, those for parts that this project does not have are only told.
    """
    wanted = names or tuple(sorted(drill_names(workplace.sources)))
    answers = (answer for name in wanted for answer in _check(workplace, name, asked_for=bool(names)))
    return (*check_choices(workplace.project), *answers)


def check_choices(project: Project) -> Iterator[Readiness]:
    """The files that `reprise.yml` names, read as sealing reads them: no drill is begun without them."""
    for subject, read in (("privacy", own_rules), ("catalogue", chosen_catalogue)):
        try:
            read(project)
            yield ready(PROJECT_FILE, subject, ok=True, detail="")
        except RepriseError as error:
            yield not_ready(PROJECT_FILE, subject, error=error)


def _check(workplace: Workplace, name: str, *, asked_for: bool) -> Iterator[Readiness]:
    try:
        if not asked_for and (missing := _missing_part(workplace, name)):
            detail = f"not for this project: {missing}"
            yield ready(name, "targets", ok=True, detail=detail)
            return
        prepared = Prepared(workplace, name)
        with prepared.connections() as connections:
            if prepared.drill.schedule is not None:
                find_zone(prepared.drill.schedule, file=prepared.file.place)
            yield ready(name, "definition", ok=True, detail="")
            plan = build_plan(prepared, connections=connections, now=workplace.clock.now())
            yield from live_readiness(name, plan, connections=connections)
    except RepriseError as error:
        yield not_ready(name, "definition", error=error)


def _missing_part(workplace: Workplace, name: str) -> str:
    """What a drill that is not the project's own needs and the project has not, in words; else nothing."""
    file = read_drill(workplace, name)
    if file.origin == "project":
        return ""
    drill = file.parse()
    if not drill.needs_hosts:
        return "" if workplace.project.definition.people else f"nobody is declared under people: in {PROJECT_FILE}"
    known = drill.targets is None or workplace.inventory.of_group(drill.targets)
    return "" if known else f"no host of the inventory is, or is in, {drill.targets}"


def live_readiness(name: str, plan: Plan, *, connections: SshConnections) -> Iterator[Readiness]:
    """What the guard says of the hosts now, and whether there is something to restore. Changes nothing."""
    declared = screen(plan)
    yield from (guard_answer(name, answer) for answer in declared)
    if all(answer.ok for answer in declared):
        inspector = SshHostInspector(connections=connections)
        for host in plan.hosts:
            yield from (guard_answer(name, answer) for answer in inspector.inspect(host, boundary=plan.boundary))
    if plan.drill.recovery_point is not None:
        points = ", ".join(point.id for point in plan.pinned_points)
        detail = plan.recovery_point_fault or points or "a backup that the drill takes"
        yield ready(name, "recovery point", ok=plan.recovery_point_fault is None, detail=detail)
    if erasures_forgotten(plan):
        yield ready(name, "erasures", ok=True, detail=_FORGOTTEN)
