"""Every check, asked once where it must fail: what it is to find is not there yet, so that none passes on what was."""

from concurrent.futures import ThreadPoolExecutor

from orchestrator.core.model import Outcome, Severity
from orchestrator.core.ports import Stop
from orchestrator.core.step_definition import ProbeStep
from orchestrator.engine.act import Actor
from orchestrator.engine.observing import read_canary


def self_tests_fail(actor: Actor, *, stop: Stop) -> bool:
    """Run every check's self-test, side by side, and return whether each that blocks has failed as it must."""
    checks = actor.plan.drill.checks()
    with ThreadPoolExecutor(max_workers=len(checks) + 1, thread_name_prefix="self-test") as pool:
        canary = pool.submit(read_canary, actor, self_test=True)
        outcomes = list(pool.map(lambda check: actor.self_test(check, stop=stop), checks))
    return not canary.result() and all(map(_as_it_must, checks, outcomes))


def _as_it_must(check: ProbeStep, outcome: Outcome) -> bool:
    return check.severity is Severity.MINOR or outcome is Outcome.FAILED
