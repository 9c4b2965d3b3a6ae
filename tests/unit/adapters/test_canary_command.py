import pytest

from orchestrator.adapters.canaries.command import read_lines
from orchestrator.adapters.canaries.kept import RefusedError
from orchestrator.adapters.canaries.programs import judge_answer
from orchestrator.adapters.network.faults import NoAnswerError


def judged(answer: str) -> None:
    judge_answer(answer, number=7, refusal=lambda words: f"said: {words}")


def test_only_the_number_itself_acknowledges_it() -> None:
    judged("7")


@pytest.mark.parametrize("answer", ["6", "8", "07", "77", "0", "٧"])
def test_another_number_is_an_answer_to_something_else(answer: str) -> None:
    with pytest.raises(NoAnswerError, match="another number") as raised:
        judged(answer)
    assert not isinstance(raised.value, RefusedError)


@pytest.mark.parametrize("answer", ["", "7 ", " 7", "ok 7", "-7", "7.0", "7\r", "database is locked"])
def test_anything_else_is_a_refusal(answer: str) -> None:
    with pytest.raises(RefusedError, match="said: "):
        judged(answer)


@pytest.mark.parametrize(
    ("content", "ranges"),
    [(b"", ()), (b"1\n2\n3\n", ((1, 3),)), (b"7\n1\n2\n5\n3\n2\n", ((1, 3), (5, 5), (7, 7))), (b"9", ((9, 9),))],
)
def test_lines_are_read_as_ranges(content: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    found = read_lines(content)
    assert (found.answered, found.ranges) == (True, ranges)


@pytest.mark.parametrize("content", [b"\n", b"0\n", b"01\n", b"-1\n", b"1 2\n", b"1.0\n", b"1\n\n2\n", b"x", b"9" * 17])
def test_one_line_that_is_no_number_spoils_them_all(content: bytes) -> None:
    found = read_lines(content)
    assert (found.answered, found.ranges) == (False, ())
    assert found.fault == "not every line is the number of a marker"
