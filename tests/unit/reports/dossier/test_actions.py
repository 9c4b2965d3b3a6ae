"""Gaps stay until a drill that counts clears them; of an action the last word counts; nobody approves himself."""

from datetime import date

import pytest

from reports.dossier.actions import FollowUp, build_follow_up
from reports.dossier.chronicle import Chronicle
from reports.dossier.lines import RunLine
from reports.register.entries import Action, ActionState, Ending, Topic
from tests.unit.reports.dossier.lives import NOW, at, chronicle, gap, noted, numbered, run, started


def follow(entered: Chronicle, *runs: RunLine) -> FollowUp:
    return build_follow_up(entered, numbered(runs), perimeters=(5,), now=NOW)


def action(state: ActionState = ActionState.OPEN, due: str = "2027-06-30") -> Action:
    return Action(id="faster", owner="storage", due_on=due, state=state)


def told(*steps: tuple[int, Action], run_id: str = "r") -> Chronicle:
    return chronicle(*((at(month), noted(run_id, Topic.ACTION, action=one)) for month, one in steps))


def test_a_gap_is_cleared_by_a_later_drill_that_counts() -> None:
    runs = (run(at(1), gaps=(gap(),)), run(at(2), ending=Ending.ABORTED), run(at(3)))
    (found,) = follow(chronicle(), *runs).gaps
    assert (found.runs, found.cleared_by) == ((1,), 3)


def test_a_run_that_never_came_so_far_clears_nothing() -> None:
    runs = (run(at(1), gaps=(gap(),)), run(at(2), ending=Ending.REFUSED), run(at(3), drill="other"))
    (found,) = follow(chronicle(), *runs).gaps
    assert found.cleared_by is None


def test_a_gap_that_comes_back_is_not_cleared() -> None:
    runs = (run(at(1), gaps=(gap(),)), run(at(2)), run(at(3), gaps=(gap(),)))
    (found,) = follow(chronicle(), *runs).gaps
    assert (found.runs, found.cleared_by) == ((1, 3), None)


def test_a_gap_names_the_actions_about_its_runs() -> None:
    entered = told((2, action()), run_id="r")
    (found,) = follow(entered, run(at(1), name="r", gaps=(gap(),))).gaps
    assert found.actions == ("faster",)


def test_the_last_state_of_an_action_counts() -> None:
    entered = told((1, action(due="2026-02-15")), (2, action(ActionState.DONE, "2026-02-15")))
    (one,) = follow(entered, run(at(1), name="r")).actions
    assert (one.state, one.overdue, one.lines) == (ActionState.DONE, False, (0, 1))


@pytest.mark.parametrize(
    ("last", "overdue"),
    [
        (action(due="2027-01-09"), True),
        (action(due="2027-01-10"), False),
        (action(ActionState.DONE, "2026-01-31"), True),
        (action(ActionState.CANCELLED, "2026-01-31"), False),
        (action(due="2026-02-31"), True),
    ],
)
def test_an_action_is_overdue_while_it_is_open_or_where_it_was_closed_too_late(last: Action, overdue: bool) -> None:
    (one,) = follow(told((2, last)), run(at(1), name="r")).actions
    assert one.overdue is overdue


def test_a_date_that_was_put_off_is_shown() -> None:
    entered = told((1, action(due="2026-02-15")), (2, action(due="2027-12-31")))
    (one,) = follow(entered, run(at(1), name="r")).actions
    assert (one.first_due_on, one.due_on) == (date(2026, 2, 15), date(2027, 12, 31))


def test_open_actions_of_earlier_runs_are_carried_over_and_closed_ones_are_not() -> None:
    assert len(follow(told((1, action()), run_id="earlier")).actions) == 1
    assert follow(told((1, action(ActionState.DONE)), run_id="earlier")).actions == ()


def test_an_open_action_of_another_perimeter_is_not() -> None:
    entered = chronicle((at(1), started("far", perimeters=(6,))), (at(2), noted("far", Topic.ACTION, action=action())))
    assert follow(entered).actions == ()


@pytest.mark.parametrize(
    ("approver", "separated"), [("RSSI", True), ("Operations ", False), ("reviewer", False), (None, False)]
)
def test_nobody_approves_what_he_asked_for_or_reviewed(approver: str | None, separated: bool) -> None:
    entered = [(at(2), noted("r", Topic.REVIEW, by="Reviewer"))]
    if approver:
        entered.append((at(3), noted("r", Topic.APPROVAL, by=approver)))
    (one,) = follow(chronicle(*entered), run(at(1), name="r")).approvals
    assert one.separated is separated


def test_what_people_said_is_kept_in_its_order() -> None:
    entered = chronicle(
        (at(2), noted("r", Topic.CAUSE)), (at(3), noted("r", Topic.LESSON)), (at(3), noted("x", Topic.NOTE))
    )
    assert [one.topic for one in follow(entered, run(at(1), name="r")).statements] == [Topic.CAUSE, Topic.LESSON]
