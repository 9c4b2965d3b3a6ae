"""What can become of a drill, one function each: the real engine on fakes, and what a person says must come out of it.

The verdict, the findings and the shell's code are written down here by hand. Only the figures are computed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.choose import choose, listed
from orchestrator.core.events import Event, GuardCheck, PersonDecision, PhaseStarted, StepStarted, Values
from orchestrator.core.journal import Entry, format_line
from orchestrator.core.model import Phase
from orchestrator.core.plan import PinnedPerson, Plan, RecoveryPoint
from orchestrator.core.ports import Survivors
from orchestrator.core.ranges import ranges_of
from orchestrator.core.results import Quantity
from orchestrator.core.samples import Marker
from orchestrator.testing import (
    FakeCatalogue,
    FakeClock,
    FakeHosts,
    FakeObservers,
    FakeService,
    MemoryJournal,
    Play,
    Reply,
    Said,
    answer,
    example_drill,
    example_plan,
    tabletop_drill,
    tabletop_plan,
)
from orchestrator.testing.clock import STARTED_AT
from orchestrator.testing.examples import example_point
from tests.ssh_keys import ed25519, public, signed
from tests.stage import ROWS, MarkingApart, Stage, WatchingApart, WatchingElsewhere, rechained, set_stage


@dataclass(frozen=True)
class Recording:
    """A run as it lies on disk."""

    plan: Plan
    journal: bytes


@dataclass(frozen=True)
class Situation:
    """One thing that can become of a drill: how it is made, and what must be said of it."""

    record: Callable[[Path], Recording]
    verdict: str
    exit_code: int
    findings: frozenset[tuple[str, str]]


SITUATIONS: dict[str, Situation] = {}


def _situation(
    verdict: str, exit_code: int, *findings: tuple[str, str]
) -> Callable[[Callable[[Path], Recording]], Callable[[Path], Recording]]:
    def keep(record: Callable[[Path], Recording]) -> Callable[[Path], Recording]:
        name = record.__name__.replace("_", "-")
        SITUATIONS[name] = Situation(record, verdict, exit_code, frozenset(findings))
        return record

    return keep


def _plan(*more: dict[str, Any], without: Sequence[str] = (), **changes: Any) -> Plan:
    """The example with a slower watch and canary, so that the files stay small; and steps added or left out."""
    written = [step.model_dump(by_alias=True) for step in example_drill().steps if step.id not in without]
    watch = [{"id": "service", "probe": "fake", "every": "200ms", "with": {"ask": "alive"}}]
    drill = {"steps": [*written, *more], "watch": watch, "canary": CANARY} | changes
    return example_plan(example_drill(**drill))


def _recorded(stage: Stage) -> Recording:
    stage.execute()
    return Recording(stage.plan, stage.memory.content)


def _run(samples: Path, *, plan: Plan | None = None, **changes: Any) -> Recording:
    return _recorded(set_stage(samples, plan=plan or _plan(), **changes))


CANARY = {"probe": "fake", "every": "100ms", "lead": "2s", "with": {"ask": "mark"}, "read": {"ask": "marks"}}
FAILS = (Play(failed=True),)
HANGS = (Play(hangs=True),)
DIRTY = ("cleanup-failed", "erase")
UNWATCHED = ("watch-missing", "service")
NO_RTO, NO_RPO = ("rto-not-measured", "rto"), ("rpo-not-measured", "rpo")
UNCHECKED = ("check-unknown", "complete")
NEVER_RECOVERED = (("step-unknown", "restore"), UNCHECKED, NO_RTO, NO_RPO)
NEVER_DISRUPTED = (("step-unknown", "lose"), *NEVER_RECOVERED)
MINOR = {
    "id": "indexes",
    "phase": "verify",
    "probe": "fake",
    "severity": "minor",
    "with": {"ask": "indexes"},
    "expect": {"values": {"invalid": 0}},
}


def _people(samples: Path, *, late_us: int = 60_000_000, **said: Said) -> Recording:
    """People alone: everybody answers as is hoped, but for what is given."""
    plan = tabletop_plan()
    honest = {
        "announce": Said(given=answer(plan, "announce", PersonDecision.DONE)),
        "decide": Said(given=answer(plan, "decide", PersonDecision.GRANTED), after_us=late_us),
        "confirm": Said(given=answer(plan, "confirm", PersonDecision.DONE, values={"units": 3})),
    }
    return _run(samples, plan=plan, said={step: [one] for step, one in (honest | said).items()})


NOBODY = Said(after_us=10**12)
UNDECIDED = (("step-unknown", "confirm"), ("decision-not-measured", "decision"))


# Passed.


@_situation("passed", 0)
def passed_by_people_alone(samples: Path) -> Recording:
    return _people(samples)


@_situation("passed", 0)
def passed_by_a_person_who_signed(samples: Path) -> Recording:
    """The key is the test's own: its seed is the SHA-256 of its name."""
    key = ed25519("golden director")
    steps = [step.model_dump(by_alias=True) for step in tabletop_drill().steps]
    steps[1]["approval"] |= {"identified": True, "not-by": "requester"}
    person = PinnedPerson(id="p-director", roles=("director",), accounts=("dmartin",), keys=(public(key),))
    plan = tabletop_plan(tabletop_drill(steps=steps), people=(person,))
    stated = answer(plan, "decide", PersonDecision.GRANTED, person="p-director")
    given = stated.model_copy(update={"signature": signed(canonical(stated.statement), key=key)})
    said = {
        "announce": [Said(given=answer(plan, "announce", PersonDecision.DONE))],
        "decide": [Said(given=stated), Said(given=given)],
        "confirm": [Said(given=answer(plan, "confirm", PersonDecision.DONE, values={"units": 3}))],
    }
    return _run(samples, plan=plan, said=said)


