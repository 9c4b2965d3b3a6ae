"""A pattern of an organisation's own: useful ones are taken, slow and greedy ones are not."""

import pytest

from orchestrator.core.own_pattern import MOST_WAYS, OFTEN_WRITTEN, compile_own_pattern

TAKEN = [r"\bIPP[ :]{0,3}\d{8,10}\b", r"(?i)ipp\d{8}", r"[A-Z]{2}\d{6}", r"FICTIF-\d{8}", r"(?:NDA|IEP) ?[3-9]\d{7}"]
REFUSED = {
    r"\d{8}": "is found in '20261123T020000Z-postgresql-restore-4f9c'",
    r".{4,100}": "is found in '2026-11-23T02:00:00.123456Z'",
    r"[0-9a-f]{40}": "is found in 'e3b0c442",
    "": "may match fewer than 4 characters",
    r"a|bcdefg": "may match fewer than 4 characters",
    r"IPP\d+": r"write \{1,30\} rather than \+ or \*",
    r"(a{0,30}){0,30}bcde": "may match more than 200 characters",
    r"(?:\b|\B){0,99999999}abcd": "could be slow",
    r"\d{0,50}\d{0,50}abcd": "could be slow",
    r"(?:ab|cd){0,9}efgh": "could be slow",
    r"(?:a?){40}abcd": "could be slow",
    r"(?<=x)abcd": "looks ahead, looks back or refers",
    r"(ab)cd\1": "looks ahead, looks back or refers",
    r"(?x)abc def": "has a flag other than",
    r"IPP(\d{8}": "is no regular expression",
    "(?:" * 5_000: "is no regular expression",
    r"a{4,99999999999}": "is no regular expression",
}


@pytest.mark.parametrize("pattern", TAKEN)
def test_what_an_organisation_writes_for_its_numbers_is_taken(pattern: str) -> None:
    compiled = compile_own_pattern(pattern)
    assert not any(compiled.search(text) for text in OFTEN_WRITTEN)


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_could_be_slow_or_is_found_everywhere_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[pattern]):
        compile_own_pattern(pattern)


def test_the_ways_are_counted_exactly() -> None:
    """At the limit it is taken, one more and it is not."""
    assert compile_own_pattern(f"wxyz(?:\\b){{1,{MOST_WAYS}}}").search("wxyz") is not None
    with pytest.raises(ValueError, match="could be slow"):
        compile_own_pattern(f"wxyz(?:\\b){{0,{MOST_WAYS}}}")
