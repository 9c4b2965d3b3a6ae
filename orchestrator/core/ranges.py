"""Numbers as ranges: what a canary left is as long as its gaps, however long it ran."""

from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]
"""In ascending order, both ends included."""


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """These numbers, in whatever order and however often each is named, as ranges."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)