@_situation("failed", 1, ("approval-refused", "decide"), *UNDECIDED)
def failed_approval_refused(samples: Path) -> Recording:
    refused = answer(tabletop_plan(), "decide", PersonDecision.REFUSED)
    return _people(samples, decide=Said(given=refused))


@_situation("failed", 1, ("nobody-answered", "decide"), *UNDECIDED)
def failed_nobody_decided(samples: Path) -> Recording:
    return _people(samples, decide=NOBODY)


@_situation("failed", 1, ("decision-missed", "decision"))
def failed_decision_after_its_objective(samples: Path) -> Recording:
    return _people(samples, late_us=700_000_000)


@_situation("failed", 1, ("task-not-done", "confirm"))
def failed_task_not_done(samples: Path) -> Recording:
    return _people(samples, confirm=Said(given=answer(tabletop_plan(), "confirm", PersonDecision.NOT_DONE)))


@_situation("failed", 1, ("check-failed", "confirm"))
def failed_count_of_people_too_low(samples: Path) -> Recording:
    low = answer(tabletop_plan(), "confirm", PersonDecision.DONE, values={"units": 2})
    return _people(samples, confirm=Said(given=low))


@_situation("inconclusive", 3, ("nobody-answered", "confirm"))
def inconclusive_nobody_confirmed(samples: Path) -> Recording:
    return _people(samples, confirm=NOBODY)


@_situation(
    "inconclusive",
    3,
    ("nobody-answered", "announce"),
    ("step-unknown", "decide"),
    ("step-unknown", "confirm"),
    ("decision-not-measured", "decision"),
)
def inconclusive_scenario_never_announced(samples: Path) -> Recording:
    return _people(samples, announce=NOBODY)


@_situation("passed", 0)
def passed(samples: Path) -> Recording:
    return _run(samples)


def _restoring(stage: list[Stage], **keys: Any) -> Play:
    return Play(effect=lambda: stage[0].service.restore(**keys))


def _staged(
    samples: Path, *, plays: Callable[[list[Stage]], Mapping[str, Sequence[Play]]], **changes: Any
) -> Recording:
    """A run whose plays act on the stage that is made with them."""
    holder: list[Stage] = []
    holder.append(set_stage(samples, plays=plays(holder), **{"plan": _plan()} | changes))
    return _recorded(holder[0])


def _retrying(retries: int) -> Plan:
    drill = _plan().drill
    steps = [step.model_dump(by_alias=True) for step in drill.steps]
    steps[2]["retries"] = retries
    return _plan(without=[step.id for step in drill.steps], steps=steps)


@_situation("passed", 0)
def passed_after_a_retry(samples: Path) -> Recording:
    return _staged(samples, plan=_retrying(1), plays=lambda held: {"restore": (*FAILS, _restoring(held))})


@_situation("passed", 0)
def passed_on_a_host_that_was_empty(samples: Path) -> Recording:
    replies = {"restored-rows": (Reply(fault="connection refused"), Reply(values=ROWS))}
    return _run(samples, plan=_plan(self_test_after="prepare"), replies=replies)


@_situation("passed", 0)
def passed_without_a_disruption(samples: Path) -> Recording:
    plan = _plan(without=["lose"], self_test_after="prepare", canary=None, objectives={"rto": "1m"})
    replies = {"restored-rows": (Reply(fault="connection refused"), Reply(values=ROWS))}
    return _run(samples, plan=plan, replies=replies)


FRESH = {
    "id": "fresh",
    "phase": "verify",
    "probe": "fake",
    "with": {"ask": "backup"},
    "expect": {"values": {"age": {"at-most": 60}}},
    "control": {"with": {"ask": "old backup"}, "expect": {"values": {"age": {"at-least": 3600}}}},
}


def _controlled(samples: Path, *, control: Reply, **changes: Any) -> Recording:
    """Nothing is broken, and what is checked is there all the time: the check is tried on something that is wrong."""
    plan = _plan(FRESH | changes, without=["lose"], self_test_after="prepare", canary=None, objectives={"rto": "1m"})
    rows = (Reply(fault="connection refused"), Reply(values=ROWS))
    replies = {"restored-rows": rows, "backup": (Reply(values={"age": 5}),), "old backup": (control,)}
    return _run(samples, plan=plan, replies=replies)


@_situation("passed", 0)
def passed_with_a_control(samples: Path) -> Recording:
    return _controlled(samples, control=Reply(values={"age": 7200}))


@_situation("passed", 0)
def passed_with_a_marker_that_was_committed_and_never_acknowledged(samples: Path) -> Recording:
    return _surviving(samples, lambda markers: [marker.number for marker in markers])


