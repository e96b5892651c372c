"""The valley and the data: drawn where the numbers say, inside their frame, and silent about what is still asked."""

from __future__ import annotations

import random
import re
from fractions import Fraction

import pytest

from lessons.activities.hand_steps import charts
from lessons.maths import descent
from lessons.maths.descent import Problem, Rule

pytestmark = pytest.mark.pure

X = tuple(map(Fraction, (1, 2, 3, 4)))
Y = tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
START = Fraction(0)


def problem(rule: Rule = "half") -> Problem:
    return Problem(X, Y, Fraction("0.05"), rule)


def pixels(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_the_lowest_point_of_the_valley_is_the_best_w() -> None:
    chart = charts.loss_chart(problem(), (START,))

    lowest = max(pixels(chart.curve), key=lambda point: point[1])

    assert lowest[0] == pytest.approx(chart.x_axis.at(1.99), abs=0.1)


@pytest.mark.parametrize(("rule", "height"), [("half", 14.8625), ("full", 29.725)])
def test_the_ball_stands_at_the_loss_of_the_rule_of_the_class(rule: Rule, height: float) -> None:
    chart = charts.loss_chart(problem(rule), (START,))

    assert (chart.balls[0].x, chart.balls[0].y) == (chart.x_axis.at(0), chart.y_axis.at(height))
    assert ("half" in chart.title) == (rule == "half")


def test_the_tangent_goes_through_the_ball_with_the_slope_of_the_loss() -> None:
    at = Fraction("0.74625")
    chart = charts.loss_chart(
        problem(),
        (
            START,
            at,
        ),
    )

    x1, y1, x2, y2 = chart.tangent
    per_w = (chart.x_axis.end - chart.x_axis.start) / (chart.x_axis.high - chart.x_axis.low)
    per_loss = (chart.y_axis.end - chart.y_axis.start) / (chart.y_axis.high - chart.y_axis.low)
    assert (y2 - y1) / (x2 - x1) == pytest.approx(float(descent.gradient(problem(), at)) * per_loss / per_w, rel=0.01)
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((chart.balls[-1].x, chart.balls[-1].y), abs=0.1)


def test_the_axes_stay_where_they_are_from_step_to_step() -> None:
    path = descent.path(problem(), START, 3)

    drawn = [charts.loss_chart(problem(), path[: n + 1]) for n in range(4)]

    assert len({(chart.x_axis, chart.y_axis, chart.curve) for chart in drawn}) == 1
    assert len({charts.data_chart(problem(), w).y_axis for w in path}) == 1


def test_the_slope_is_a_question_until_it_was_found() -> None:
    chart = charts.loss_chart(problem(), (START,))

    assert chart.slope == "slope ?"
    assert "14.925" not in str(chart)
    assert charts.loss_chart(problem(), (START,), slope="−14.925").slope == "slope −14.925"


def test_a_w_outside_the_drawing_leaves_it_by_an_arrow_with_its_true_number() -> None:
    chart = charts.loss_chart(
        problem(),
        (
            START,
            Fraction("17.91"),
        ),
    )

    ball = chart.balls[-1]
    assert (ball.label, ball.says.partition(",")[0]) == ("w₁ = 17.91 →", "w₁ = 17.91 →")
    # The way to it goes up and out, and nothing is drawn where it is not.
    assert ball.y == charts.TOP
    assert pixels(chart.trail)[-1] == pixels(ball.arrow)[-1] == (ball.x, ball.y)
    assert charts.LEFT < ball.x < charts.RIGHT
    assert chart.tangent is None


def test_the_line_of_a_w_that_is_far_too_large_keeps_its_slope_and_is_cut_at_the_frame() -> None:
    chart = charts.data_chart(problem(), Fraction(10))

    x1, y1, x2, y2 = chart.line
    per_x = (chart.x_axis.end - chart.x_axis.start) / (chart.x_axis.high - chart.x_axis.low)
    per_y = (chart.y_axis.end - chart.y_axis.start) / (chart.y_axis.high - chart.y_axis.low)
    assert (y2 - y1) / (x2 - x1) * per_x / per_y == pytest.approx(10, rel=0.01)
    assert y2 == pytest.approx(charts.TOP, abs=0.1)


def test_nothing_of_a_way_that_runs_outside_alone_is_drawn() -> None:
    chart = charts.loss_chart(
        problem(),
        (
            START,
            Fraction(10),
            Fraction(20),
        ),
    )

    assert len(pixels(chart.trail)) == 2


def test_each_dashed_line_goes_from_its_point_to_the_prediction() -> None:
    chart = charts.data_chart(problem(), Fraction("1.5"))

    assert [(dot.y, dot.foot) for dot in chart.dots] == [
        (chart.y_axis.at(y), chart.y_axis.at(1.5 * x)) for x, y in ((1, 2.1), (2, 3.9), (3, 6.2), (4, 7.8))
    ]


@pytest.mark.parametrize(
    ("rule", "rate", "summary"),
    [
        ("half", "0.05", "After 22 steps w is at 1.9899. Another step moves it by less than 0.0001."),
        ("full", "0.05", "After 9 steps w is at 1.99. Another step moves it by less than 0.0001."),
        ("full", "2/15", "After 40 steps w is at 0 and still moving."),
    ],
)
def test_the_run_walks_until_it_settles_and_says_so(rule: Rule, rate: str, summary: str) -> None:
    found = charts.descent_of(Problem(X, Y, Fraction(rate), rule), START, 40)

    assert found.summary == summary
    exact = descent.path(Problem(X, Y, Fraction(rate), rule), START, 3)
    assert [w for _, _, _, w in found.steps[:4]] == pytest.approx([float(w) for w in exact])


def test_no_sheet_is_too_odd_to_be_drawn() -> None:
    rng = random.Random(11)
    values = [Fraction(0), Fraction(1), Fraction(-3), Fraction(7, 3), Fraction(10**6), Fraction(1, 10**9)]
    for _ in range(500):
        n_points = rng.randint(2, 6)
        odd = Problem(
            tuple(rng.choice(values) for _ in range(n_points)),
            tuple(rng.choice(values) for _ in range(n_points)),
            rng.choice([Fraction(1, 20), Fraction(3), Fraction(1, 10**6)]),
            rng.choice(["half", "full"]),
        )
        path = tuple(rng.choice(values) for _ in range(rng.randint(1, 4)))

        loss, data = charts.loss_chart(odd, path), charts.data_chart(odd, path[-1])
        charts.descent_of(odd, path[0], 40)

        drawn = (
            pixels(loss.curve) + [(ball.x, ball.y) for ball in loss.balls] + [(dot.x, dot.foot) for dot in data.dots]
        )
        assert all(0 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in drawn)
        assert 1 <= len(loss.x_axis.ticks) <= 9
        assert 1 <= len(data.y_axis.ticks) <= 9


@pytest.mark.parametrize("w", ["0", "1.50416", "1.9", "1.99", "4.1", "-0.1"])
def test_the_tangent_is_cut_at_the_edge_and_never_bent(w: str) -> None:
    at = Fraction(w)
    chart = charts.loss_chart(
        problem(),
        (
            START,
            at,
        ),
    )

    x1, y1, x2, y2 = chart.tangent
    per_w = (chart.x_axis.end - chart.x_axis.start) / (chart.x_axis.high - chart.x_axis.low)
    per_loss = (chart.y_axis.end - chart.y_axis.start) / (chart.y_axis.high - chart.y_axis.low)
    slope = float(descent.gradient(problem(), at))
    assert (y2 - y1) / (x2 - x1) * per_w / per_loss == pytest.approx(slope, rel=0.01, abs=0.01)


def test_the_first_ball_keeps_its_name_unless_it_would_run_into_the_last() -> None:
    apart = charts.loss_chart(
        problem(),
        (
            START,
            Fraction("0.74625"),
        ),
    )
    close = charts.loss_chart(
        problem(),
        (
            START,
            Fraction("0.05"),
        ),
    )

    assert [ball.is_named for ball in apart.balls] == [True, True]
    assert [ball.is_named for ball in close.balls] == [False, True]


def test_a_line_over_points_on_both_sides_of_0_reaches_all_of_them() -> None:
    both_sides = Problem((Fraction(-2), Fraction(2)), (Fraction(2), Fraction(-2)), Fraction("0.05"), "half")

    chart = charts.data_chart(both_sides, Fraction("-0.5"))

    assert (chart.line[0], chart.line[1]) == (chart.x_axis.at(-2), chart.y_axis.at(1))


def test_where_every_x_is_0_the_valley_is_level() -> None:
    level = Problem((Fraction(0), Fraction(0)), (Fraction(1), Fraction(2)), Fraction("0.05"), "half")

    chart = charts.loss_chart(level, (START, START))

    assert {y for _, y in pixels(chart.curve)} == {chart.balls[0].y}


def test_a_run_that_leads_away_stops_early_and_says_so() -> None:
    found = charts.descent_of(Problem(X, Y, Fraction(1), "full"), START, 40)

    assert len(found.steps) == 4
    assert found.summary == "Each step lands farther away. After 3 steps w is at 5462.55. The run stops here."


@pytest.mark.parametrize("size", [Fraction(10) ** 99, Fraction(1, 10**99)])
def test_gigantic_and_tiny_numbers_are_drawn_too(size: Fraction) -> None:
    odd = Problem((size, 1 / size), (1 / size, size), Fraction("0.05"), "full")

    loss = charts.loss_chart(odd, (START, size**9))
    data = charts.data_chart(odd, size**9)
    found = charts.descent_of(odd, START, 40)

    assert all(0 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in pixels(loss.curve))
    assert all(0 <= pixel <= charts.WIDTH for pixel in (*(loss.tangent or ()), *data.line))
    assert "inf" not in found.summary
    assert "nan" not in found.summary
