"""RPO without a canary: over every clock that keeps to its bound, the true loss lies within the figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.events import ClockMeasured, Event, PhaseStarted, ProbeAnswered, Values
from orchestrator.core.history import History
from orchestrator.core.journal import Entry
from orchestrator.core.model import Interval, Phase
from orchestrator.core.plan import Plan
from orchestrator.core.reach import Reach, find_reach, is_newer, on_wall_clock, rpo
from orchestrator.core.results import Instant, TimelinePoint
from orchestrator.testing import example_drill, example_plan
from orchestrator.testing.examples import example_point

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
T0 = 1_790_000_000 * SECOND
MARKER = {"step": "complete", "value": "at_us", "period": "1s"}


def _plan(source: dict[str, Any], **changes: Any) -> Plan:
    return example_plan(example_drill(canary=None, rpo_from=source), **changes)


def _history(*events: Event, at_us: int = T0) -> History:
    at = EPOCH + timedelta(microseconds=at_us)
    lines = [Entry(seq=n, prev="0" * 64, at=at, mono_us=7_000 + n, event=event) for n, event in enumerate(events)]
    return History(lines)


def _read(values: Values, *, self_test: bool = False, answered: bool = True) -> ProbeAnswered:
    return ProbeAnswered(
        step="complete",
        attempt=1,
        self_test=self_test,
        answered=answered,
        values=values,
        started_us=0,
        finished_us=1,
    )


def _clock(moment: str, *, offset_us: int, error_us: int = 0, host: str = "database") -> ClockMeasured:
    written = {"host": host, "offset_us": offset_us, "error_us": error_us, "moment": moment}
    return ClockMeasured.model_validate(written)


def _by_marker(at_us: int, *, error: int, period: int) -> Reach:
    source = {"marker": MARKER | {"clock-error": error, "period": period}}
    reach = find_reach(_plan(source), _history(_read({"at_us": at_us})))
    assert reach is not None
    return reach


def test_the_loss_is_at_most_back_to_a_period_before_the_newest_marker() -> None:
    found = rpo(
        _by_marker(T0 - 5 * SECOND, error=SECOND // 2, period=SECOND), disaster=Interval(lower=T0, upper=T0 + 3)
    )
    assert found == Interval(lower=0, upper=5 * SECOND + SECOND // 2 + SECOND + 3)


def test_a_marker_within_the_clock_error_of_the_disaster_is_not_newer() -> None:
    reach = _by_marker(T0 + SECOND, error=SECOND, period=SECOND)
    assert not is_newer(reach, disaster=Interval(lower=T0 - 9, upper=T0))
    assert rpo(reach, disaster=Interval(lower=T0, upper=T0)) == Interval(lower=0, upper=SECOND)


def test_a_marker_beyond_the_clock_error_is_newer_than_the_disaster() -> None:
    assert is_newer(_by_marker(T0 + SECOND + 1, error=SECOND, period=SECOND), disaster=Interval(lower=T0, upper=T0))


def test_a_disaster_without_an_upper_bound_bounds_nothing() -> None:
    open_end, reach = Interval(lower=T0, upper=None), _by_marker(T0 + 99 * SECOND, error=0, period=1)
    assert not is_newer(reach, disaster=open_end)
    assert rpo(reach, disaster=open_end) == Interval(lower=0, upper=None)


@pytest.mark.parametrize(
    "events",
    [
        (),
        (_read({}),),
        (_read({"at_us": "yesterday"}),),
        (_read({"at_us": True}),),
        (_read({"at_us": T0}, self_test=True),),
        (_read({"at_us": T0}), _read({}, answered=False)),
    ],
)
def test_a_marker_that_was_not_read_tells_nothing(events: Sequence[Event]) -> None:
    assert find_reach(_plan({"marker": MARKER | {"clock-error": "1s"}}), _history(*events)) is None


def test_a_clock_that_is_measured_counts_with_both_of_its_errors() -> None:
    plan = _plan({"marker": MARKER | {"clock-of": "restore-target"}})
    clocks = (_clock("before", offset_us=400, error_us=30), _clock("after", offset_us=380, error_us=60))
    reach = find_reach(plan, _history(*clocks, _read({"at_us": T0})))
    assert reach is not None
    assert reach.dated_us == T0 - 440
    assert reach.at == Interval(lower=T0 - 440 - SECOND, upper=None)


@pytest.mark.parametrize(
    "clocks",
    [
        (),
        (_clock("before", offset_us=0),),
        (_clock("before", offset_us=0), _clock("after", offset_us=0, host="another")),
    ],
)
def test_a_clock_that_was_not_measured_twice_bounds_nothing(clocks: Sequence[Event]) -> None:
    plan = _plan({"marker": MARKER | {"clock-of": "database"}})
    assert find_reach(plan, _history(*clocks, _read({"at_us": T0}))) is None


def test_a_clock_of_a_host_that_the_plan_has_not_bounds_nothing() -> None:
    plan = _plan({"marker": MARKER | {"clock-of": "database"}}, hosts=())
    clocks = (_clock("before", offset_us=0), _clock("after", offset_us=0))
    assert find_reach(plan, _history(*clocks, _read({"at_us": T0}))) is None


def test_a_drill_that_names_no_source_has_none() -> None:
    assert find_reach(example_plan(example_drill(canary=None)), _history(_read({"at_us": T0}))) is None


def test_no_recovery_point_no_times() -> None:
    assert find_reach(_plan({"catalogue": {"clock-error": "1s"}}, recovery_point=None), _history()) is None


def test_an_instant_is_put_on_the_wall_clock_by_its_own_line() -> None:
    history = _history(PhaseStarted(phase=Phase.PREPARE), PhaseStarted(phase=Phase.RECOVER))
    point = TimelinePoint(
        instant=Instant.DISASTER, at=Interval(lower=7_000, upper=7_031), basis="journal", lines=(1, 0)
    )
    assert on_wall_clock(point, history) == Interval(lower=T0 - 1, upper=T0 + 30)


errors = st.integers(0, 3 * SECOND)


@dataclass(frozen=True)
class Truth:
    """A run as it really was, on our clock: where the data ends, and the disaster with what is known of it."""

    end_us: int
    disaster_us: int
    bounds: Interval

    @property
    def loss(self) -> int:
        return max(0, self.disaster_us - self.end_us)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    disaster = T0 + draw(st.integers(-SECOND, SECOND))
    before, after = draw(st.integers(0, SECOND)), draw(st.integers(0, SECOND))
    return Truth(
        end_us=disaster - draw(st.integers(0, 7_200 * SECOND)),
        disaster_us=disaster,
        bounds=Interval(lower=disaster - before, upper=disaster + after),
    )


def _holds(value: Interval, truth: int) -> bool:
    return value.lower <= truth and (value.upper is None or truth <= value.upper)


@given(truth=truths(), error=errors, period=st.integers(1, 60 * SECOND), data=st.data())
def test_by_markers_the_true_loss_lies_within(truth: Truth, error: int, period: int, data: st.DataObject) -> None:
    """The newest marker is at most a period newer than where the data ends, and as much older as it likes."""
    written = data.draw(
        st.integers(truth.end_us - 600 * SECOND, min(truth.end_us + period, truth.disaster_us)), label="written"
    )
    offset = data.draw(st.integers(-error, error), label="offset of production's clock")
    reach = _by_marker(written + offset, error=error, period=period)
    assert not is_newer(reach, disaster=truth.bounds)
    assert _holds(rpo(reach, disaster=truth.bounds), truth.loss)


@given(truth=truths(), error=errors, data=st.data())
def test_with_a_measured_clock_the_true_loss_lies_within(truth: Truth, error: int, data: st.DataObject) -> None:
    """The true offset lies within each measurement's own error; the marker is as in the test above."""
    offset = data.draw(st.integers(-600 * SECOND, 600 * SECOND), label="true offset")
    seen = [offset + data.draw(st.integers(-error, error)) for _ in range(2)]
    written = data.draw(st.integers(truth.end_us - 600 * SECOND, truth.end_us), label="written")
    clocks = [_clock(m, offset_us=o, error_us=error) for m, o in zip(("before", "after"), seen, strict=True)]
    plan = _plan({"marker": MARKER | {"clock-of": "database"}})
    reach = find_reach(plan, _history(*clocks, _read({"at_us": written + offset})))
    assert reach is not None
    assert not is_newer(reach, disaster=truth.bounds)
    assert _holds(rpo(reach, disaster=truth.bounds), truth.loss)


