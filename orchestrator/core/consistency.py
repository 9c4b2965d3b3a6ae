"""The rules that hold between the parts of a drill, beyond what each part may say by itself."""

from collections.abc import Iterator

from orchestrator.core.drill import Drill
from orchestrator.core.model import Phase, Severity
from orchestrator.core.parameters import is_reserved
from orchestrator.core.people_rules import people_faults
from orchestrator.core.step_definition import PlaybookStep, ProbeStep, Step
from orchestrator.core.watching import CANARY, Watched
from orchestrator.core.yaml_text import Place

Inconsistency = tuple[Place, str]
"""The place in the file, and what would be right."""


def inconsistencies(drill: Drill) -> Iterator[Inconsistency]:
    """Each rule between the parts that does not hold: the place in the file, and what would be right."""
    yield from _repeated(drill)
    yield from _repeated_watches(drill)
    yield from _needs(drill)
    yield from _comparisons(drill)
    yield from _erasures(drill)
    yield from _continuity(drill)
    yield from _rpo_source(drill)
    yield from _parameters(drill)
    yield from people_faults(drill)
    asked = (step for step in drill.of_phase(Phase.VERIFY) if not isinstance(step, PlaybookStep))
    if not any(step.severity is Severity.BLOCKING for step in asked):
        yield (
            ("steps",),
            "a drill verifies something: at least one blocking probe, task or approval step in phase verify",
        )
    if drill.data == "real-in-hds-sandbox" and drill.context.dpo_reference is None:
        yield (
            ("data",),
            "real data needs context.dpo-reference: the DPO's opinion on this restore",
        )


def _repeated(drill: Drill) -> Iterator[Inconsistency]:
    seen: set[str] = set()
    for index, step in enumerate(drill.steps):
        if step.id in seen:
            yield ("steps", index, "id"), f"another step is already called {step.id!r}"
        seen.add(step.id)


def _repeated_watches(drill: Drill) -> Iterator[Inconsistency]:
    seen: set[str] = set()
    for index, watch in enumerate(drill.watch):
        if watch.id in seen:
            yield ("watch", index, "id"), f"another watch is already called {watch.id!r}"
        if watch.id == CANARY:
            yield ("watch", index, "id"), f"{CANARY!r} is the name of the canary's own series"
        if watch.component is not None and watch.of is not Watched.SERVICE:
            yield ("watch", index, "component"), "a part that is lost for good does not come back: leave out `of`"
        seen.add(watch.id)


def _needs(drill: Drill) -> Iterator[Inconsistency]:
    known = {step.id: step for step in drill.steps}
    order = list(Phase)
    for index, step in enumerate(drill.steps):
        for needed in step.needs:
            place = ("steps", index, "needs")
            if needed not in known:
                yield (
                    place,
                    f"no step is called {needed!r}; there are {', '.join(sorted(known))}",
                )
            elif order.index(known[needed].phase) > order.index(step.phase):
                yield (
                    place,
                    f"{needed!r} is in a later phase ({known[needed].phase}) than {step.id!r} ({step.phase})",
                )
        if _reaches(step.id, step.id, known=known):
            yield (
                ("steps", index, "needs"),
                f"{step.id!r} needs itself, through {', '.join(step.needs)}",
            )


def _reaches(start: str, goal: str, *, known: dict[str, Step]) -> bool:
    pending, seen = list(known[start].needs), set[str]()
    while pending:
        current = pending.pop()
        if current == goal:
            return True
        if current in known and current not in seen:
            seen.add(current)
            pending.extend(known[current].needs)
    return False


