from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.clean_point import Baseline, CleanPoint, PointScan, Refused, Taint, newest_clean, taints

BASELINE = Baseline(odd={"archive": 2}, changed_percent=50)
CLEAN = PointScan(
    point="p",
    complete=True,
    files=100,
    canaries=3,
    canaries_intact=3,
    odd={"pdf": 0, "archive": 2},
    compared=90,
    changed=45,
)

SPOILT = {
    Taint.NOT_SCANNED: replace(CLEAN, complete=False),
    Taint.EMPTY: replace(CLEAN, files=0),
    Taint.NO_CANARY: replace(CLEAN, canaries=0, canaries_intact=0),
    Taint.CANARY_DAMAGED: replace(CLEAN, canaries_intact=2),
    Taint.ODD_CONTENT: replace(CLEAN, odd={"pdf": 0, "archive": 3}),
    Taint.RENAMED: replace(CLEAN, renamed=1),
    Taint.KNOWN_PATTERN: replace(CLEAN, matches=1),
    Taint.MASS_CHANGE: replace(CLEAN, changed=46),
}

points = st.one_of(st.just(CLEAN), st.sampled_from(list(SPOILT.values())))
histories = st.lists(points, max_size=12).map(
    lambda scans: [replace(scan, point=f"p{number}") for number, scan in enumerate(scans)]
)


def test_what_is_within_the_usual_is_clean() -> None:
    assert taints(CLEAN, baseline=BASELINE) == ()


@pytest.mark.parametrize("taint", list(Taint))
def test_each_sign_alone_is_enough(taint: Taint) -> None:
    assert taints(SPOILT[taint], baseline=BASELINE) == (taint,)


def test_a_kind_that_the_baseline_does_not_know_may_hold_nothing_odd() -> None:
    assert taints(replace(CLEAN, odd={"text": 1}), baseline=BASELINE) == (Taint.ODD_CONTENT,)


def test_the_oldest_point_has_none_before_it_to_differ_from() -> None:
    assert taints(replace(CLEAN, compared=0, changed=0), baseline=BASELINE) == ()


def test_all_reasons_are_told() -> None:
    spoilt = PointScan(
        point="p",
        complete=False,
        files=0,
        canaries=0,
        canaries_intact=0,
        odd={"pdf": 1},
        renamed=1,
        matches=1,
        changed=1,
    )
    assert set(taints(spoilt, baseline=BASELINE)) == set(Taint) - {Taint.CANARY_DAMAGED}


def test_the_newest_clean_point_is_found_and_each_later_one_accounted_for() -> None:
    scans = [
        replace(CLEAN, point="a"),
        replace(CLEAN, point="b"),
        replace(CLEAN, point="c", canaries_intact=2, matches=4),
        replace(CLEAN, point="d", complete=False),
    ]
    assert newest_clean(scans, baseline=BASELINE) == CleanPoint(
        point="b",
        later=(
            Refused(point="c", taints=(Taint.CANARY_DAMAGED, Taint.KNOWN_PATTERN)),
            Refused(point="d", taints=(Taint.NOT_SCANNED,)),
        ),
    )


@pytest.mark.parametrize("scans", [[], [SPOILT[Taint.NOT_SCANNED]]])
def test_where_none_is_clean_none_is_chosen(scans: list[PointScan]) -> None:
    found = newest_clean(scans, baseline=BASELINE)
    assert (found.point, len(found.later)) == (None, len(scans))


@given(histories)
def test_the_chosen_one_is_clean_and_no_later_one_is(scans: list[PointScan]) -> None:
    found = newest_clean(scans, baseline=BASELINE)
    known = {scan.point: scan for scan in scans}
    assert found.point is None or taints(known[found.point], baseline=BASELINE) == ()
    assert all(refused.taints == taints(known[refused.point], baseline=BASELINE) != () for refused in found.later)
    reached = [found.point] if found.point is not None else []
    told = [*reached, *(refused.point for refused in found.later)]
    assert told == [scan.point for scan in scans][len(scans) - len(told) :]


@given(histories, st.sampled_from(list(SPOILT.values())))
def test_a_later_poisoned_point_changes_nothing_but_the_account(scans: list[PointScan], poisoned: PointScan) -> None:
    before = newest_clean(scans, baseline=BASELINE)
    after = newest_clean([*scans, replace(poisoned, point="new")], baseline=BASELINE)
    assert (after.point, after.later[:-1]) == (before.point, before.later)


@given(histories)
def test_what_was_not_scanned_is_never_chosen(scans: list[PointScan]) -> None:
    blind = [replace(scan, complete=False) for scan in scans]
    assert newest_clean(blind, baseline=BASELINE).point is None


@given(histories, st.integers(min_value=0, max_value=100))
def test_a_stricter_baseline_never_finds_a_newer_point(scans: list[PointScan], percent: int) -> None:
    order = {scan.point: number for number, scan in enumerate(scans)}
    strict = newest_clean(scans, baseline=Baseline(odd={}, changed_percent=min(percent, 50)))
    loose = newest_clean(scans, baseline=BASELINE)
    assert order.get(strict.point or "", -1) <= order.get(loose.point or "", -1)
