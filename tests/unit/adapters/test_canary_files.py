import pytest

from orchestrator.adapters.canaries.files import read_numbers


@pytest.mark.parametrize(
    ("content", "ranges"),
    [(b"[]", ()), (b"[1, 2, 3]", ((1, 3),)), (b"[7, 1, 2, 5, 3]", ((1, 3), (5, 5), (7, 7)))],
)
def test_numbers_are_read_as_ranges(content: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    found = read_numbers(content)
    assert (found.answered, found.ranges) == (True, ranges)


def test_no_tree_is_no_answer() -> None:
    found = read_numbers(b"null")
    assert (found.answered, found.fault) == (False, "there is no such directory")


@pytest.mark.parametrize("content", [b"", b"{", b"7", b"[0]", b"[true]", b'["1"]', b"[1.5]", b"[null]", b"[[1]]"])
def test_what_is_no_list_of_numbers_is_no_answer(content: bytes) -> None:
    found = read_numbers(content)
    assert (found.answered, found.fault) == (False, "the host's report is not understood")
