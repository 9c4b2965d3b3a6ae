"""The participants of a tabletop exercise, in a process of their own: each question is answered as a script says.

    python -m tests.players PROJECT SCRIPT.json

The script maps a step to `{"decision", "role", "reason", "values", "key"}`, or to null, which nobody answers. Ends when
the run that it answered is over.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from orchestrator.adapters.system import SystemClock
from orchestrator.app.answering import Said, Waiting, give_answer, list_waiting
from orchestrator.app.runs import list_unsealed
from orchestrator.app.workplace import open_workplace
from orchestrator.core.events import PersonDecision
from orchestrator.errors import AnswerError
from orchestrator.project import Project

WITHIN_S = 3_600
"""How long they play at most, whatever becomes of the run. Whoever started them ends them, as soon as it is over."""


def play(project: Project, script: dict[str, Any]) -> None:
    """Answer whatever waits, once each, until the run that was seen is over."""
    until, done, seen = time.monotonic() + WITHIN_S, set[str](), False
    while time.monotonic() < until:
        for one in list_waiting(project):
            seen = True
            if one.step.id not in done and script.get(one.step.id) is not None:
                done.add(one.step.id)
                _answer(project, one, script[one.step.id])
        if seen and all(summary.finished for summary in list_unsealed(project)):
            return
        time.sleep(0.05)


def _answer(project: Project, one: Waiting, wanted: dict[str, Any]) -> None:
    said = Said(
        decision=PersonDecision(wanted["decision"]),
        role=wanted.get("role", one.step.question.roles[0]),
        reason=wanted.get("reason", ""),
        values=wanted.get("values", {}),
        key=Path(wanted["key"]) if "key" in wanted else None,
        person=wanted.get("person", "participant"),
    )
    try:
        given = give_answer(project, one.plan.run_id, one.step.id, said, now=SystemClock().now())
        sys.stdout.write(f"{one.step.id}: line {given.line}\n")
    except AnswerError as error:
        sys.stdout.write(f"{one.step.id}: {error}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    play(
        open_workplace(Path(sys.argv[1]), clock=SystemClock()).project,
        json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")),
    )
