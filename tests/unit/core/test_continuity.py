"""How far a service was kept up: what is not known to have answered counts against it."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.continuity import Continuity, assess_continuity
from orchestrator.core.model import Interval
from orchestrator.core.samples import Sample


def _samples(answers: str, *, every_us: int = 100) -> list[Sample]:
    """One question a period, from 0 on, each over after 10: `+` answered, `-` not, a space never asked."""
    return [
        Sample(due_us=at, started_us=at, finished_us=at + 10, answered=answer == "+")
        for at, answer in zip(range(0, len(answers) * every_us, every_us), answers, strict=True)
        if answer != " "
    ]


def _assess(answers: str, *, since_us: int = 0, until_us: int = 10_000, stable_us: int = 200) -> Continuity | None:
    return assess_continuity(_samples(answers), since_us=since_us, until_us=until_us, stable_us=stable_us)


def _longest(answers: str, **window: int) -> Interval:
    found = _assess(answers, **window)
    assert found is not None
    return found.longest


def test_answers_alone_leave_what_lies_between_two_of_them() -> None:
    assert _assess("++++") == Continuity(questions=4, failed=0, longest=Interval(lower=0, upper=110))


def test_failures_are_bounded_by_the_answers_around_them() -> None:
    assert _assess("++---+++") == Continuity(questions=8, failed=3, longest=Interval(lower=190, upper=410))


def test_a_hole_in_the_series_counts_like_a_failure() -> None:
    assert _longest("++     ++") == Interval(lower=0, upper=610)


def test_a_service_that_comes_and_goes_is_not_back() -> None:
    assert _longest("+-+-+++") == Interval(lower=190, upper=410)


def test_a_service_that_is_not_back_at_the_end_is_unbounded() -> None:
    assert _longest("+++-") == Interval(lower=0, upper=None)
    assert _longest("+++-+") == Interval(lower=0, upper=None)


def test_only_the_window_counts_and_what_is_pending_at_its_beginning_is_in_it() -> None:
    found = _assess("---+++---", since_us=205, until_us=550)
    assert found == Continuity(questions=4, failed=1, longest=Interval(lower=0, upper=110))


def test_nobody_who_did_not_ask_knows_anything() -> None:
    assert _assess("++++", since_us=5_000) is None


@given(st.text("+- ", min_size=1, max_size=40), st.integers(0, 500))
def test_a_failure_more_never_makes_it_shorter(answers: str, stable_us: int) -> None:
    before = _assess(answers, stable_us=stable_us)
    for index in range(len(answers)):
        after = _assess(f"{answers[:index]}-{answers[index + 1 :]}", stable_us=stable_us)
        if before is not None and after is not None:
            assert _reach(after) >= _reach(before)


def _reach(found: Continuity) -> float:
    return float("inf") if found.longest.upper is None else found.longest.upper
