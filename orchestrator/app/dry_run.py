"""A run up to its first act: plan, guard, backup, questions, playbooks that Ansible only checks. Leaves nothing."""

import os
from collections.abc import Callable, Iterator

from orchestrator.app.checking import live_readiness
from orchestrator.app.people import check_separation
from orchestrator.app.planning import Prepared, build_plan
from orchestrator.app.readiness import Readiness, not_ready, ready
from orchestrator.app.running import Asked, check_publishable, stopped_by_signals
from orchestrator.app.sealing import Seal
from orchestrator.app.workplace import Workplace
from orchestrator.core.events import Event
from orchestrator.core.plan import Plan
from orchestrator.engine.act import Actor
from orchestrator.engine.dry_run import dry_run
from orchestrator.errors import RepriseError
from orchestrator.locks import locked


class _Unwritten:
    """A journal of which nothing is kept (`ports.JournalWriter`): what is only tried is no evidence."""

    def append(self, event: Event) -> None:
        """Nothing."""


def try_drill(
    workplace: Workplace, name: str, *, asked: Asked, seal: Seal, planned: Callable[[Plan], object]
) -> Iterator[Readiness]:
    """Try a drill, and say step by step what speaks for and against the run; the first no of the guard is the last.

    Nothing is entered in the register, no run has a directory, and no host is changed.

    Args:
        workplace: The project.
        name: The drill.
        asked: Who would run it and why, and in which variation.
        seal: What it would be sealed with.
        planned: Told of the plan before any host is asked for anything but the catalogue.

    Raises:
        LockedError: A drill holds one of the targets: what is seen now would be what that one broke.
    """
    prepared = Prepared(workplace, name, variation=asked.variation)
    names = [host.name for host in prepared.hosts]
    holder = f"dry run of {name} (process {os.getpid()})"
    with locked(names, directory=workplace.project.locks, holder=holder), prepared.connections() as connections:
        plan = build_plan(prepared, connections=connections, now=workplace.clock.now())
        planned(plan)
        yield _evidence(plan, prepared=prepared, asked=asked, seal=seal)
        answers = tuple(live_readiness(name, plan, connections=connections))
        yield from answers
        if not all(answer.ok for answer in answers):
            return
        people = workplace.people(plan.run_id, own=seal.own)
        with (
            workplace.bench(
                plan.drill, journal=_Unwritten(), connections=connections, people=people, own=seal.own
            ) as bench,
            stopped_by_signals() as (stop, _),
        ):
            content = workplace.content(plan.drill, samples=workplace.project.runs / plan.run_id)
            for tried in dry_run(Actor(plan=plan, bench=bench, content=content, seen={}), stop=stop):
                yield ready(name, tried.step, ok=tried.ok, detail=tried.detail)
            if stop.requested:
                yield ready(name, "dry run", ok=False, detail=f"stopped ({stop.reason})")


def _evidence(plan: Plan, *, prepared: Prepared, asked: Asked, seal: Seal) -> Readiness:
    """Whether what the run would be sealed with may be in evidence, and who runs it may."""
    drill, request = plan.drill, asked.request()
    try:
        mapping = seal.catalogue.mapping(kind=drill.kind, perimeters=drill.perimeters)
        check_publishable(plan, drill=prepared.file.content, request=request, mapping=mapping, own=seal.own)
        check_separation(plan, request)
    except RepriseError as error:
        return not_ready(drill.id, "evidence", error=error)
    return ready(drill.id, "evidence", ok=True, detail="could be sealed")
