"""A whole run with fakes: the order of its lines, and that cleanup happens however the rest ended."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.events import PhaseStarted, RunFinished, RunStarted, StepStarted, StopRequested
from orchestrator.core.journal import Entry, parse_journal
from orchestrator.core.model import Outcome, Phase, Verdict
from orchestrator.core.results import FindingCode, Quantity
from orchestrator.errors import CatalogueError, ExitCode, ProbeError, RepriseError, SshError, UncleanError
from orchestrator.testing import FakeHosts, FakeObservers, MemoryJournal, Play, Reply, example_drill, example_plan
from tests.stage import REQUEST, Stage, set_stage
from tests.unit.engine.journals import kinds, outcomes, started

PHASES = [phase.value for phase in Phase]


def test_a_run_in_which_everything_goes_well_passes(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    measurements, judgement = stage.result()
    assert (judgement.verdict, judgement.findings, judgement.exit_code) == (Verdict.PASSED, (), ExitCode.PASSED)
    assert stage.acted() == ["lose", "restore", "erase"]
    assert started(stage.memory.events) == ["manifest", "lose", "restore", "complete", "erase"]
    lost = measurements.quantity(Quantity.LOST_COMMITS)
    assert lost is not None
    assert lost.value.lower == 0


def test_the_first_line_says_who_asked_and_the_last_one_that_it_is_over(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    first, last = stage.memory.events[0], stage.memory.events[-1]
    assert isinstance(first, RunStarted)
    assert (first.requester, first.boot_id) == (REQUEST.requester, REQUEST.boot_id)
    assert first.plan_sha256 == stage.plan.digest
    assert isinstance(last, RunFinished)
    assert parse_journal(stage.memory.content, genesis=stage.plan.digest) == stage.memory.entries


def test_the_phases_come_in_their_order(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    assert [event.phase.value for event in stage.memory.events if isinstance(event, PhaseStarted)] == PHASES


def test_an_act_is_written_down_before_it_is_done(samples: Path) -> None:
    seen: list[bool] = []

    def look(step: str) -> Callable[[], None]:
        return lambda: seen.append(started(stage.memory.events)[-1] == step)

    stage = set_stage(
        samples,
        plays={name: (Play(effect=look(name)),) for name in ("lose", "restore", "erase")},
        replies={"rows": (Reply(effect=look("manifest")),)},
    )
    stage.execute()
    assert seen[:2] == [True, True]
    assert seen[-1] is True
    assert len(seen) >= 3


def test_what_is_seen_of_a_step_lies_between_its_start_and_its_end(samples: Path) -> None:
    stage = set_stage(samples, plays={"restore": (Play(failed=True),) * 2 + (Play(effect=lambda: None),)})
    stage.execute()
    open_steps: set[tuple[str, int, bool]] = set()
    for event in stage.memory.events:
        key = (getattr(event, "step", ""), getattr(event, "attempt", 1), getattr(event, "self_test", False))
        if event.type == "step_started":
            open_steps.add(key)
        elif event.type == "step_finished":
            open_steps.remove(key)
        elif event.type in ("task_observed", "playbook_finished", "probe_answered", "claim_made"):
            assert key in open_steps
    assert not open_steps


def _stopping(phase: Phase, *, stage: list[Stage]) -> Callable[[str, object], MemoryJournal]:
    """A journal that requests the stop when the first step of a phase is written down."""

    def told(entry: Entry) -> None:
        event = entry.event
        if (
            isinstance(event, StepStarted)
            and not event.self_test
            and stage[0].plan.drill.step(event.step).phase is phase
        ):
            stage[0].stop.request()

    return lambda genesis, clock: MemoryJournal(genesis=genesis, clock=clock, told=told)  # type: ignore[arg-type]


@pytest.mark.parametrize("phase", [Phase.PREPARE, Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY])
def test_a_stop_in_any_phase_begins_no_step_more_and_cleans_up(samples: Path, phase: Phase) -> None:
    holder: list[Stage] = []
    stage = set_stage(samples, journal=_stopping(phase, stage=holder))
    holder.append(stage)
    stage.execute()
    begun = {stage.plan.drill.step(step).phase for step in started(stage.memory.events)}
    assert begun == {*list(Phase)[: list(Phase).index(phase) + 1], Phase.CLEANUP}
    assert outcomes(stage.memory.events, "erase") == [(Outcome.OK, "")]
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.exit_code) == (Verdict.ABORTED, ExitCode.INCONCLUSIVE)
    assert FindingCode.STOP_REQUESTED in {finding.code for finding in judgement.findings}
    assert isinstance(stage.memory.events[-1], RunFinished)


def test_a_stop_before_anything_still_cleans_up(samples: Path) -> None:
    stage = set_stage(samples)
    stage.stop.request("SIGTERM")
    stage.execute()
    assert stage.acted() == ["erase"]
    _, judgement = stage.result()
    assert judgement.verdict is Verdict.ABORTED
    # Who asked is in the journal, and in the verdict.
    assert [event.reason for event in stage.memory.events if isinstance(event, StopRequested)] == ["SIGTERM"]
    assert (FindingCode.STOP_REQUESTED, "SIGTERM") in {(found.code, found.subject) for found in judgement.findings}


def test_a_second_stop_ends_the_cleanup_and_leaves_the_run_to_be_recovered(samples: Path) -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    second = {"id": "erase-more", "phase": "cleanup", "playbook": "fake/more.yml", "needs": ["erase"]}
    plan = example_plan(example_drill(steps=[*steps, second]))

    def stop_all() -> None:
        stage.stop.request()
        stage.cleanup_stop.request()

    stage = set_stage(samples, plan=plan, plays={"erase": (Play(effect=stop_all),)})
    with pytest.raises(UncleanError) as caught:
        stage.execute()
    assert caught.value.exit_code is ExitCode.CLEANUP
    assert "reprise recover" in (caught.value.hint or "")
    assert "erase-more" not in started(stage.memory.events)
    assert not any(isinstance(event, RunFinished) for event in stage.memory.events)


def test_a_hanging_step_is_stopped_at_once(samples: Path) -> None:
    def ask() -> None:
        stage.stop.request()

    stage = set_stage(samples, plays={"restore": (Play(hangs=True, effect=ask),)})
    stage.execute()
    assert outcomes(stage.memory.events, "restore") == [(Outcome.UNKNOWN, "stopped (stop requested)")]
    assert stage.acted() == ["lose", "restore", "erase"]


class UnforeseenError(Exception):
    """Something that nobody foresaw."""


def _raise(error: Exception) -> Callable[..., None]:
    def effect(*_: object) -> None:
        raise error

    return effect


UNFORESEEN = {
    "a playbook that disrupts": lambda s: set_stage(s, plays={"lose": (Play(effect=_raise(UnforeseenError())),)}),
    "a playbook that recovers": lambda s: set_stage(s, plays={"restore": (Play(effect=_raise(UnforeseenError())),)}),
    "a probe that prepares": lambda s: set_stage(s, replies={"rows": (Reply(effect=_raise(UnforeseenError())),)}),
    "a probe that verifies": lambda s: set_stage(
        s, replies={"restored-rows": (Reply(effect=_raise(UnforeseenError())),)}
    ),
    "the canary": lambda s: set_stage(s, observers=_starting("canary")),
    "the watch": lambda s: set_stage(s, observers=_starting("service")),
    "reading the canary back": lambda s: set_stage(s, observers=_unreadable),
}


def _starting(name: str) -> Callable[..., FakeObservers]:
    def starting(started_name: str) -> None:
        if started_name == name:
            raise UnforeseenError

    return lambda clock, service: FakeObservers(clock=clock, service=service, starting=starting)


def _unreadable(clock: object, service: object) -> FakeObservers:
    return FakeObservers(clock=clock, service=service, survivors=_raise(UnforeseenError()))  # type: ignore[arg-type]


@pytest.mark.parametrize("where", UNFORESEEN)
def test_an_unforeseen_error_anywhere_is_raised_after_the_cleanup(samples: Path, where: str) -> None:
    stage = UNFORESEEN[where](samples)
    with pytest.raises(UnforeseenError):
        stage.execute()
    assert stage.acted()[-1] == "erase"
    assert outcomes(stage.memory.events, "erase") == [(Outcome.OK, "")]
    stops = [event for event in stage.memory.events if isinstance(event, StopRequested)]
    assert [event.reason for event in stops] == ["UnforeseenError: the drill cannot go on"]
    assert not any(isinstance(event, RunFinished) for event in stage.memory.events)


def test_an_unforeseen_error_of_the_host_inspector_touches_nothing(samples: Path) -> None:
    stage = set_stage(samples, hosts=FakeHosts(inspecting=_raise(UnforeseenError())))
    with pytest.raises(UnforeseenError):
        stage.execute()
    assert stage.acted() == []
    assert stage.observers.started == []


def test_a_defect_in_one_cleanup_step_does_not_keep_the_others_from_being_tried(samples: Path) -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    second = {"id": "erase-more", "phase": "cleanup", "playbook": "fake/more.yml", "needs": ["erase"]}
    plan = example_plan(example_drill(steps=[*steps, second]))
    stage = set_stage(samples, plan=plan, plays={"erase": (Play(effect=_raise(UnforeseenError())),)})
    with pytest.raises(UnforeseenError):
        stage.execute()
    assert stage.acted()[-2:] == ["erase", "erase-more"]
    assert "phase_finished" in kinds(stage.memory.events)[-1:]


@pytest.mark.parametrize("error", [ProbeError("no key"), SshError("gone"), CatalogueError("no"), RepriseError("no")])
def test_an_error_of_ours_in_a_step_is_an_unknown_outcome_and_no_end(samples: Path, error: RepriseError) -> None:
    stage = set_stage(samples, plays={"restore": (Play(effect=_raise(error)),)})
    stage.execute()
    assert outcomes(stage.memory.events, "restore") == [(Outcome.UNKNOWN, str(error))]
    _, judgement = stage.result()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert stage.acted() == ["lose", "restore", "erase"]


def test_a_failed_cleanup_is_a_gap_and_says_so_to_the_shell(samples: Path) -> None:
    stage = set_stage(samples, plays={"erase": (Play(failed=True),)})
    stage.execute()
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.cleanup_failed) == (Verdict.PASSED_WITH_GAPS, True)
    assert judgement.exit_code is ExitCode.CLEANUP


def test_watch_and_canary_run_from_before_the_first_step_until_after_the_last_check(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    order = kinds(stage.memory.events)
    first, last = order.index("phase_started"), len(order) - 1 - order[::-1].index("phase_started")
    assert max(order.index("watch_started"), order.index("canary_started")) < first
    assert max(order.index("watch_finished"), order.index("canary_finished")) < last
    checks = [i for i, event in enumerate(stage.memory.events) if getattr(event, "step", "") == "complete"]
    assert min(order.index("watch_finished"), order.index("canary_finished")) > max(checks)


def test_the_canary_leads_before_anything_is_broken(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    begun = next(e.mono_us for e in stage.memory.entries if e.event.type == "canary_started")
    broken = next(e.mono_us for e in stage.memory.entries if getattr(e.event, "step", "") == "lose")
    assert broken - begun >= 5_000_000
