"""The fakes keep the promises of their ports. That they have the ports' shapes is what mypy checks here."""

from pathlib import Path

import pytest

from orchestrator.core.events import Event, PlaybookFinished, StopRequested
from orchestrator.core.journal import parse_journal
from orchestrator.core.ports import (
    Catalogue,
    Clock,
    HostInspector,
    JournalWriter,
    Observers,
    PlaybookAct,
    PlaybookRunner,
    Probe,
    Stop,
)
from orchestrator.core.ranges import ranges_of
from orchestrator.core.samples import parse_markers, parse_samples
from orchestrator.core.step_definition import PlaybookStep
from orchestrator.errors import StoreError
from orchestrator.testing import (
    FakeCatalogue,
    FakeClock,
    FakeHosts,
    FakeObservers,
    FakeService,
    ManualStop,
    MemoryJournal,
    Play,
    Reply,
    ScriptedPlaybooks,
    ScriptedProbe,
    example_plan,
)

PLAN = example_plan()
CLOCK = FakeClock()
FAKES: tuple[Clock, Stop, JournalWriter, PlaybookRunner, Probe, Observers, HostInspector, Catalogue] = (
    CLOCK,
    ManualStop(clock=CLOCK),
    MemoryJournal(genesis=PLAN.digest, clock=CLOCK),
    ScriptedPlaybooks(clock=CLOCK),
    ScriptedProbe(clock=CLOCK),
    FakeObservers(clock=CLOCK, service=FakeService(clock=CLOCK)),
    FakeHosts(),
    FakeCatalogue(),
)


def test_time_passes_only_when_somebody_waits() -> None:
    clock = FakeClock()
    stop = ManualStop(clock=clock)
    before_us, before = clock.monotonic_us(), clock.now()
    assert stop.wait(1_500_000) is False
    assert clock.monotonic_us() - before_us == 1_500_000
    assert (clock.now() - before).total_seconds() == 1.5
    assert ManualStop(clock=clock).reason is None
    stop.request("the first")
    stop.request("another")
    assert (stop.requested, stop.reason) == (True, "the first")
    assert stop.wait(1_500_000) is True
    assert clock.monotonic_us() - before_us == 1_500_000
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_the_journal_is_a_chain_and_fails_where_it_is_told_to() -> None:
    journal = MemoryJournal(genesis=PLAN.digest, clock=FakeClock(), fails_at={1})
    journal.append(StopRequested(reason="a"))
    with pytest.raises(StoreError):
        journal.append(StopRequested(reason="b"))
    journal.append(StopRequested(reason="c"))
    assert parse_journal(journal.content, genesis=PLAN.digest) == journal.entries
    assert [getattr(event, "reason", "") for event in journal.events] == ["a", "c"]


def _act(attempt: int) -> PlaybookAct:
    step = PLAN.drill.step("restore")
    assert isinstance(step, PlaybookStep)
    here = Path("/nowhere")
    return PlaybookAct(
        run_id=PLAN.run_id,
        step=step,
        attempt=attempt,
        playbook=here,
        roles=(),
        inventory=here,
        known_hosts=here,
        hosts=PLAN.hosts,
        variables={},
    )


def test_a_play_ends_once_and_hangs_until_it_is_stopped() -> None:
    clock = FakeClock()
    stop, seen = ManualStop(clock=clock), list[Event]()
    runner = ScriptedPlaybooks(
        clock=clock, plays={"restore": (Play(failed=True), Play(hangs=True, effect=stop.request))}
    )
    runner.run(_act(1), record=seen.append, stop=stop)
    runner.run(_act(2), record=seen.append, stop=stop)
    ends = [event for event in seen if isinstance(event, PlaybookFinished)]
    assert [(end.attempt, end.complete, end.exit_code) for end in ends] == [(1, True, 2), (2, False, None)]
    assert [act.attempt for act in runner.acts] == [1, 2]


def test_what_was_left_running_is_ended_once() -> None:
    runner = ScriptedPlaybooks(clock=FakeClock(), left_running=("a",))
    assert [runner.sweep(run_id="r", hosts=()) for _ in range(2)] == [("a",), ()]


def test_a_probe_replies_in_order_and_not_at_all_where_it_cannot_reach() -> None:
    clock, up = FakeClock(), [True]
    probe = ScriptedProbe(
        clock=clock, replies={"n": (Reply(values={"n": 1}), Reply(fault="no"))}, reachable=lambda: up[0]
    )
    stop = ManualStop(clock=clock)
    asked = [probe.ask({"ask": "n"}, timeout_us=1, stop=stop) for _ in range(3)]
    assert [(answer.answered, answer.values) for answer in asked] == [(True, {"n": 1}), (False, {}), (False, {})]
    assert not probe.ask({"ask": "other"}, timeout_us=1, stop=stop).answered
    up[0] = False
    assert not probe.ask({"ask": "n"}, timeout_us=1, stop=stop).answered


def test_a_probe_that_hangs_gives_up_at_its_time_limit() -> None:
    clock = FakeClock()
    probe = ScriptedProbe(clock=clock, replies={"n": (Reply(hangs=True, took_us=0),)})
    before = clock.monotonic_us()
    assert not probe.ask({"ask": "n"}, timeout_us=200_000, stop=ManualStop(clock=clock)).answered
    assert clock.monotonic_us() - before == 200_000


def test_the_series_are_those_of_the_service(tmp_path: Path) -> None:
    clock = FakeClock()
    service = FakeService(clock=clock)
    observers = FakeObservers(clock=clock, service=service)
    assert PLAN.drill.canary is not None
    canary = observers.canary(PLAN.drill.canary, run_id="r", file=tmp_path / "samples" / "canary.csv")
    watch = observers.watch(PLAN.drill.watch[0], file=tmp_path / "samples" / "service.csv", record=lambda _: None)
    clock.advance(500_000)
    service.lose()
    clock.advance(500_000)
    service.restore()
    clock.advance(500_000)
    series, marks = watch.finish(), canary.finish()
    assert watch.finish() == series
    samples = parse_samples((tmp_path / series.file).read_text())
    assert (series.count, series.failures) == (len(samples), 10)
    assert "".join("+" if s.answered else "-" for s in samples) == "+" * 10 + "-" * 10 + "+" * 10
    markers = parse_markers((tmp_path / marks.file).read_text())
    assert [m.acknowledged_us is not None for m in markers] == [True] * 10 + [False]
    assert observers.read_canary(PLAN.drill.canary, run_id="r", timeout_us=1).ranges == ((1, 10),)


def test_ranges_hold_both_ends() -> None:
    assert ranges_of([3, 1, 2, 7, 9, 8, 7]) == ((1, 3), (7, 9))
    assert ranges_of([]) == ()
