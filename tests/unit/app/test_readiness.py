"""What all answers come to: an exit code and one line."""

from orchestrator.app.readiness import Readiness, ready, sum_up, worst
from orchestrator.errors import ExitCode

GOOD = ready("a", "definition", ok=True, detail="")
BAD = ready("b", "recovery point", ok=False, detail="none")
REFUSED = Readiness(drill="c", subject="host: marker", ok=False, detail="", exit_code=ExitCode.REFUSED)


def test_where_all_is_ready_it_says_how_much_was_asked() -> None:
    assert (worst([GOOD]), sum_up([GOOD])) == (ExitCode.PASSED, "ready (1 answers)")


def test_the_gravest_no_decides_and_each_drill_is_named_once() -> None:
    answers = [GOOD, BAD, REFUSED, REFUSED]
    assert worst(answers) is ExitCode.REFUSED
    assert sum_up(answers) == "NOT READY: b, c (3 of 4 answers)"


def test_what_is_overdue_is_named_beside_it() -> None:
    assert sum_up([GOOD], overdue=["a", "d"]) == "ready (1 answers); overdue: a, d"
