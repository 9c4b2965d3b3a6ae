"""Of any series, both programs come to the same longest interruption: questions may overlap, fail and be missing."""

import importlib.util
import sys
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.continuity import assess_continuity
from orchestrator.core.samples import Sample
from tests.integration.reports.bare import VERIFIER


def _load() -> ModuleType:
    name = "verifier_of_continuity"
    spec = importlib.util.spec_from_file_location(name, VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their own module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


ALONE = _load()
QUESTIONS = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 400), st.booleans()), min_size=1, max_size=30)


def _series(questions: list[tuple[int, int, bool]]) -> list[Sample]:
    at_us, series = 0, list[Sample]()
    for after_us, lasting_us, answered in questions:
        at_us += after_us
        series.append(Sample(due_us=at_us, started_us=at_us, finished_us=at_us + lasting_us, answered=answered))
    return series


@given(QUESTIONS, st.integers(0, 3_000), st.integers(0, 9_000), st.sampled_from([0, 100, 500, 1_000]))
def test_both_come_to_the_same(
    questions: list[tuple[int, int, bool]], since_us: int, until_us: int, stable_us: int
) -> None:
    series = _series(questions)
    found = assess_continuity(series, since_us=since_us, until_us=until_us, stable_us=stable_us)
    window = [s for s in series if s.finished_us >= since_us and s.started_us <= until_us]
    if found is None:
        assert window == []
        return
    asked = [ALONE.Sample(s.started_us, s.finished_us, s.answered) for s in window]
    again = list(ALONE.interruptions(asked, since_us=since_us, stable_us=stable_us))
    uppers = [one.upper for one in again]
    assert found.longest.lower == max(one.lower for one in again)
    assert found.longest.upper == (None if None in uppers else max(uppers))
    assert (found.questions, found.failed) == (len(window), sum(not s.answered for s in window))