OLD = example_point()
NEW = OLD.model_copy(
    update={
        "id": "20261123-020001F",
        "finished_at": OLD.finished_at + timedelta(minutes=29, microseconds=250_000),
        "manifest_sha256": sha256(b"another manifest"),
    }
)


def _choosing(word: str, *points: RecoveryPoint, there: Sequence[RecoveryPoint], **written: str) -> Plan:
    """The plan of a drill that chooses so, and pins these points of those that the catalogue had."""
    changes = {
        "listed_points": tuple(listed(point) for point in there),
        "recovery_point": points[0] if points else None,
        "recovery_points": points if len(points) > 1 else (),
    }
    choice = {"catalogue": "fake", "host": "database", "choose": word, **written}
    return _plan(recovery_point=choice).model_copy(update=changes)


def _kept(count: int) -> list[RecoveryPoint]:
    """So many points of the classes daily and weekly by turns, and one of no class."""
    ages = (
        OLD.model_copy(update={"id": f"point-{n}", "finished_at": OLD.finished_at - timedelta(days=n)})
        for n in range(count)
    )
    classes = ("daily", "weekly")
    classed = [point.model_copy(update={"retention_class": classes[n % 2]}) for n, point in enumerate(ages)]
    return [OLD, *classed]


def _drawn(word: str, there: Sequence[RecoveryPoint], **written: str) -> list[RecoveryPoint]:
    plan = _choosing(word, there=there, **written)
    choice = plan.drill.recovery_point
    assert choice is not None
    names = [point.id for point in choose(plan.listed_points or (), choice, plan.seed)]
    return [next(point for point in there if point.id == name) for name in names]


def _restored(samples: Path, plan: Plan, *, there: Sequence[RecoveryPoint]) -> Recording:
    return _run(samples, plan=plan, catalogue=FakeCatalogue(points=tuple(there)))


@_situation("passed", 0)
def passed_with_a_backup_taken_in_prepare(samples: Path) -> Recording:
    return _restored(samples, _choosing("taken-in-prepare", there=[OLD]), there=[OLD, NEW])


@_situation("passed", 0)
def passed_with_a_point_drawn_from_one_class(samples: Path) -> Recording:
    there = _kept(9)
    written = {"retention-class": "weekly"}
    return _restored(
        samples, _choosing("random", *_drawn("random", there, **written), there=there, **written), there=there
    )


@_situation("passed", 0)
def passed_with_points_of_each_class(samples: Path) -> Recording:
    there = _kept(9)
    return _restored(samples, _choosing("each-class", *_drawn("each-class", there), there=there), there=there)


def _continuing(
    samples: Path, *, away: tuple[tuple[int, int], ...] = (), lost: bool = True, failed: int = 0
) -> Recording:
    """A service of which a part is lost, and which must go on.

    Args:
        samples: Where the series go.
        away: When the service itself goes in spite of it, and when it is back, in milliseconds after the loss.
        lost: Whether the part is really lost.
        failed: How many questions the drill allows to have no answer.
    """
    held: dict[str, FakeService] = {}

    def observers(clock: FakeClock, service: FakeService) -> FakeObservers:
        held.update(all=FakeService(clock=clock), part=service if lost else FakeService(clock=clock))
        held["clients"] = service
        return WatchingApart(clock=clock, service=service, watched={"service": held["all"], "front-end": held["part"]})

    def lose() -> None:
        held["clients"].lose()
        for gone_ms, back_ms in away:
            held["all"].lose(after_us=gone_ms * 1_000)
            held["all"].start(after_us=back_ms * 1_000)

    watch = {"probe": "fake", "every": "200ms", "with": {"ask": "alive"}}
    watches = [{"id": "service"} | watch, {"id": "front-end", "of": "lost-part"} | watch]
    objectives = {"rto": "1m", "interruption": "500ms", "failed-requests": failed}
    plan = _plan(watch=watches, canary=None, objectives=objectives)
    return _run(samples, plan=plan, observers=observers, plays={"lose": (Play(effect=lose),)})


BROKEN = (("continuity-broken", "longest-interruption"), ("continuity-broken", "failed-requests"))
NOT_PROVED = ("disruption-not-proved", "front-end")


@_situation("passed", 0)
def passed_with_continuity_kept(samples: Path) -> Recording:
    return _continuing(samples)


@_situation("passed", 0)
def passed_with_continuity_kept_but_for_what_is_allowed(samples: Path) -> Recording:
    return _continuing(samples, away=((100, 250),), failed=1)


def _of_a_database(**changes: Any) -> Plan:
    """A plan whose catalogue says that its recovery point holds a database."""
    plan = _plan(**changes)
    assert plan.recovery_point is not None
    return plan.model_copy(update={"recovery_point": plan.recovery_point.model_copy(update={"of": "database"})})


@_situation("passed", 0)
def passed_with_erasures_replayed(samples: Path) -> Recording:
    plan = _of_a_database(erasures={"replay": "restore", "check": "complete"})
    assert plan.recovery_point is not None
    return _run(samples, plan=plan, catalogue=FakeCatalogue(points=(plan.recovery_point,)))


