"""The commands by which a person answers a step, word for word: what a terminal shows beside the question. Pure."""

from collections.abc import Iterator

from orchestrator.core.asking import Mark
from orchestrator.core.plan import Plan
from orchestrator.core.step_definition import ApprovalStep, PersonStep


def how_to_answer(plan: Plan, step: PersonStep) -> Iterator[str]:
    """Each way to answer, with blanks in capitals for what only the person knows."""
    if isinstance(step, ApprovalStep):
        yield _command(plan, step, "approve", values=True)
        yield _command(plan, step, "refuse", values=False)
    else:
        yield _command(plan, step, "answer", "--done", values=True)
        yield _command(plan, step, "answer", "--not-done", values=False)


def _command(plan: Plan, step: PersonStep, name: str, *options: str, values: bool) -> str:
    question = step.question
    words = ["reprise", name, plan.run_id, step.id, *options, "--role", question.roles[0]]
    if values:
        words += [word for value in question.values for word in ("--value", f"{value}=VALUE")]
    asks_why = options != ("--done",) or question.marks is Mark.DEBRIEF
    words += ["--reason", '"WHY"'] if asks_why else []
    words += ["--key", "KEY"] if question.identified else []
    return " ".join(words)
