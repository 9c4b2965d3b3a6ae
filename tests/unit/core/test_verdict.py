"""The verdict: missing proof is never a pass, and nothing that is worse makes it better."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.events import Event, GuardCheck, GuardObserved, StepFinished, StepStarted
from orchestrator.core.findings import CLOCK_DRIFT_US, CLOCK_OFF_US
from orchestrator.core.measure import measure
from orchestrator.core.model import Outcome, Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.results import FindingCode, Judgement, Measurements, Quantity
from orchestrator.core.samples import parse_markers, parse_samples
from orchestrator.core.verdict import judge
from orchestrator.errors import ExitCode, UncleanError
from orchestrator.testing import (
    FakeClock,
    FakeHosts,
    FakeObservers,
    FakeService,
    MemoryJournal,
    Play,
    Reply,
    example_drill,
    example_plan,
)
from tests.stage import ROWS, Stage, WatchingElsewhere, rechained, set_stage

RANK = [Verdict.ABORTED, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.PASSED_WITH_GAPS, Verdict.PASSED]
PASSES = {Verdict.PASSED, Verdict.PASSED_WITH_GAPS}


def _minor() -> Plan:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    minor = {"id": "minor", "phase": "verify", "probe": "fake", "severity": "minor", "with": {"ask": "minor"}}
    return example_plan(example_drill(steps=[*steps, minor | {"expect": {"values": {"n": 1}}}]))


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    samples = tmp_path_factory.mktemp("run") / "samples"
    stage = set_stage(samples, plan=_minor(), replies={"minor": (Reply(values={"n": 1}),)})
    stage.execute()
    assert stage.result()[1].verdict is Verdict.PASSED
    return stage


def _judged(stage: Stage, events: Sequence[Event]) -> Judgement:
    entries = rechained(stage.plan, stage.memory.entries, events)
    series = {"samples": {}, "markers": ()} if not _closed(events) else _series(stage, events)
    return judge(stage.plan, entries, measure(stage.plan, entries, **series))


def _closed(events: Sequence[Event]) -> bool:
    return any(event.type in ("watch_finished", "canary_finished") for event in events)


def _series(stage: Stage, events: Sequence[Event]) -> dict[str, Any]:
    """What `reports.materials` reads: only series that the journal closed."""
    kinds = {event.type for event in events}
    watched = parse_samples((stage.samples / "service.csv").read_text()) if "watch_finished" in kinds else None
    marked = parse_markers((stage.samples / "canary.csv").read_text()) if "canary_finished" in kinds else ()
    return {"samples": {"service": watched} if watched else {}, "markers": marked}


def test_an_event_that_is_missing_never_makes_a_better_verdict_or_a_traceback(passed: Stage) -> None:
    """Of every single line; and where the line proves something, what is left is no plain pass."""
    events = passed.memory.events
    harmless = {"watch_started", "canary_started", "task_observed", "phase_started", "phase_finished"}
    for index in range(1, len(events)):
        verdict = _judged(passed, [*events[:index], *events[index + 1 :]]).verdict
        # Of a self-test the answer is what proves something, and not that it was begun and ended.
        if events[index].type not in harmless and not _frames_self_test(events[index]):
            assert verdict is not Verdict.PASSED, events[index]


def _frames_self_test(event: Event) -> bool:
    return isinstance(event, StepStarted | StepFinished) and event.self_test


@given(data=st.data())
@settings(max_examples=25)
def test_a_journal_without_some_of_its_lines_passes_only_on_whole_proof(passed: Stage, data: st.DataObject) -> None:
    events = passed.memory.events
    dropped = data.draw(st.sets(st.integers(1, len(events) - 1), min_size=1, max_size=20))
    left = [event for index, event in enumerate(events) if index not in dropped]
    judgement = _judged(passed, left)
    answers = [e for e in left if e.type == "probe_answered" and getattr(e, "step", "") == "complete"]
    if judgement.verdict in PASSES:
        assert len(answers) == 2
        assert {"guard_decided", "run_finished", "watch_finished", "canary_read"} <= {event.type for event in left}
    assert (judgement.exit_code == ExitCode.PASSED) <= (judgement.verdict in PASSES)


@given(cut=st.integers(1, 200))
@settings(max_examples=15)
def test_a_journal_that_ends_early_is_aborted(passed: Stage, cut: int) -> None:
    events = passed.memory.events[: min(cut, len(passed.memory.events) - 1)]
    judgement = _judged(passed, events)
    assert judgement.verdict is Verdict.ABORTED
    assert FindingCode.NOT_FINISHED in {finding.code for finding in judgement.findings}


@given(data=st.data())
@settings(max_examples=20)
def test_a_step_that_failed_never_makes_a_better_verdict(passed: Stage, data: st.DataObject) -> None:
    """However many steps are made to fail or to be unknown, the verdict only goes down."""
    events = list(passed.memory.events)
    ends = [i for i, e in enumerate(events) if isinstance(e, StepFinished) and not e.self_test]
    before = Verdict.PASSED
    for index in data.draw(st.lists(st.sampled_from(ends), min_size=1, max_size=5, unique=True)):
        outcome = data.draw(st.sampled_from([Outcome.FAILED, Outcome.UNKNOWN]))
        end = events[index]
        assert isinstance(end, StepFinished)
        at = next(e for e in passed.memory.entries if e.seq == index)
        assert at.seq == index
        events[index] = end.model_copy(update={"outcome": outcome, "reason": "made to"})
        after = _judged(passed, events).verdict
        assert RANK.index(after) <= RANK.index(before)
        assert after is not Verdict.PASSED
        before = after


def _judge_with(passed: Stage, **changes: Any) -> Judgement:
    measurements, _ = passed.result()
    altered = Measurements.model_validate(json.loads(measurements.model_dump_json()) | changes)
    return judge(passed.plan, passed.memory.entries, altered)


def test_nothing_measured_is_no_pass(passed: Stage) -> None:
    judgement = _judge_with(passed, measurements=[], checks=[], timeline=[])
    assert judgement.verdict is Verdict.INCONCLUSIVE
    codes = {finding.code for finding in judgement.findings}
    assert {FindingCode.RTO_NOT_MEASURED, FindingCode.RPO_NOT_MEASURED} <= codes


def test_an_empty_journal_proves_nothing(passed: Stage) -> None:
    judgement = _judged(passed, passed.memory.events[:1])
    assert (judgement.verdict, judgement.cleanup_failed) == (Verdict.ABORTED, False)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return tmp_path / "samples"


def _situations(samples: Path) -> Iterator[tuple[Stage, Verdict, set[str], ExitCode]]:
    jump = CLOCK_DRIFT_US + 1_001
    yield (
        set_stage(samples, hosts=FakeHosts(offsets_us={("database", "after"): jump})),
        Verdict.PASSED_WITH_GAPS,
        {"clock-jumped"},
        ExitCode.PASSED,
    )
    yield (
        set_stage(samples, hosts=FakeHosts(offsets_us={("database", "after"): jump - 1})),
        Verdict.PASSED,
        set(),
        ExitCode.PASSED,
    )
    for off, found in ((CLOCK_OFF_US + 501, {"clock-off"}), (-CLOCK_OFF_US - 500, set())):
        always = {("database", "before"): off, ("database", "after"): off}
        verdict = Verdict.PASSED_WITH_GAPS if found else Verdict.PASSED
        yield set_stage(samples, hosts=FakeHosts(offsets_us=always)), verdict, found, ExitCode.PASSED
    yield (
        set_stage(samples, plan=_minor(), replies={"minor": (Reply(values={"n": 2}),)}),
        Verdict.PASSED_WITH_GAPS,
        {"check-failed"},
        ExitCode.PASSED,
    )
    yield (
        set_stage(
            samples, plan=_minor(), replies={"minor": (Reply(values={"n": 2}),)}, plays={"erase": (Play(failed=True),)}
        ),
        Verdict.PASSED_WITH_GAPS,
        {"check-failed", "cleanup-failed"},
        ExitCode.CLEANUP,
    )
    yield (
        set_stage(samples, plays={"restore": (Play(failed=True),), "erase": (Play(failed=True),)}),
        Verdict.FAILED,
        {"recovery-failed", "check-unknown", "cleanup-failed", "rto-not-measured", "rpo-not-measured"},
        ExitCode.CLEANUP,
    )
    yield (
        set_stage(samples, plays={"lose": (Play(failed=True),)}),
        Verdict.INCONCLUSIVE,
        {"disruption-failed", "step-unknown", "check-unknown", "rto-not-measured", "rpo-not-measured"},
        ExitCode.INCONCLUSIVE,
    )
    yield (
        set_stage(samples, replies={"rows": (Reply(fault="refused"),)}),
        Verdict.INCONCLUSIVE,
        {"preparation-failed", "step-unknown", "check-unknown", "rto-not-measured", "rpo-not-measured"},
        ExitCode.INCONCLUSIVE,
    )
    yield (
        set_stage(samples, replies={"restored-rows": (Reply(values=ROWS | {"patients.rows": 0}),)}),
        Verdict.FAILED,
        {"check-failed", "rto-not-measured"},
        ExitCode.FAILED,
    )


@pytest.mark.parametrize("index", range(10))
def test_situations(samples: Path, index: int) -> None:
    stage, verdict, codes, exit_code = list(_situations(samples))[index]
    stage.execute()
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.exit_code) == (verdict, exit_code)
    assert {finding.code.value for finding in judgement.findings} == codes


@pytest.mark.parametrize(("rto", "verdict"), [("1s", "failed"), ("990ms", "failed"), ("1m", "passed")])
def test_the_unfavourable_end_is_what_counts(samples: Path, rto: str, verdict: str) -> None:
    slow = Play(took_us=1_800_000, effect=lambda: stage.service.restore())  # noqa: PLW0108 - stage is made below
    plan = example_plan(example_drill(objectives={"rto": rto, "rpo": "10s"}))
    stage = set_stage(samples, plan=plan, plays={"restore": (slow,)})
    stage.execute()
    assert stage.result()[1].verdict == verdict


def test_an_objective_between_the_bounds_is_missed(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    found = stage.result()[0].quantity(Quantity.RTO)
    assert found is not None
    assert found.value.upper is not None
    assert found.value.lower < found.value.upper
    for objective, met in ((found.value.upper, True), (found.value.upper - 1, False), (found.value.lower, False)):
        plan = example_plan(example_drill(objectives={"rto": objective, "rpo": "10s"}))
        again = set_stage(samples, plan=plan)
        again.execute()
        measurement = again.result()[0].quantity(Quantity.RTO)
        assert measurement is not None
        assert measurement.met is met


def test_the_first_decision_of_the_guard_is_what_was_refused(samples: Path) -> None:
    """A refusal in the recovery of a run that was under way leaves it what it was: aborted, and not cleaned up."""
    stage = set_stage(samples)
    stage.execute()
    entries = stage.memory.entries[:30]
    hosts = FakeHosts(refusing={("database", GuardCheck.MARKER_MATCHES): "gone"})
    again = set_stage(
        samples,
        clock=FakeClock(monotonic_us=5),
        hosts=hosts,
        plan=stage.plan,
        journal=lambda genesis, clock: MemoryJournal(genesis=genesis, clock=clock, entries=entries),
    )
    with pytest.raises(UncleanError):
        again.recover(entries)
    _, judgement = again.result()
    assert (judgement.verdict, judgement.exit_code) == (Verdict.ABORTED, ExitCode.CLEANUP)
    assert FindingCode.REFUSED_BY_GUARD not in {finding.code for finding in judgement.findings}


def test_a_decision_of_the_guard_that_its_own_answers_do_not_carry_opens_nothing(passed: Stage) -> None:
    events = [event for event in passed.memory.events if not isinstance(event, GuardObserved)]
    judgement = _judged(passed, events)
    assert judgement.verdict is Verdict.ABORTED
    assert {finding.code for finding in judgement.findings} >= {FindingCode.GUARD_NOT_PROVED}


def test_a_watch_that_fell_silent_before_the_end_did_not_watch(passed: Stage) -> None:
    series = _series(passed, passed.memory.events)
    entries = passed.memory.entries
    whole = measure(passed.plan, entries, **series)
    stretches = whole.availability
    cut = whole.model_copy(update={"availability": stretches[:-1]})
    assert stretches[-1].answers
    assert judge(passed.plan, entries, whole).verdict is Verdict.PASSED
    findings = judge(passed.plan, entries, cut).findings
    assert [(finding.code, finding.subject) for finding in findings] == [(FindingCode.WATCH_MISSING, "service")]


def _watching(samples: Path, watched: Callable[[FakeClock], FakeService], **changes: Any) -> Judgement:
    """Judge the example, whose every part goes well, with a watch on this service."""

    def observers(clock: FakeClock, service: FakeService) -> FakeObservers:
        return WatchingElsewhere(clock=clock, service=service, watched=watched(clock))

    stage = set_stage(samples, observers=observers, **changes)
    stage.execute()
    return stage.result()[1]


def _not_seen(judgement: Judgement) -> list[str]:
    code = FindingCode.DISRUPTION_NOT_SEEN
    return [finding.subject for finding in judgement.findings if finding.code is code]


def test_a_service_that_is_never_seen_to_stop_is_not_proved_to_have_stopped(samples: Path) -> None:
    judgement = _watching(samples, lambda clock: FakeService(clock=clock))
    assert (judgement.verdict, judgement.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    (finding,) = judgement.findings
    assert (finding.code, finding.subject) == (FindingCode.DISRUPTION_NOT_SEEN, "service")
    assert finding.lines


def test_a_service_that_was_never_up_is_not_seen_to_stop(samples: Path) -> None:
    """It begins to answer with the restore: all that can be said is that it was not there before."""
    held: list[FakeService] = []

    def down(clock: FakeClock) -> FakeService:
        held.append(FakeService(clock=clock))
        held[0].lose()
        return held[0]

    check = Reply(values=ROWS, effect=lambda: held[0].start())  # noqa: PLW0108 - made below
    judgement = _watching(samples, down, replies={"restored-rows": (check,)})
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert _not_seen(judgement) == ["service"]


def test_where_nothing_is_to_be_stopped_nothing_is_to_be_seen(samples: Path) -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps if step.id != "lose"]
    plan = example_plan(example_drill(steps=steps, self_test_after="prepare", canary=None, objectives={"rto": "1m"}))
    replies = {"restored-rows": (Reply(fault="connection refused"), Reply(values=ROWS))}
    judgement = _watching(samples, lambda clock: FakeService(clock=clock), plan=plan, replies=replies)
    assert judgement.verdict is Verdict.PASSED


def test_a_disruption_that_failed_or_a_watch_that_is_missing_is_the_reason_already(samples: Path) -> None:
    failed = _watching(samples, lambda clock: FakeService(clock=clock), plays={"lose": (Play(failed=True),)})
    assert FindingCode.DISRUPTION_FAILED in {finding.code for finding in failed.findings}
    assert _not_seen(failed) == []


def test_a_minor_disruption_that_failed_unseen_is_no_pass(samples: Path) -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    steps[1]["severity"] = "minor"
    plan = example_plan(example_drill(steps=steps))
    plays = {"lose": (Play(failed=True),)}
    judgement = _watching(samples, lambda clock: FakeService(clock=clock), plan=plan, plays=plays)
    assert _not_seen(judgement) == ["service"]
    assert judgement.verdict is Verdict.INCONCLUSIVE