@_situation("passed", 0)
def passed_with_a_part_that_was_cut_off(samples: Path) -> Recording:
    """It goes on taking commits until it is ended, 0.5 s after users lost it: all of them are lost."""
    held: dict[str, FakeService] = {}

    def observers(clock: FakeClock, service: FakeService) -> FakeObservers:
        held.update(users=service, part=FakeService(clock=clock))
        return MarkingApart(clock=clock, service=service, part=held["part"])

    def lose() -> None:
        held["users"].lose()
        held["part"].lose(after_us=500_000)

    plan = _plan(canary=CANARY | {"of": "lost-part"})
    return _run(samples, plan=plan, observers=observers, plays={"lose": (Play(effect=lose),)})


# Passed with gaps.


@_situation("passed-with-gaps", 0, ("check-failed", "indexes"))
def gap_minor_check_failed(samples: Path) -> Recording:
    return _run(samples, plan=_plan(MINOR), replies={"indexes": (Reply(values={"invalid": 2}),)})


@_situation("passed-with-gaps", 0, ("erasures-forgotten", "fake"))
def gap_erasures_forgotten(samples: Path) -> Recording:
    plan = _of_a_database()
    assert plan.recovery_point is not None
    return _run(samples, plan=plan, catalogue=FakeCatalogue(points=(plan.recovery_point,)))


@_situation("passed-with-gaps", 0, ("clock-jumped", "database"))
def gap_clock_jumped(samples: Path) -> Recording:
    return _run(samples, hosts=FakeHosts(offsets_us={("database", "after"): -480_000}))


@_situation("passed-with-gaps", 0, ("clock-off", "database"))
def gap_clock_off(samples: Path) -> Recording:
    slow = {("database", "before"): -120_000_000, ("database", "after"): -120_000_000}
    return _run(samples, hosts=FakeHosts(offsets_us=slow))


@_situation("passed-with-gaps", 0, ("clock-not-measured", "database"))
def gap_clock_not_measured(samples: Path) -> Recording:
    return _run(samples, hosts=FakeHosts(offsets_us={("database", "before"): None}))


@_situation("passed-with-gaps", 7, DIRTY)
def gap_cleanup_failed(samples: Path) -> Recording:
    return _run(samples, plays={"erase": FAILS})


@_situation("passed-with-gaps", 7, DIRTY)
def gap_cleanup_timed_out(samples: Path) -> Recording:
    return _run(samples, plays={"erase": HANGS})


# Failed.


@_situation("failed", 1, ("rto-missed", "rto"))
def failed_rto_missed_by_the_unfavourable_end_only(samples: Path) -> Recording:
    reference = set_stage(samples, plan=_plan())
    reference.execute()
    rto = reference.result()[0].quantity(Quantity.RTO)
    assert rto is not None
    assert rto.value.upper is not None
    between = (rto.value.lower + rto.value.upper) // 2
    return _run(samples, plan=_plan(objectives={"rto": between, "rpo": "10s"}))


def _back_to(milliseconds: int) -> Callable[[list[Stage]], Mapping[str, Sequence[Play]]]:
    """A restore that goes back to so long before the disaster."""

    def restore(stage: Stage) -> None:
        disaster_us = max(m.acknowledged_us or 0 for m in stage.observers.markers())
        stage.service.restore(until_us=disaster_us - milliseconds * 1_000)

    return lambda held: {"restore": (Play(effect=lambda: restore(held[0])),)}


@_situation("failed", 1, ("rpo-missed", "rpo"))
def failed_rpo_missed(samples: Path) -> Recording:
    return _staged(samples, plan=_plan(objectives={"rto": "1m", "rpo": "1s"}), plays=_back_to(1_500))


def _surviving(samples: Path, numbers: Callable[[Sequence[Marker]], list[int]], **changes: Any) -> Recording:
    """What is read back once the service was restored; before that, nothing answers."""

    def observers(clock: FakeClock, service: Any) -> FakeObservers:
        def survivors(markers: Sequence[Marker]) -> Survivors:
            if service.restored_until_us is None:
                return Survivors(answered=False, ranges=(), fault="connection refused")
            return Survivors(answered=True, ranges=ranges_of(numbers(markers)))

        return FakeObservers(clock=clock, service=service, survivors=survivors)

    return _run(samples, observers=observers, **changes)


@_situation("failed", 1, ("rpo-missed", "rpo"))
def failed_stale_backup(samples: Path) -> Recording:
    return _surviving(samples, lambda _: [], plan=_plan(objectives={"rto": "1m", "rpo": "1s"}))


NOTHING_LOST = {"rto": "1m", "rpo": "10s", "lost-commits": 0}


@_situation("passed", 0)
def passed_nothing_lost_where_nothing_may_be(samples: Path) -> Recording:
    return _run(samples, plan=_plan(objectives=NOTHING_LOST))


@_situation("failed", 1, ("commits-lost", "lost-commits"))
def failed_a_commit_lost_where_none_may_be(samples: Path) -> Recording:
    return _staged(samples, plan=_plan(objectives=NOTHING_LOST), plays=_back_to(1_500))


