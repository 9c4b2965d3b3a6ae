import json

import pytest

from orchestrator.adapters.probes.tree import read_report
from orchestrator.adapters.probes.tree_on_host import ASPECTS, COUNTS

DIGEST = "ab" * 32
WHOLE = {"exists": True, **dict.fromkeys(COUNTS, 1), **{f"{aspect}_sha256": DIGEST for aspect in ASPECTS}}


def test_a_report_becomes_the_values_that_were_asked_for() -> None:
    assert read_report(json.dumps(WHOLE).encode()).values == WHOLE
    values = read_report(json.dumps(WHOLE).encode(), aspects=("content",)).values
    assert set(values) == {"exists", *COUNTS, "content_sha256"}


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        json.dumps({name: value for name, value in WHOLE.items() if name != "unreadable"}).encode(),
        json.dumps(WHOLE | {"files": "many"}).encode(),
        json.dumps(WHOLE | {"content_sha256": "Martin Dupont"}).encode(),
        json.dumps(WHOLE | {"names_sha256": "abcd"}).encode(),
        json.dumps(WHOLE | {"names_sha256": 7}).encode(),
    ],
)
def test_anything_else_is_no_answer_and_goes_no_further(wrong: bytes) -> None:
    answer = read_report(wrong)
    assert (answer.answered, answer.values) == (False, {})
    assert answer.fault == "the host's report is not understood"
