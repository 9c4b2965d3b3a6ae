"""Figures over time: only proved ones, and what changed between the last two drills that count; then their geometry."""

from datetime import date

import pytest

from reports.dossier.drawing import BOTTOM, HEIGHT, TOP, WIDTH, Panel, draw_panel
from reports.dossier.lines import Standing
from reports.dossier.period import Period, quarters
from reports.dossier.trends import Trend, TrendPoint, build_trends
from reports.register.entries import Ending
from tests.unit.reports.dossier.lives import at, figure, numbered, run

YEAR = Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))


def trend(*figures: object, **changes: object) -> Trend:
    runs = [run(at(number + 1), rto=one, **changes) for number, one in enumerate(figures)]  # type: ignore[arg-type]
    (built,) = build_trends(numbered(runs))
    return built


def test_a_trend_has_its_runs_in_their_order_and_its_change() -> None:
    built = trend(figure(9, 10, 60), figure(20, 25, 60))
    assert [point.number for point in built.points] == [1, 2]
    assert built.change is not None
    assert (built.change.rto_us, built.change.rpo_us) == (15_000_000, None)


def test_one_run_has_nothing_to_be_compared_with() -> None:
    assert trend(figure(9, 10)).change is None


def test_what_does_not_count_is_a_point_but_no_comparison() -> None:
    runs = [
        run(at(1), rto=figure(1, 2)),
        run(at(2), rto=figure(1, 99), ending=Ending.FAILED),
        run(at(3), rto=figure(1, 3)),
    ]
    (built,) = build_trends(numbered(runs))
    assert len(built.points) == 3
    assert built.change is not None
    assert built.change.rto_us == 1_000_000


def test_a_report_that_is_not_proved_is_no_point() -> None:
    assert build_trends(numbered([run(at(1), rto=figure(1, 2), standing=Standing.INVALID)])) == ()


def test_an_unbounded_figure_is_not_comparable() -> None:
    built = trend(figure(9, 10), figure(9, None))
    assert built.change is not None
    assert built.change.rto_us is None


def panel(built: Trend) -> Panel:
    points = [(point, point.rto) for point in built.points]
    return draw_panel(points, period=YEAR, quarters=tuple(quarters(YEAR)))  # type: ignore[arg-type]


def test_a_panel_is_to_scale() -> None:
    drawn = panel(trend(figure(0, 10, 20), figure(10, 20, 20)))
    floor, top = HEIGHT - BOTTOM, drawn.strokes[-1]
    per_second = (floor - TOP) / (top.us / 1_000_000)
    assert [dot.y for dot in drawn.dots] == [pytest.approx(floor - 10 * per_second, abs=0.1), drawn.objective_y]
    assert drawn.dots[0].low_y == floor
    assert drawn.dots[0].x < drawn.dots[1].x
    assert [dot.state for dot in drawn.dots] == ["met", "met"]


def test_an_objective_far_above_is_left_out_of_the_scale() -> None:
    drawn = panel(trend(figure(9, 10, 900)))
    assert drawn.objective == ""
    assert drawn.strokes[-1].us < 20_000_000


def test_an_objective_that_changes_is_a_step() -> None:
    drawn = panel(trend(figure(9, 10, 20), figure(9, 10, 15)))
    levels = {pair.split(",")[1] for pair in drawn.objective.split()}
    assert len(levels) == 2


@pytest.mark.parametrize(
    ("upper", "objective", "state"), [(10, 5, "missed"), (10, None, "unknown"), (None, 5, "unknown"), (4, 5, "met")]
)
def test_a_dot_says_how_it_stands(upper: int | None, objective: int | None, state: str) -> None:
    (dot,) = panel(trend(figure(3, upper, objective))).dots
    assert (dot.state, dot.open) == (state, upper is None)


def test_runs_that_do_not_count_are_hollow_and_not_joined() -> None:
    drawn = panel(trend(figure(3, 4, 5), ending=Ending.INCONCLUSIVE))
    assert (drawn.dots[0].state, drawn.line) == ("not-counted", "")


def test_nothing_falls_outside_of_the_panel() -> None:
    early = TrendPoint(run_id="r", number=1, at=at(11, year=2025), counts=True, rto=figure(0, 0, 0), rpo=None)
    drawn = draw_panel([(early, figure(0, 0, 0))], period=YEAR, quarters=tuple(quarters(YEAR)))
    assert all(0 <= dot.x <= WIDTH and TOP <= dot.y <= HEIGHT for dot in drawn.dots)


def test_one_quarter_is_marked_by_its_months() -> None:
    first = Period(first_day=date(2026, 1, 5), last_day=date(2026, 3, 31))
    point = TrendPoint(run_id="r", number=1, at=at(2), counts=True, rto=figure(1, 2), rpo=None)
    drawn = draw_panel([(point, figure(1, 2))], period=first, quarters=tuple(quarters(first)))
    assert [label.day for label in drawn.labels] == [date(2026, 1, 5), date(2026, 2, 1), date(2026, 3, 1)]
