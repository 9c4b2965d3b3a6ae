"""The rules that hold between what a drill asks of people and the rest of it. Part of `core.consistency`."""

from collections.abc import Iterator

from orchestrator.core.asking import Mark
from orchestrator.core.drill import Drill
from orchestrator.core.model import Phase
from orchestrator.core.step_definition import PersonStep
from orchestrator.core.yaml_text import Place

_PHASES = {
    Mark.DISASTER: (Phase.DISRUPT,),
    Mark.DETECTED: (Phase.DISRUPT, Phase.RECOVER),
    Mark.DECIDED: (Phase.RECOVER,),
    Mark.DEBRIEF: (Phase.RECOVER, Phase.VERIFY, Phase.CLEANUP),
}
"""In which phases an answer may be what its mark says: each instant follows the one before."""


def people_faults(drill: Drill) -> Iterator[tuple[Place, str]]:
    """Each rule about people that does not hold: the place in the file, and what would be right."""
    marked: dict[Mark, str] = {}
    for index, step in enumerate(drill.steps):
        if isinstance(step, PersonStep):
            place: Place = ("steps", index, "task" if hasattr(step, "task") else "approval")
            yield from _question(step, drill=drill, place=place)
            mark = step.question.marks
            if mark is not None and mark in marked:
                yield (*place, "marks"), f"{marked[mark]!r} marks {mark} already"
            elif mark is not None:
                marked[mark] = step.id
    yield from _targets(drill)
    yield from _instants(drill)


def _question(step: PersonStep, *, drill: Drill, place: Place) -> Iterator[tuple[Place, str]]:
    question = step.question
    for role in question.roles:
        if role not in drill.roles:
            yield (*place, "roles"), f"{role!r} is no role of roles: give it a title there"
    if question.not_by is not None and not question.identified:
        yield (*place, "not-by"), "needs identified: true: a name that anybody may state separates nobody"
    if question.marks is not None and step.phase not in _PHASES[question.marks]:
        phases = " or ".join(_PHASES[question.marks])
        yield (*place, "marks"), f"{question.marks} is marked in phase {phases}, and {step.id!r} is in {step.phase}"


def _targets(drill: Drill) -> Iterator[tuple[Place, str]]:
    if drill.targets is None and drill.needs_hosts:
        yield ("targets",), "is missing: only a drill that people alone carry out acts on no host"
    if drill.recovers and drill.objectives.rto is None:
        yield ("objectives", "rto"), "is missing: what breaks or recovers something says how long the recovery may take"
    if not drill.needs_hosts:
        for name in ("rto", "rpo"):
            if getattr(drill.objectives, name) is not None:
                yield ("objectives", name), "nothing measures it where no host is acted on"


def _instants(drill: Drill) -> Iterator[tuple[Place, str]]:
    if drill.objectives.decision is not None and drill.marked(Mark.DECIDED) is None:
        yield ("objectives", "decision"), "nobody decides: an approval of phase recover with `marks: decided`"
    if drill.marked(Mark.DISASTER) is not None and drill.watch:
        yield ("watch",), "a disaster that a person declares is seen by no watch: leave `marks: disaster` out"