def _comparisons(drill: Drill) -> Iterator[Inconsistency]:
    before = (Phase.PREPARE, Phase.DISRUPT)
    probes = {step.id for step in drill.steps if isinstance(step, ProbeStep) and step.phase in before}
    for index, step in enumerate(drill.steps):
        if not isinstance(step, ProbeStep):
            continue
        if step.phase is Phase.VERIFY and step.expect is None:
            yield ("steps", index), f"{step.id!r} verifies nothing: say what it expects"
        if step.control is not None and step.phase is not Phase.VERIFY:
            yield ("steps", index, "control"), "only a check of phase verify has a self-test, and a control for it"
        reference = step.expect.same_as if step.expect else None
        if reference is not None and reference not in probes:
            yield (
                ("steps", index, "expect"),
                f"same-as: no probe step of phase prepare or disrupt is called {reference!r}",
            )


def _erasures(drill: Drill) -> Iterator[Inconsistency]:
    """What is said of erased people is done: a playbook replays the ledger, and a check that blocks looks for them."""
    said = drill.erasures
    if said is None or said.none is not None:
        return
    known = {step.id: step for step in drill.steps}
    replay, check = known.get(said.replay or ""), known.get(said.check or "")
    blocking = [step for step in drill.checks() if step.severity is Severity.BLOCKING]
    if not isinstance(replay, PlaybookStep) or replay.phase is not Phase.RECOVER:
        yield ("erasures", "replay"), f"no playbook step of phase recover is called {said.replay!r}"
    if check not in blocking:
        yield ("erasures", "check"), f"no blocking probe step of phase verify is called {said.check!r}"


def _continuity(drill: Drill) -> Iterator[Inconsistency]:
    """A service that must not stop is watched often enough, and the loss that it must survive is watched as well."""
    allowed = drill.objectives.interruption
    if drill.objectives.lost_commits is not None and drill.canary is None:
        yield ("objectives", "lost-commits"), "nothing counts commits: it needs a canary"
    if drill.watch and drill.watch[0].of is not Watched.SERVICE:
        yield ("watch", 0, "of"), "the first watch carries the timeline: it asks the service"
    if allowed is None:
        if drill.objectives.failed_requests is not None:
            yield ("objectives", "failed-requests"), "needs objectives.interruption: what was never asked never failed"
        return
    place = ("objectives", "interruption")
    if not drill.of_phase(Phase.DISRUPT):
        yield place, "nothing is lost that the service could survive: at least one step in phase disrupt"
    if not any(watch.of is Watched.LOST_PART for watch in drill.watch):
        yield place, "nothing would show that the loss happened: a second watch, with `of: lost-part`"
    if drill.watch and allowed <= drill.watch[0].every:
        yield place, "can never be shown to be kept: it must be longer than `every` of the first watch"


def _parameters(drill: Drill) -> Iterator[Inconsistency]:
    """A parameter is told to every playbook, and to be told it must be the only one of its name."""
    for name in drill.parameters:
        if is_reserved(name):
            yield ("parameters", name), "is what reprise or Ansible itself calls something: name it otherwise"
    for index, step in enumerate(drill.steps):
        for name in step.vars if isinstance(step, PlaybookStep) else ():
            if name in drill.parameters:
                yield ("steps", index, "vars", name), "is a parameter of the drill already: leave it out here"


def _rpo_source(drill: Drill) -> Iterator[Inconsistency]:
    """Where the RPO comes from is one thing, and one that the run will have seen."""
    source = drill.rpo_from
    if source is None:
        return
    if drill.canary is not None:
        yield ("rpo-from",), "there is a canary already: the RPO comes from one thing only"
    if source.dated.clock_of not in (None, drill.targets, *drill.touches):
        yield ("rpo-from",), f"clock-of: {source.dated.clock_of!r} is not under targets or touches: nobody measures it"
    if source.catalogue is not None and drill.recovery_point is None:
        yield ("rpo-from", "catalogue"), "there is no recovery-point whose times it could be"
    read = {check.id for check in drill.checks() if check.severity is Severity.BLOCKING}
    if source.marker is not None and source.marker.step not in read:
        place = ("rpo-from", "marker", "step")
        yield place, f"no blocking probe step of phase verify is called {source.marker.step!r}"
