"""The instants of a run: whatever the phase of the watch, the truth lies within the bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.model import Interval
from orchestrator.core.results import Instant, Measurements, Quantity
from orchestrator.core.samples import Sample
from orchestrator.core.timeline import find_outage
from orchestrator.core.written import parse_duration
from orchestrator.testing import Play, Reply, example_drill, example_plan
from tests.stage import ROWS, Stage, set_stage

PERIOD = 50


def _samples(pattern: str, *, latency: int = 4) -> tuple[Sample, ...]:
    """One sample for each character every 50 microseconds from 0: `+` is answered, `-` is not."""
    return tuple(
        Sample(due_us=n * PERIOD, started_us=n * PERIOD, finished_us=n * PERIOD + latency, answered=mark == "+")
        for n, mark in enumerate(pattern)
    )


def test_no_outage_where_everything_answered() -> None:
    assert find_outage(_samples("+++++"), since_us=0, until_us=999, stable_us=100) is None
    assert find_outage((), since_us=0, until_us=999, stable_us=100) is None


def test_the_bounds_are_those_of_the_questions_around_each_change() -> None:
    found = find_outage(_samples("+++---++++++"), since_us=0, until_us=999, stable_us=100)
    assert found is not None
    assert found.was_up
    assert found.down == Interval(lower=100, upper=154)
    assert found.detected_us == 154
    assert found.up == Interval(lower=250, upper=304)


def test_a_service_that_comes_and_goes_is_back_only_after_the_last_failure() -> None:
    found = find_outage(_samples("++--+-+-++++++"), since_us=0, until_us=999, stable_us=100)
    assert found is not None
    assert found.up == Interval(lower=350, upper=404)


@pytest.mark.parametrize("pattern", ["++---", "++---+", "++---++", "++--+++-"])
def test_a_service_that_is_not_stable_long_enough_is_not_back(pattern: str) -> None:
    found = find_outage(_samples(pattern), since_us=0, until_us=999, stable_us=100)
    assert found is not None
    assert found.up is None


def test_what_was_asked_after_the_end_does_not_count() -> None:
    samples = _samples("++--++++++------")
    found = find_outage(samples, since_us=0, until_us=460, stable_us=100)
    assert found is not None
    assert found.up == Interval(lower=150, upper=204)


def test_a_failure_before_the_disaster_is_another_outage() -> None:
    found = find_outage(_samples("+-+++--+++++"), since_us=200, until_us=999, stable_us=100)
    assert found is not None
    assert found.down == Interval(lower=200, upper=254)


def test_a_service_that_was_down_all_the_time_went_no_earlier_than_the_disaster() -> None:
    found = find_outage(_samples("-----+++++"), since_us=120, until_us=999, stable_us=100)
    assert found is not None
    assert found.down.lower == 120


@pytest.mark.parametrize(
    ("pattern", "was_up"),
    [("-----+++", False), ("++---+++", False), ("+++--+++", True), ("++-+--+++", True)],
)
def test_a_service_that_was_down_before_is_not_seen_to_go(pattern: str, was_up: bool) -> None:
    found = find_outage(_samples(pattern), since_us=120, until_us=999, stable_us=10)
    assert found is not None
    assert found.was_up is was_up


def test_the_order_of_the_lines_does_not_matter() -> None:
    samples = _samples("+++---++++++")
    wanted = find_outage(samples, since_us=0, until_us=999, stable_us=100)
    assert find_outage(tuple(reversed(samples)), since_us=0, until_us=999, stable_us=100) == wanted


@dataclass(frozen=True)
class Truth:
    """An outage as it was, and what a watch with its own rhythm and latencies saw of it."""

    down_us: int
    up_us: int
    samples: tuple[Sample, ...]


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """A question is answered if the service is there at the instant at which it arrives, between asked and over."""
    period = draw(st.integers(10, 200))
    down = draw(st.integers(3 * period, 20 * period))
    up = down + draw(st.integers(2 * period, 40 * period))
    due, samples = draw(st.integers(0, period)), list[Sample]()
    while due < up + 30 * period:
        started = due + draw(st.integers(0, period // 5))
        arrives = started + draw(st.integers(0, period // 4))
        answered = not down <= arrives < up
        late = draw(st.integers(0, period // 4)) if answered else draw(st.integers(0, 3 * period))
        finished = arrives + late
        samples.append(Sample(due_us=due, started_us=started, finished_us=finished, answered=answered))
        due = max(due + period, finished if draw(st.booleans()) else 0)
    return Truth(down, up, tuple(samples))


@given(truths())
@settings(max_examples=120)
def test_the_true_instants_lie_within_the_bounds(truth: Truth) -> None:
    found = find_outage(truth.samples, since_us=0, until_us=10**9, stable_us=100)
    if found is None:
        assert all(sample.answered for sample in truth.samples)
        return
    assert found.up is not None
    assert found.up.upper is not None
    assert found.down.lower <= truth.down_us <= (found.down.upper or 0)
    assert found.up.lower <= truth.up_us <= found.up.upper
    interruption = found.up - found.down
    assert interruption.lower <= truth.up_us - truth.down_us <= (interruption.upper or 0)


def _run(samples: Path, **changes: object) -> Stage:
    stage = set_stage(samples, **changes)  # type: ignore[arg-type]
    stage.execute()
    return stage


def _quantity(measurements: Measurements, quantity: Quantity) -> Interval:
    found = measurements.quantity(quantity)
    assert found is not None
    return found.value


def _holds(value: Interval, truth: int) -> bool:
    return value.lower <= truth and (value.upper is None or truth <= value.upper)


durations = st.integers(100_000, 2_500_000)


@given(lose=durations, restore=durations, check=durations, every=st.sampled_from(["50ms", "170ms", "1s"]))
@settings(max_examples=12)
def test_the_true_rto_and_interruption_lie_within_their_bounds(lose: int, restore: int, check: int, every: str) -> None:
    """The whole path: engine, files, journal, measure. T0 is when the service went, T5 when the check was answered."""
    truth: dict[str, int] = {}

    def mark(name: str, act: object) -> None:
        truth[name] = stage.clock.monotonic_us()
        if callable(act):
            act()

    watch = [{"id": "service", "probe": "fake", "every": every, "with": {"ask": "alive"}}]
    with TemporaryDirectory() as directory:
        stage = set_stage(
            Path(directory) / "samples",
            plan=example_plan(example_drill(watch=watch, stable_for="3s")),
            plays={
                "lose": (Play(took_us=lose, effect=lambda: mark("down", stage.service.lose)),),
                "restore": (Play(took_us=restore, effect=lambda: mark("up", stage.service.restore)),),
            },
            replies={
                "restored-rows": (Reply(values=ROWS, took_us=check, effect=lambda: mark("checked", None)),),
            },
        )
        stage.execute()
        measurements, _ = stage.result()
    checked = truth["checked"] + check - check // 2
    assert _holds(_quantity(measurements, Quantity.RTO), max(truth["up"], checked) - truth["down"])
    disaster, back = measurements.instant(Instant.DISASTER), measurements.instant(Instant.SERVICE_ANSWERS)
    assert disaster is not None
    assert _holds(disaster.at, truth["down"])
    # An outage between two questions of a slow watch is not seen: then nothing is said of it.
    assert (back is None) <= (truth["up"] - truth["down"] < parse_duration(every))
    if back is not None:
        assert _holds(back.at, truth["up"])
        assert _holds(_quantity(measurements, Quantity.INTERRUPTION), truth["up"] - truth["down"])


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return tmp_path / "samples"


def test_the_instants_are_in_their_order(samples: Path) -> None:
    measurements, _ = _run(samples).result()
    assert [point.instant for point in measurements.timeline] == list(Instant)
    bounds = [point.at for point in measurements.timeline if point.instant is not Instant.DETECTED]
    for earlier, later in pairwise(bounds):
        assert later.upper is not None
        assert earlier.lower <= later.upper


def test_a_service_that_is_never_stable_has_no_t5_though_its_checks_passed(samples: Path) -> None:
    def go_again_soon() -> None:
        stage.service.lose(after_us=700_000)

    stage = set_stage(samples, replies={"restored-rows": (Reply(values=ROWS, effect=go_again_soon),)})
    stage.execute()
    measurements, judgement = stage.result()
    assert measurements.checks[0].outcome == "ok"
    assert measurements.instant(Instant.SERVICE_ANSWERS) is None
    assert measurements.instant(Instant.CHECKS_PASSED) is None
    assert measurements.quantity(Quantity.RTO) is None
    assert judgement.verdict == "inconclusive"


def test_no_check_that_passed_means_no_t5(samples: Path) -> None:
    stage = _run(samples, replies={"restored-rows": (Reply(values={}),)})
    assert stage.result()[0].instant(Instant.CHECKS_PASSED) is None


def _steps(*more: dict[str, object]) -> Sequence[dict[str, object]]:
    return [*(step.model_dump(by_alias=True) for step in example_drill().steps), *more]


@pytest.mark.parametrize("watched", [True, False])
def test_a_disaster_in_the_second_of_two_acts_lies_within_t0(samples: Path, watched: bool) -> None:
    second: dict[str, object] = {"id": "lose-more", "phase": "disrupt", "playbook": "fake/more.yml", "needs": ["lose"]}
    changes: dict[str, object] = {} if watched else {"watch": []}
    at: list[int] = []

    def lose() -> None:
        at.append(stage.clock.monotonic_us())
        stage.service.lose()

    stage = set_stage(
        samples,
        plan=example_plan(example_drill(steps=_steps(second), **changes)),
        plays={"lose": (Play(took_us=3_000_000),), "lose-more": (Play(took_us=3_000_000, effect=lose),)},
    )
    stage.execute()
    point = stage.result()[0].instant(Instant.DISASTER)
    assert point is not None
    assert _holds(point.at, at[0])


def test_a_service_that_goes_only_after_the_acts_leaves_t0_with_the_acts(samples: Path) -> None:
    def slowly() -> None:
        stage.clock.advance(2_000_000)
        stage.service.lose()
        stage.clock.advance(2_000_000)
        stage.service.restore()

    stage = set_stage(samples, plays={"lose": (Play(),), "restore": (Play(effect=slowly),)})
    stage.execute()
    measurements, _ = stage.result()
    point = measurements.instant(Instant.DISASTER)
    begun = next(e.mono_us for e in stage.memory.entries if getattr(e.event, "step", "") == "lose")
    assert point is not None
    assert point.at == Interval(lower=begun, upper=begun + 400_000)


def test_without_a_disruption_t0_is_declared_at_the_beginning_of_the_recovery(samples: Path) -> None:
    steps = [step for step in _steps() if step["phase"] != "disrupt"]
    drill = example_drill(steps=steps, self_test_after="prepare", canary=None, objectives={"rto": "1m"})
    replies = {"restored-rows": (Reply(fault="refused"), Reply(values=ROWS))}
    stage = _run(samples, plan=example_plan(drill), replies=replies)
    measurements, judgement = stage.result()
    point = measurements.instant(Instant.DISASTER)
    assert point is not None
    assert (point.basis, point.at.lower) == ("declared", point.at.upper)
    assert measurements.instant(Instant.SERVICE_ANSWERS) is None
    assert judgement.verdict == "passed"
