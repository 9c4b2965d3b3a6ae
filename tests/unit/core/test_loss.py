"""What was lost: over every fate that markers can have, the truth is counted and lies within the bounds."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.events import CanaryRead
from orchestrator.core.history import Line
from orchestrator.core.loss import assess_loss
from orchestrator.core.model import Interval
from orchestrator.core.ranges import Ranges, ranges_of
from orchestrator.core.samples import Marker
from orchestrator.core.watching import Watched


def _read(survivors: Ranges) -> Line[CanaryRead]:
    event = CanaryRead(self_test=False, answered=True, survivors=survivors, started_us=0, finished_us=1)
    return Line(seq=0, mono_us=1, event=event)


def _marker(number: int, *, acknowledged: bool = True) -> Marker:
    sent_us = number * 1_000
    return Marker(number=number, sent_us=sent_us, acknowledged_us=sent_us + 100 if acknowledged else None)


MARKERS = tuple(_marker(number) for number in range(1, 11))
T0 = Interval(lower=10_200, upper=10_400)


def test_nothing_lost() -> None:
    loss = assess_loss(MARKERS, _read(((1, 10),)), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes, loss.unsent) == (0, 10, 0, 0)
    assert loss.rpo == Interval(lower=0, upper=10_400 - 10_000)


def test_the_tail_lost() -> None:
    loss = assess_loss(MARKERS, _read(((1, 7),)), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes, loss.unsent) == (3, 7, 0, 0)
    assert loss.rpo == Interval(lower=10_200 - 8_100, upper=10_400 - 7_000)


def test_everything_lost_has_no_upper_bound() -> None:
    loss = assess_loss(MARKERS, _read(()), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes) == (10, 0, 0)
    assert loss.rpo == Interval(lower=10_200 - 1_100, upper=None)


def test_what_a_part_that_is_cut_off_goes_on_acknowledging_is_lost_with_it() -> None:
    cut = Interval(lower=7_050, upper=7_060)
    at_the_service = assess_loss(MARKERS, _read(((1, 7),)), disaster=cut)
    at_the_part = assess_loss(MARKERS, _read(((1, 7),)), disaster=cut, of=Watched.LOST_PART)
    assert (at_the_service.lost, at_the_part.lost) == (0, 3)
    assert (at_the_part.kept, at_the_part.holes) == (7, 0)
    # From its last acknowledged marker (sent at 10000, there at 10100) back to the newest that was replicated.
    assert at_the_part.rpo == Interval(lower=10_000 - 8_100, upper=10_100 - 7_000)


def test_a_part_that_ends_with_the_disaster_has_lost_what_the_service_has() -> None:
    refused = tuple(_marker(number, acknowledged=False) for number in range(11, 15))
    markers = (*MARKERS, *refused)
    assert assess_loss(markers, _read(((1, 8),)), disaster=T0, of=Watched.LOST_PART) == assess_loss(
        markers, _read(((1, 8),)), disaster=T0
    )


def test_a_part_whose_disaster_has_no_end_has_no_upper_bound() -> None:
    loss = assess_loss(MARKERS, _read(((1, 7),)), disaster=Interval(lower=7_050, upper=None), of=Watched.LOST_PART)
    assert loss.lost == 3
    assert loss.rpo == Interval(lower=10_000 - 8_100, upper=None)


def test_no_marker_at_all_says_nothing() -> None:
    loss = assess_loss((), _read(()), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes, loss.unsent) == (0, 0, 0, 0)
    assert loss.rpo == Interval(lower=0, upper=None)


def test_a_hole_is_no_loss_of_the_tail() -> None:
    loss = assess_loss(MARKERS, _read(((1, 3), (6, 10))), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes) == (0, 8, 2)


def test_a_marker_that_was_not_acknowledged_is_neither_a_loss_nor_a_gain() -> None:
    markers = (*MARKERS, _marker(11, acknowledged=False))
    for survivors in (((1, 10),), ((1, 11),)):
        loss = assess_loss(markers, _read(survivors), disaster=Interval(lower=11_200, upper=11_200))
        assert (loss.lost, loss.kept, loss.holes, loss.unsent) == (0, 10, 0, 0)


def test_numbers_that_were_never_sent_are_foreign_and_prove_nothing_else() -> None:
    loss = assess_loss(MARKERS, _read(((1, 7), (100, 102))), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes, loss.unsent) == (3, 7, 0, 3)
    assert loss.rpo.upper == 10_400 - 7_000


def test_a_hostile_range_costs_neither_time_nor_memory() -> None:
    loss = assess_loss(MARKERS, _read(((1, 2**52),)), disaster=T0)
    assert loss.unsent == 2**52 - 10


def test_a_disaster_without_an_upper_bound_leaves_the_loss_without_one() -> None:
    loss = assess_loss(MARKERS, _read(((1, 10),)), disaster=Interval(lower=10_200, upper=None))
    assert loss.rpo.upper is None


def test_what_a_service_takes_after_it_failed_over_hides_no_loss() -> None:
    """Numbers 8 to 10 were acknowledged and are gone; 11 to 14 came after the disaster, to the node that took over."""
    after = tuple(_marker(number) for number in range(11, 15))
    loss = assess_loss((*MARKERS, *after), _read(((1, 7), (11, 13))), disaster=T0)
    assert (loss.lost, loss.kept, loss.holes, loss.unsent) == (3, 7, 0, 0)
    assert loss.rpo == Interval(lower=10_200 - 8_100, upper=10_400 - 7_000)


@dataclass(frozen=True)
class Truth:
    """A run as it really was: each marker's commit, the instant that the restore reaches, and the disaster."""

    markers: tuple[Marker, ...]
    commits: dict[int, int]
    disaster_us: int
    bounds: Interval
    restored_until_us: int
    holes: frozenset[int]
    foreign: int

    @property
    def survivors(self) -> set[int]:
        kept = {number for number, at_us in self.commits.items() if at_us <= self.restored_until_us}
        return kept - self.holes


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Markers one after another; each is committed somewhere between sent and answered, or never."""
    now, markers, commits = 1_000, [], {}
    for number in range(1, draw(st.integers(1, 15)) + 1):
        now += draw(st.integers(1, 500))
        sent, commit = now, now + draw(st.integers(0, 300))
        answered = commit + draw(st.integers(0, 300))
        now = answered
        fate = draw(st.sampled_from(["acknowledged"] * 4 + ["committed", "refused"]))
        if fate != "refused":
            commits[number] = commit
        acknowledged = answered if fate == "acknowledged" else None
        markers.append(Marker(number=number, sent_us=sent, acknowledged_us=acknowledged))
    disaster = now + draw(st.integers(0, 1_000))
    bounds = Interval(lower=disaster - draw(st.integers(0, 400)), upper=disaster + draw(st.integers(0, 400)))
    until = draw(st.integers(0, disaster))
    holes = frozenset(draw(st.sets(st.integers(1, len(markers)), max_size=2)))
    return Truth(tuple(markers), commits, disaster, bounds, until, holes, draw(st.sampled_from([0, 0, 3])))


@given(truths())
def test_losses_holes_and_foreign_markers_are_counted_exactly(truth: Truth) -> None:
    survivors = truth.survivors
    foreign = range(1_000, 1_000 + truth.foreign)
    loss = assess_loss(truth.markers, _read(ranges_of([*survivors, *foreign])), disaster=truth.bounds)
    acknowledged = {marker.number for marker in truth.markers if marker.acknowledged_us is not None}
    missing, newest = acknowledged - survivors, max(survivors, default=0)
    assert loss.lost == len({number for number in missing if number > newest})
    assert loss.holes == len({number for number in missing if number < newest})
    assert loss.kept == len(acknowledged & survivors)
    assert loss.unsent == truth.foreign
    assert loss.lost + loss.holes + loss.kept == len(acknowledged)


@given(truths())
def test_the_true_rpo_lies_within_its_bounds(truth: Truth) -> None:
    """From the commit of the newest survivor, or from any later instant that the restore may have reached, to T0."""
    survivors = truth.survivors
    loss = assess_loss(truth.markers, _read(ranges_of(sorted(survivors))), disaster=truth.bounds)
    if not survivors:
        assert loss.rpo.upper is None
        return
    newest = truth.commits[max(survivors)]
    assert loss.rpo.upper is not None
    assert loss.rpo.upper >= max(0, truth.disaster_us - newest)
    # The true data loss begins at the instant that the restore really reached; holes are not of its making.
    reached = max(newest, truth.restored_until_us) if not truth.holes else newest
    assert loss.rpo.lower <= max(0, truth.disaster_us - reached)