@_situation("failed", 1, ("commits-with-holes", "holes"))
def failed_holes_in_the_markers(samples: Path) -> Recording:
    return _surviving(samples, lambda markers: [m.number for m in markers if m.number not in (7, 8, 12)])


@_situation("failed", 1, ("check-failed", "complete"), ("commits-foreign", "unsent"), NO_RTO, NO_RPO)
def failed_foreign_database(samples: Path) -> Recording:
    replies = {"restored-rows": (Reply(values=ROWS | {"patients.sha256": "0" * 64}),)}
    return _surviving(samples, lambda _: [1_001, 1_002], replies=replies)


@_situation("failed", 1, ("check-failed", "complete"), NO_RTO)
def failed_truncated_table(samples: Path) -> Recording:
    return _run(samples, replies={"restored-rows": (Reply(values=ROWS | {"patients.rows": 0}),)})


@_situation("failed", 1, ("check-failed", "complete"), NO_RTO)
def failed_missing_table(samples: Path) -> Recording:
    return _run(samples, replies={"restored-rows": (Reply(values={"patients.rows": 2_000}),)})


@_situation("failed", 1, ("check-failed", "complete"), NO_RTO)
def failed_check_without_an_answer(samples: Path) -> Recording:
    return _run(samples, replies={"restored-rows": (Reply(hangs=True),)})


@_situation("failed", 1, ("recovery-failed", "restore"), UNCHECKED, NO_RTO, NO_RPO)
def failed_restore(samples: Path) -> Recording:
    return _run(samples, plays={"restore": FAILS})


@_situation("inconclusive", 3, ("step-unknown", "restore"), UNCHECKED, NO_RTO, NO_RPO)
def inconclusive_restore_that_left_a_play_out(samples: Path) -> Recording:
    return _run(samples, plays={"restore": (Play(unmatched=1),)})


@_situation("failed", 1, ("recovery-failed", "restore"), UNCHECKED, NO_RTO, NO_RPO)
def failed_restore_after_every_retry(samples: Path) -> Recording:
    return _run(samples, plan=_retrying(2), plays={"restore": FAILS})


@_situation("failed", 7, ("recovery-failed", "restore"), UNCHECKED, NO_RTO, NO_RPO, DIRTY)
def failed_and_cleanup_failed(samples: Path) -> Recording:
    return _run(samples, plays={"restore": FAILS, "erase": FAILS})


@_situation("failed", 1, *BROKEN)
def failed_continuity_broken(samples: Path) -> Recording:
    return _continuing(samples, away=((50, 700),))


@_situation("failed", 1, BROKEN[1])
def failed_continuity_broken_by_one_request(samples: Path) -> Recording:
    return _continuing(samples, away=((100, 250),))


@_situation("failed", 1, *BROKEN, NOT_PROVED)
def failed_continuity_broken_and_disruption_not_proved(samples: Path) -> Recording:
    return _continuing(samples, away=((50, 700),), lost=False)


# Production's own backup: nothing is lost, T0 is declared, and no canary writes.

NEWEST = {
    "id": "newest-marker",
    "phase": "verify",
    "probe": "fake",
    "with": {"ask": "newest-marker"},
    "expect": {"values": {"markers": {"at-least": 1}}},
}
MARKERS = {"step": "newest-marker", "value": "at_us", "period": "1s"}
REFUSED = Reply(fault="connection refused")


