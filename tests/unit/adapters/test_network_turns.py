import pytest

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.network.place import split_urls
from orchestrator.adapters.network.turns import ask_in_turn

LONG_US = 60_000_000


def asked(**faults: str) -> tuple[str, list[str]]:
    """What comes of places by their faults (none: it answers), and which were asked."""
    seen = []

    def ask(place: str, limit: Limit) -> None:
        seen.append(place)
        assert limit.left_us <= LONG_US
        if faults[place]:
            raise NoAnswerError(faults[place])

    return ask_in_turn(tuple(faults), ask, limit=limit_of(LONG_US)), seen


def test_the_first_that_answers_counts_and_the_others_are_left_alone() -> None:
    assert asked(a="", b="timeout") == ("", ["a"])
    assert asked(a="connection refused", b="", c="timeout") == ("", ["a", "b"])


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        ("connection refused", "connection refused", "connection refused"),
        ("connection refused", "loading its data", "loading its data"),
        ("timeout", "connection refused", "timeout"),
    ],
)
def test_where_none_answers_the_fault_that_says_most_is_told(first: str, second: str, fault: str) -> None:
    assert asked(a=first, b=second) == (fault, ["a", "b"])


def test_each_place_has_an_equal_share_of_the_time() -> None:
    shares = []

    def ask(place: str, limit: Limit) -> None:
        del place
        shares.append(limit.left_us)
        raise NoAnswerError("timeout")

    ask_in_turn(("a", "b", "c"), ask, limit=limit_of(LONG_US))
    assert shares[0] <= LONG_US / 3
    assert shares[1] <= LONG_US / 2
    assert len(shares) == 3


def test_urls_are_split_at_blanks() -> None:
    assert split_urls("redis://a/0  redis://b/0\n") == ("redis://a/0", "redis://b/0")