@given(disaster=st.integers(T0 - SECOND, T0 + SECOND), error=errors, logs=st.booleans(), data=st.data())
def test_by_the_catalogue_the_true_loss_lies_within(disaster: int, error: int, logs: bool, data: st.DataObject) -> None:
    """The point holds the data of some instant between its beginning and its end; logs carry it on from there."""
    finished = disaster - data.draw(st.integers(0, 7_200 * SECOND), label="age")
    started = finished - data.draw(st.integers(0, 3_600 * SECOND), label="duration")
    end = data.draw(st.integers(started, disaster if logs else finished), label="where the data ends")
    offset = data.draw(st.integers(-error, error), label="offset of the repository's clock")
    # As a catalogue writes them: whole seconds of its own clock, rounded down.
    times = [EPOCH + timedelta(seconds=(at + offset) // SECOND) for at in (started, finished)]
    point = example_point().model_copy(
        update={"started_at": times[0], "finished_at": times[1], "last_log": "0" * 24 if logs else None}
    )
    reach = find_reach(_plan({"catalogue": {"clock-error": error}}, recovery_point=point), _history())
    assert reach is not None
    bounds = Interval(lower=disaster - 5, upper=disaster + 5)
    assert not is_newer(reach, disaster=bounds)
    assert _holds(rpo(reach, disaster=bounds), disaster - end)


@given(truth=truths(), error=errors, beyond=st.integers(1, 600 * SECOND), data=st.data())
def test_a_marker_that_no_clock_error_explains_is_always_found(
    truth: Truth, error: int, beyond: int, data: st.DataObject
) -> None:
    """Whatever the offset within its bound, a marker written that far after the disaster is newer than it."""
    upper = truth.bounds.upper or 0
    offset = data.draw(st.integers(-error, error), label="offset of production's clock")
    reach = _by_marker(upper + 2 * error + beyond + offset, error=error, period=SECOND)
    assert is_newer(reach, disaster=truth.bounds)