def _of_production(
    samples: Path,
    *,
    source: Mapping[str, Any],
    age_us: int | None = None,
    rpo: str = "10s",
    point: Mapping[str, Any] | None = None,
    answering: Mapping[str, Sequence[Reply]] | None = None,
    **changes: Any,
) -> Recording:
    """Production's backup is restored where nothing was before.

    Args:
        samples: Where the series go.
        source: Where the RPO comes from.
        age_us: How much older than the run the newest marker is; negative: newer; None: it carries no instant.
        rpo: The objective.
        point: What is otherwise in the recovery point.
        answering: What probes answer otherwise.
        changes: Of the stage.
    """
    objectives = {"rto": "1m", "rpo": rpo}
    plan = _plan(
        NEWEST, without=["lose"], self_test_after="prepare", canary=None, objectives=objectives, rpo_from=dict(source)
    )
    assert plan.recovery_point is not None
    plan = plan.model_copy(update={"recovery_point": plan.recovery_point.model_copy(update=dict(point or {}))})
    born_us = (STARTED_AT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    seen: Values = {"markers": 3_600} if age_us is None else {"markers": 3_600, "at_us": born_us - age_us}
    replies = {"restored-rows": (REFUSED, Reply(values=ROWS)), "newest-marker": (REFUSED, Reply(values=seen))}
    answers = replies | dict(answering or {})
    stage = set_stage(samples, plan=plan, replies=answers, reachable=lambda _: True, **changes)
    # Where it is restored nothing answers before: the watch sees the service come, and never sees it go.
    stage.service.lose()
    return _recorded(stage)


NEWER = ("newer-than-disaster", "newest-marker")
DECLARED, MEASURED = {"clock-error": "1s"}, {"clock-of": "restore-target"}


@_situation("passed", 0)
def passed_by_markers_of_production(samples: Path) -> Recording:
    return _of_production(samples, source={"marker": MARKERS | DECLARED}, age_us=3_000_000)


@_situation("passed-with-gaps", 0, ("clock-off", "database"))
def gap_markers_of_a_clock_that_is_measured(samples: Path) -> Recording:
    # The clock is five minutes ahead: the marker looks like one of the future and is three seconds old.
    ahead = {("database", moment): 300_000_000 for moment in ("before", "after")}
    source = {"marker": MARKERS | MEASURED}
    return _of_production(samples, source=source, age_us=-297_000_000, hosts=FakeHosts(offsets_us=ahead))


@_situation("passed", 0)
def passed_by_the_times_of_the_catalogue(samples: Path) -> Recording:
    return _of_production(samples, source={"catalogue": DECLARED}, rpo="1h")


@_situation("failed", 1, ("rpo-missed", "rpo"))
def failed_markers_that_stopped_an_hour_ago(samples: Path) -> Recording:
    return _of_production(samples, source={"marker": MARKERS | DECLARED}, age_us=3_600_000_000)


@_situation("failed", 1, NEWER, NO_RPO)
def failed_marker_newer_than_the_disaster(samples: Path) -> Recording:
    return _of_production(samples, source={"marker": MARKERS | DECLARED}, age_us=-60_000_000)


@_situation("failed", 1, ("rpo-missed", "rpo"))
def failed_rpo_missed_by_the_catalogue(samples: Path) -> Recording:
    # Logs may have carried the data further than the point: only the unfavourable end misses.
    return _of_production(samples, source={"catalogue": DECLARED}, point={"last_log": "000000010000000000000007"})


@_situation("failed", 1, ("newer-than-disaster", "fake"), NO_RPO)
def failed_recovery_point_newer_than_the_disaster(samples: Path) -> Recording:
    later = {"finished_at": STARTED_AT + timedelta(minutes=10)}
    return _of_production(samples, source={"catalogue": DECLARED}, rpo="1h", point=later)


@_situation("inconclusive", 3, NO_RPO)
def inconclusive_marker_without_an_instant(samples: Path) -> Recording:
    return _of_production(samples, source={"marker": MARKERS | DECLARED})


@_situation("inconclusive", 3, ("clock-not-measured", "database"), NO_RPO)
def inconclusive_marker_of_a_clock_that_nobody_measured(samples: Path) -> Recording:
    hosts = FakeHosts(offsets_us={("database", "after"): None})
    return _of_production(samples, source={"marker": MARKERS | MEASURED}, age_us=3_000_000, hosts=hosts)


@_situation("failed", 1, ("check-failed", "complete"), NO_RTO, NO_RPO)
def failed_restore_of_which_only_the_catalogue_speaks_well(samples: Path) -> Recording:
    wrong = {"restored-rows": (REFUSED, Reply(values=ROWS | {"patients.rows": 0}))}
    return _of_production(samples, source={"catalogue": DECLARED}, rpo="1h", answering=wrong)


# Inconclusive.


@_situation("inconclusive", 3, ("check-cannot-fail", "complete"))
def inconclusive_check_passes_where_it_must_fail(samples: Path) -> Recording:
    return _run(samples, reachable=lambda _: True)


@_situation("inconclusive", 3, ("check-cannot-fail", "complete"), *NEVER_DISRUPTED)
def inconclusive_check_passes_before_anything_is_broken(samples: Path) -> Recording:
    return _run(samples, plan=_plan(self_test_after="prepare"))


@_situation("inconclusive", 3, ("check-cannot-fail", "canary"))
def inconclusive_markers_there_before_the_restore(samples: Path) -> Recording:
    def observers(clock: FakeClock, service: Any) -> FakeObservers:
        def survivors(markers: Sequence[Marker]) -> Survivors:
            kept = [marker.number for marker in markers if marker.acknowledged_us is not None]
            return Survivors(answered=True, ranges=ranges_of(kept))

        return FakeObservers(clock=clock, service=service, survivors=survivors)

    return _run(samples, observers=observers)


@_situation("inconclusive", 3, ("recovery-point-not-as-chosen", "fake"))
def inconclusive_another_point_than_the_one_drawn(samples: Path) -> Recording:
    there = _kept(9)
    (drawn,) = _drawn("random", there)
    other = next(point for point in there if point != drawn)
    return _restored(samples, _choosing("random", other, there=there), there=there)


@_situation("inconclusive", 3, ("recovery-point-not-as-chosen", "fake"))
def inconclusive_a_class_left_out(samples: Path) -> Recording:
    there = _kept(9)
    drawn = [point for point in _drawn("each-class", there) if point.retention_class != "weekly"]
    return _restored(samples, _choosing("each-class", *drawn, there=there), there=there)


@_situation("inconclusive", 3, ("no-recovery-point", "fake"), ("recovery-point-changed", "fake"), *NEVER_DISRUPTED)
def inconclusive_no_backup_was_taken(samples: Path) -> Recording:
    return _restored(samples, _choosing("taken-in-prepare", there=[OLD]), there=[OLD])


def _without(samples: Path, dropped: Callable[[Event], bool], *, plan: Plan | None = None) -> Recording:
    """A journal in which something that the engine always writes is missing: a defect of ours, or an edit."""
    stage = set_stage(samples, plan=plan or _plan())
    stage.execute()
    events = [event for event in stage.memory.events if not dropped(event)]
    return Recording(stage.plan, _content(rechained(stage.plan, stage.memory.entries, events)))


def _content(entries: Sequence[Entry]) -> bytes:
    return b"".join(map(format_line, entries))


STOPPED_THERE = (("check-unknown", "fresh"), UNCHECKED, NO_RTO, ("step-unknown", "restore"))
CONTROL_GONE = (("self-test-missing", "fresh"), *STOPPED_THERE)


@_situation("inconclusive", 3, *CONTROL_GONE)
def inconclusive_control_that_gives_no_answer(samples: Path) -> Recording:
    return _controlled(samples, control=Reply(fault="no such repository"))


@_situation("inconclusive", 3, *CONTROL_GONE)
def inconclusive_control_that_is_not_what_it_should_be(samples: Path) -> Recording:
    return _controlled(samples, control=Reply(values={"age": 90}))


@_situation("inconclusive", 3, ("check-cannot-fail", "fresh"), *STOPPED_THERE)
def inconclusive_check_that_is_content_with_its_control(samples: Path) -> Recording:
    lax = {"values": {"age": {"at-least": 0}}}
    return _controlled(samples, control=Reply(values={"age": 7200}), expect=lax)


@_situation("inconclusive", 3, UNCHECKED, NO_RTO)
def inconclusive_probe_without_its_answer(samples: Path) -> Recording:
    return _without(samples, lambda e: e.type == "probe_answered" and e.step == "complete" and not e.self_test)


@_situation("inconclusive", 3, ("self-test-missing", "complete"))
def inconclusive_check_never_tested(samples: Path) -> Recording:
    return _without(samples, lambda event: event.type == "probe_answered" and event.self_test)


@_situation("inconclusive", 3, ("step-unknown", "restore"))
def inconclusive_playbook_without_its_end(samples: Path) -> Recording:
    return _without(samples, lambda event: event.type == "playbook_finished" and event.step == "restore")


@_situation("inconclusive", 3, ("watch-missing", "service"))
def inconclusive_watch_missing(samples: Path) -> Recording:
    return _without(samples, lambda event: event.type == "watch_finished")


@_situation("inconclusive", 3, ("disruption-not-seen", "service"))
def inconclusive_disruption_not_seen(samples: Path) -> Recording:
    def observers(clock: FakeClock, service: FakeService) -> FakeObservers:
        return WatchingElsewhere(clock=clock, service=service, watched=FakeService(clock=clock))

    return _run(samples, observers=observers)


@_situation("inconclusive", 3, NOT_PROVED)
def inconclusive_disruption_not_proved(samples: Path) -> Recording:
    return _continuing(samples, lost=False)


@_situation("inconclusive", 3, NO_RPO)
def inconclusive_canary_never_read(samples: Path) -> Recording:
    return _without(samples, lambda event: event.type == "canary_read" and not event.self_test)


@_situation("inconclusive", 3, ("commits-not-counted", "lost-commits"), NO_RPO)
def inconclusive_commits_not_counted(samples: Path) -> Recording:
    plan = _plan(objectives=NOTHING_LOST)
    return _without(samples, lambda event: event.type == "canary_read" and not event.self_test, plan=plan)


@_situation("inconclusive", 3, ("step-unknown", "restore"), UNCHECKED, NO_RTO, NO_RPO)
def inconclusive_playbook_incomplete(samples: Path) -> Recording:
    return _run(samples, plays={"restore": (Play(complete=False),)})


@_situation("inconclusive", 3, ("step-unknown", "restore"), UNCHECKED, NO_RTO, NO_RPO)
def inconclusive_restore_timed_out(samples: Path) -> Recording:
    return _run(samples, plays={"restore": HANGS})


UNTOUCHED = (("step-unknown", "manifest"), *NEVER_DISRUPTED)


@_situation("inconclusive", 3, ("no-recovery-point", "fake"), ("recovery-point-changed", "fake"), UNWATCHED, *UNTOUCHED)
def inconclusive_no_recovery_point(samples: Path) -> Recording:
    plan = _plan().model_copy(update={"recovery_point": None, "recovery_point_fault": "there is no backup"})
    return _run(samples, plan=plan)


@_situation("inconclusive", 3, ("recovery-point-changed", "fake"), UNWATCHED, *UNTOUCHED)
def inconclusive_recovery_point_changed(samples: Path) -> Recording:
    plan = _plan()
    assert plan.recovery_point is not None
    catalogue = FakeCatalogue(points=(plan.recovery_point,), changed={plan.recovery_point.id: "0" * 64})
    return _run(samples, plan=plan, catalogue=catalogue)


@_situation("inconclusive", 3, NO_RTO)
def inconclusive_service_never_stable(samples: Path) -> Recording:
    holder: list[Stage] = []
    again = Reply(values=ROWS, effect=lambda: holder[0].service.lose(after_us=900_000))
    holder.append(set_stage(samples, plan=_plan(), replies={"restored-rows": (again,)}))
    return _recorded(holder[0])


@_situation("inconclusive", 3, NO_RPO)
def inconclusive_stale_backup_within_what_is_known(samples: Path) -> Recording:
    return _surviving(samples, lambda _: [])


@_situation("inconclusive", 3, ("preparation-failed", "manifest"), *NEVER_DISRUPTED)
def inconclusive_preparation_failed(samples: Path) -> Recording:
    return _run(samples, replies={"rows": (Reply(fault="connection refused"),)})


@_situation("inconclusive", 3, ("disruption-failed", "lose"), *NEVER_RECOVERED)
def inconclusive_disruption_failed(samples: Path) -> Recording:
    return _run(samples, plays={"lose": FAILS})


@_situation("inconclusive", 7, ("check-cannot-fail", "complete"), DIRTY)
def inconclusive_and_cleanup_failed(samples: Path) -> Recording:
    return _run(samples, reachable=lambda _: True, plays={"erase": FAILS})


# Aborted.


def _stopped(samples: Path, phase: Phase, **changes: Any) -> Recording:
    """A stop that is requested when the phase begins: its steps begin no more."""
    holder: list[Stage] = []

    def told(entry: Entry) -> None:
        if isinstance(entry.event, PhaseStarted) and entry.event.phase is phase:
            holder[0].stop.request()

    def journal(genesis: str, clock: Any) -> MemoryJournal:
        return MemoryJournal(genesis=genesis, clock=clock, told=told)

    holder.append(set_stage(samples, plan=_plan(), journal=journal, **changes))
    return _recorded(holder[0])


STOPPED = ("stop-requested", "asked to stop")


@_situation("aborted", 3, STOPPED, UNWATCHED, *UNTOUCHED)
def aborted_stopped_in_prepare(samples: Path) -> Recording:
    return _stopped(samples, Phase.PREPARE)


@_situation("aborted", 3, STOPPED, *NEVER_DISRUPTED)
def aborted_stopped_in_disrupt(samples: Path) -> Recording:
    return _stopped(samples, Phase.DISRUPT)


@_situation("aborted", 3, STOPPED, *NEVER_RECOVERED)
def aborted_stopped_in_recover(samples: Path) -> Recording:
    return _stopped(samples, Phase.RECOVER)


@_situation("aborted", 3, STOPPED, UNCHECKED, NO_RTO)
def aborted_stopped_in_verify(samples: Path) -> Recording:
    return _stopped(samples, Phase.VERIFY)


@_situation("aborted", 7, STOPPED, *NEVER_RECOVERED, DIRTY)
def aborted_and_cleanup_failed(samples: Path) -> Recording:
    return _stopped(samples, Phase.RECOVER, plays={"erase": FAILS})


def _killed(samples: Path, step: str, *, recovered: bool = True) -> Recording:
    """Cut behind the line that begins a step; then recovered, after a reboot, with another monotonic clock."""
    plan = _plan()
    whole = set_stage(samples, plan=plan)
    whole.execute()
    begun = (e.seq for e in whole.memory.entries if isinstance(e.event, StepStarted) and e.event.step == step)
    entries = whole.memory.entries[: max(begun) + 1]
    again = set_stage(
        samples,
        plan=plan,
        clock=FakeClock(monotonic_us=41_000_000),
        journal=lambda genesis, clock: MemoryJournal(genesis=genesis, clock=clock, entries=entries),
    )
    if recovered:
        again.recover(entries)
    return Recording(plan, again.memory.content)


KILLED = ("run-interrupted", "")
LOST_SIGHT = (UNWATCHED, ("clock-not-measured", "database"))


@_situation("aborted", 3, KILLED, UNWATCHED, *UNTOUCHED)
def aborted_killed_in_prepare(samples: Path) -> Recording:
    return _killed(samples, "manifest")


@_situation("aborted", 3, KILLED, UNWATCHED, *NEVER_DISRUPTED)
def aborted_killed_in_disrupt(samples: Path) -> Recording:
    return _killed(samples, "lose")


@_situation("aborted", 3, KILLED, UNWATCHED, *NEVER_RECOVERED)
def aborted_killed_in_recover(samples: Path) -> Recording:
    return _killed(samples, "restore")


@_situation("aborted", 3, KILLED)
def aborted_killed_in_cleanup(samples: Path) -> Recording:
    return _killed(samples, "erase")


@_situation("aborted", 7, ("not-finished", ""), DIRTY, *LOST_SIGHT, *NEVER_RECOVERED)
def aborted_killed_and_not_recovered(samples: Path) -> Recording:
    return _killed(samples, "restore", recovered=False)


@_situation("aborted", 4, ("refused-by-guard", "database: not-on-never-list: on the never-list: 192.0.2.0/24"))
def aborted_refused_by_the_never_list(samples: Path) -> Recording:
    plan = _plan()
    boundary = plan.boundary.model_copy(update={"never": ("192.0.2.0/24",)})
    return _run(samples, plan=plan.model_copy(update={"boundary": boundary}))


@_situation("aborted", 4, ("refused-by-guard", "database: host-key-known: another key"))
def aborted_refused_by_the_host_key(samples: Path) -> Recording:
    return _run(samples, hosts=FakeHosts(refusing={("database", GuardCheck.HOST_KEY_KNOWN): "another key"}))
