"""What can be tried of a drill before its first act: questions, and playbooks that Ansible only checks.

Nothing is changed anywhere, and nothing of it is evidence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.drill import Drill
from orchestrator.core.model import Outcome, Phase
from orchestrator.core.ports import Stop
from orchestrator.core.step_definition import PlaybookStep, ProbeStep, Step
from orchestrator.engine.act import Actor
from orchestrator.errors import RepriseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of trying a step, in words. `ok`: nothing speaks against the run."""

    step: str
    ok: bool
    detail: str


def dry_run(actor: Actor, *, stop: Stop) -> Iterator[Tried]:
    """Try each step of the plan, in its order, as far as that changes nothing."""
    drill = actor.plan.drill
    ahead = {step.id for step in asked_ahead(drill)}
    for step in drill.steps:
        if stop.requested:
            return
        match step:
            case ProbeStep(phase=Phase.VERIFY):
                yield _self_test(actor, step, stop=stop)
            case ProbeStep() if step.id in ahead:
                yield _question(actor, step, stop=stop)
            case PlaybookStep(check=True):
                yield _check(actor, step, stop=stop)
            case _:
                yield Tried(step=step.id, ok=True, detail=f"not tried: {_act(step)}")


def asked_ahead(drill: Drill) -> tuple[ProbeStep, ...]:
    """The questions of phase prepare that wait for no act: what they are to find is there, or is not, already. Pure."""
    known = {step.id: step for step in drill.steps}
    questions = {step.id for step in drill.of_phase(Phase.PREPARE) if isinstance(step, ProbeStep)}

    def waits(identifier: str) -> bool:
        return identifier not in questions or any(waits(needed) for needed in known[identifier].needs)

    found = (known[identifier] for identifier in questions if not waits(identifier))
    return tuple(step for step in found if isinstance(step, ProbeStep))


def _act(step: Step) -> str:
    if isinstance(step, PlaybookStep):
        return f"would carry out {step.playbook}, which does not say `check: true`"
    if isinstance(step, ProbeStep):
        return "would ask after what comes before it"
    return "would ask a person"


def _question(actor: Actor, step: ProbeStep, *, stop: Stop) -> Tried:
    outcome = actor.carry_out(step, stop=stop)
    said = {Outcome.OK: "answered as it must be", Outcome.FAILED: "answered otherwise, or not at all"}
    return Tried(step=step.id, ok=outcome is Outcome.OK, detail=said.get(outcome, "could not be asked"))


def _self_test(actor: Actor, check: ProbeStep, *, stop: Stop) -> Tried:
    """A check must fail while there is nothing to find: that is so now with a control, and on an empty host."""
    outcome = actor.self_test(check, stop=stop)
    must_fail = check.control is not None or actor.plan.drill.self_test_after is Phase.PREPARE
    if outcome is Outcome.UNKNOWN:
        return Tried(step=check.id, ok=True, detail="not known yet whether it can fail: it needs what comes before it")
    if not must_fail:
        return Tried(step=check.id, ok=True, detail="can be asked; it must fail once something is broken")
    fails = outcome is Outcome.FAILED
    return Tried(step=check.id, ok=fails, detail="fails where it must" if fails else "DOES NOT FAIL where it must")


def _check(actor: Actor, step: PlaybookStep, *, stop: Stop) -> Tried:
    try:
        outcome, reason = actor.check_playbook(step, stop=stop)
    except RepriseError as error:
        outcome, reason = Outcome.UNKNOWN, str(error)
    told = f"{step.playbook} checked by Ansible, not carried out"
    return Tried(step=step.id, ok=outcome is Outcome.OK, detail=told if outcome is Outcome.OK else f"{told}: {reason}")
