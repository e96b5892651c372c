"""What a learning rate does, held against the table it was planned from, single steps, and runs in doubles."""

from __future__ import annotations

import doctest
import math
import random
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lessons.activities.predict import rate_charts, rate_runs
from lessons.activities.predict.maths import rates
from lessons.activities.predict.maths.rates import Breakdown
from lessons.activities.predict.rate_drawing import Drawing
from lessons.drawing import axes, frame
from lessons.drawing.marks import Mark
from lessons.maths import descent, losses
from lessons.maths.descent import FACTOR, Problem, Rule

pytestmark = pytest.mark.pure

X = tuple(map(Fraction, (1, 2, 3, 4)))
Y = tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
START = Fraction(0)
RULES: tuple[Rule, ...] = ("half", "full")
STEPS = (1, 3, 10, 50)

# Full rule: rate, outcome, w and mean squared error after 1, 3, 10 and 50 steps (as printed; - is not in the
# table), steps to within 0.01 of the best w.
TABLE = """
0.001  crawls    0.0299 28.84    0.0882 27.15    0.2791 21.98     1.0553 6.577     351
0.01   settles   0.2985 21.48    0.7679 11.23    1.5982 1.175     1.9894 0.02425   33
0.05   settles   1.4925 1.881    1.9589 0.0315   1.9900 0.02425   1.9900 0.02425   4
1/15   one-jump  1.99 0.02425    1.99 0.02425    1.99 0.02425     1.99 0.02425     1
0.1    zigzags   2.985 7.449     2.2388 0.4883   1.9881 0.02428   1.9900 0.02425   8
0.13   zigzags   - -             - -             0.7985 10.67     1.8369 0.200     104
2/15   bounces   3.98 29.725     3.98 29.725     0 29.725         0 29.725         never
0.135  explodes  - -             - -             -0.557 48.69     -4.85 350.9      never
0.15   explodes  - -             5.877 113.3     -16.54 2576      -139427 1.5e11   never
0.2    explodes  5.97 118.8      17.91 1901      -2035.8 3.1e7    -2.2e15 3.8e31   never
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
OURS_HALF = ["0.05", "settles", "0.7463", "11.63", "1.5042", "1.795", "1.9719", "0.02671", "1.9900", "0.02425", "12"]

numbers = st.fractions(-20, 20, max_denominator=100)
any_rate = st.fractions(Fraction(1, 1000), 1, max_denominator=1000)


def problem(rate: str | Fraction, rule: Rule = "full") -> Problem:
    return Problem(X, Y, Fraction(rate), rule)


def twins(row: list[str]) -> list[tuple[Problem, list[str]]]:
    """A row of the full rule holds under the half rule for twice the rate."""
    return [(problem(row[0]), row), (problem(2 * Fraction(row[0]), "half"), row)]


CASES = [case for row in ROWS for case in twins(row)] + [(problem("0.05", "half"), OURS_HALF)]
IDS = [f"{case.rule} {rate_runs.show_rate(case.learning_rate)}" for case, _row in CASES]


def mean_squared_error(problem: Problem, w: Fraction) -> Fraction:
    return sum(((w * x - y) ** 2 for x, y in zip(problem.x, problem.y, strict=True)), Fraction(0)) / len(problem.x)


def is_printed_as(value: Fraction, printed: str) -> bool:
    """Tell whether a value rounds to what is printed, to the digits that are printed."""
    number = Decimal(printed)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(value - Fraction(number)) <= Fraction(10) ** exponent / 2


@pytest.mark.parametrize(("case", "row"), CASES, ids=IDS)
def test_a_rate_of_the_table_does_what_the_table_says(case: Problem, row: list[str]) -> None:
    assert rates.outcome(case, START) == row[1]


@pytest.mark.parametrize(("case", "row"), CASES, ids=IDS)
def test_w_and_the_error_are_those_of_the_table(case: Problem, row: list[str]) -> None:
    wrong = []
    for k, printed_w, printed_error in zip(STEPS, row[2:10:2], row[3:10:2], strict=True):
        w = rates.w_after(case, START, k)
        pairs = [(w, printed_w), (mean_squared_error(case, w), printed_error)]
        wrong += [(k, printed) for value, printed in pairs if printed != "-" and not is_printed_as(value, printed)]

    assert wrong == []


@pytest.mark.parametrize(("case", "row"), CASES, ids=IDS)
def test_the_steps_to_settle_are_those_of_the_table(case: Problem, row: list[str]) -> None:
    assert rates.steps_to_settle(case, START) == (None if row[10] == "never" else int(row[10]))


def test_printed_digits_are_compared_to_the_last() -> None:
    assert is_printed_as(Fraction("28.844"), "28.84")
    assert not is_printed_as(Fraction("28.846"), "28.84")
    assert not is_printed_as(Fraction(32_000_000), "3.1e7")


@pytest.mark.parametrize(
    ("rate", "rho"),
    [("0.001", "0.985"), ("0.05", "0.25"), ("1/15", "0"), ("0.1", "-0.5"), ("2/15", "-1"), ("0.2", "-2")],
)
def test_rho_is_exact_and_the_half_rule_needs_twice_the_rate(rate: str, rho: str) -> None:
    assert rates.shrinks_by(problem(rate)) == Fraction(rho)
    assert rates.shrinks_by(problem(2 * Fraction(rate), "half")) == Fraction(rho)


def test_the_best_w_is_1_99_under_both_rules_and_no_w_near_it_is_better() -> None:
    for rule in RULES:
        case = problem("0.05", rule)
        assert rates.best(case) == Fraction("1.99")
        assert losses.loss(case, Fraction("1.99")) < min(losses.loss(case, Fraction(w)) for w in ("1.9899", "1.9901"))
    assert mean_squared_error(case, Fraction("1.99")) == Fraction("0.02425")


def test_the_boundaries_are_exact() -> None:
    tiny = Fraction(1, 10**30)
    around = [
        [rates.outcome(problem(Fraction(edge) + off), START) for off in (-tiny, Fraction(0), tiny)]
        for edge in ("1/15", "2/15")
    ]

    assert around == [["settles", "one-jump", "zigzags"], ["zigzags", "bounces", "explodes"]]


@pytest.mark.parametrize(("rate", "outcome"), [("0.00387", "crawls"), ("0.0039", "settles")])
def test_crawling_ends_where_a_twentieth_of_the_way_is_left_after_50_steps(rate: str, outcome: str) -> None:
    left = abs(float(rates.w_after(problem(rate), START, 50)) - 1.99) / 1.99

    assert (left > 0.05) == (outcome == "crawls")
    assert rates.outcome(problem(rate), START) == outcome


def test_a_start_at_the_best_w_has_settled_whatever_the_rate() -> None:
    best = Fraction("1.99")

    for rate in ("0.001", "1/15", "2/15", "0.2"):
        assert rates.outcome(problem(rate), best) == "settles"
        assert rates.w_after(problem(rate), best, 50) == best
    assert rates.breakdown(problem("0.2"), best) is None
    assert rates.steps_to_settle(problem("0.2"), best) == 0


def test_data_without_a_slope_is_refused_with_its_x() -> None:
    level = Problem((Fraction(0),) * 2, (Fraction(1),) * 2, Fraction(1), "half")

    with pytest.raises(ValueError, match="x is 0"):
        rates.best(level)


# Beside other work on the same cores it may take its time to make up the points.
@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6), numbers, any_rate, st.sampled_from(RULES))
def test_the_closed_form_is_the_path_step_by_step(
    points: list[tuple[Fraction, Fraction]], start: Fraction, rate: Fraction, rule: Rule
) -> None:
    assume(any(x for x, _y in points))
    case = Problem(tuple(x for x, _y in points), tuple(y for _x, y in points), rate, rule)

    assert tuple(rates.w_after(case, start, k) for k in range(7)) == descent.path(case, start, 6)


@given(any_rate, st.sampled_from(RULES))
def test_the_first_step_that_is_near_is_the_one_before_which_none_was(rate: Fraction, rule: Rule) -> None:
    case, within = problem(rate, rule), Fraction(1, 100)
    k = rates.steps_to_settle(case, START)

    if k is None:
        assert abs(rates.shrinks_by(case)) >= 1
    else:
        assert abs(rates.w_after(case, START, k) - rates.best(case)) <= within
        assert abs(rates.w_after(case, START, k - 1) - rates.best(case)) > within


@pytest.mark.parametrize("within", ["1/4", "1/8", "1/1024"])
def test_a_distance_that_is_met_exactly_counts(within: str) -> None:
    ones = Problem((Fraction(1),) * 2, (Fraction(1),) * 2, Fraction(1, 2), "half")
    n_halvings = round(math.log2(Fraction(within).denominator))

    assert rates.shrinks_by(ones) == Fraction(1, 2)
    assert rates.steps_to_settle(ones, START, Fraction(within)) == n_halvings
    assert rates.steps_to_settle(ones, START, Fraction(within) - Fraction(1, 10**40)) == n_halvings + 1


@pytest.mark.parametrize("rate", ["1e-9", "1e-38", "0.13333333333333333333333333333333", "1/77777777777777777777777"])
def test_a_rate_with_many_decimals_is_answered_at_once(rate: str) -> None:
    chart = rate_charts.rate_chart([problem(rate)], START)

    n_steps = rates.steps_to_settle(problem(rate), START)
    assert n_steps is not None
    assert n_steps > 10**8
    assert all(len(run.summary) < 200 for run in chart.runs)


def simulated(case: Problem, start: float, n_steps: int = 4000) -> list[float]:
    """Run in doubles, by the formula of the worksheet."""
    xs, ys, w = [float(x) for x in case.x], [float(y) for y in case.y], start
    path = [w]
    for _ in range(n_steps):
        mean = sum((w * x - y) * x for x, y in zip(xs, ys, strict=True)) / len(xs)
        w -= float(case.learning_rate) * FACTOR[case.rule] * mean
        path.append(w)
        if abs(w) > 1e100:
            break
    return path


def seen_in(path: list[float], best: float) -> str:
    """Name an outcome by looking at a run alone."""
    away = [w - best for w in path]
    if abs(away[-1]) > 10 * abs(away[0]):
        return "explodes"
    if abs(away[1]) < 1e-12:
        return "one-jump"
    changes_sides = away[0] * away[1] < 0
    if changes_sides:
        return "bounces" if abs(away[-1]) > 0.99 * abs(away[0]) else "zigzags"
    return "crawls" if abs(away[50]) > 0.05 * abs(away[0]) else "settles"


@pytest.mark.slow
def test_random_rates_do_what_a_long_run_in_doubles_does() -> None:
    rng = random.Random(20260)
    edges = ["1/15", "2/15", "4/15", "0.001", "0.13", "0.135"]
    drawn = [Fraction(edge) for edge in edges] + [Fraction(rng.randint(1, 4000), 10_000) for _ in range(300)]

    told = [(case, rates.outcome(case, START)) for rate in drawn for rule in RULES for case in [problem(rate, rule)]]

    assert {outcome for _case, outcome in told} == set(rates.OUTCOMES)
    assert [case for case, outcome in told if seen_in(simulated(case, 0.0), 1.99) != outcome] == []


@pytest.mark.parametrize(
    ("rate", "rule", "steps"),
    [
        ("0.2", "full", (509, 1019, 1020)),
        ("1", "full", (134, 269, 270)),
        ("0.4", "half", (509, 1020, 1021)),
        ("2", "half", (134, 269, 270)),
        ("0.135", "full", (14276, None, None)),
        ("0.1333334", "full", (None, None, None)),
    ],
)
def test_an_exploding_run_breaks_where_a_computer_breaks(rate: str, rule: Rule, steps: tuple[int | None, ...]) -> None:
    assert rates.breakdown(problem(rate, rule), START) == Breakdown(*steps)


@pytest.mark.parametrize("rate", ["0.001", "0.05", "1/15", "0.13", "2/15"])
def test_a_run_that_does_not_explode_never_breaks(rate: str) -> None:
    assert rates.breakdown(problem(rate), START) is None


def test_numbers_that_no_double_holds_break_at_once_and_raise_nothing() -> None:
    huge = Fraction(10) ** 400

    assert rates.breakdown(problem("0.2"), huge) == Breakdown(0, 0, 1)
    assert rates.breakdown(problem(huge), START) == Breakdown(1, 1, 2)


def test_the_examples_in_the_docstrings_hold() -> None:
    for module in (rates, rate_runs, frame):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0


# The drawings.


@pytest.mark.parametrize("rule", RULES)
def test_the_axes_are_the_same_for_every_rate_of_a_class(rule: Rule) -> None:
    charts = [rate_charts.rate_chart([problem(rate, rule)], START) for rate in ("0.001", "1/15", "0.1", "2/15", "0.4")]

    assert len({(d.x_axis, d.y_axis, d.curve) for chart in charts for d in [chart.valley]}) == 1
    assert len({(d.x_axis, d.y_axis, d.target) for chart in charts for d in [chart.steps]}) == 1
    assert charts[0].valley.x_axis.low < -1.98
    assert charts[0].valley.x_axis.high > 5.97


def test_a_pair_shares_its_axes_with_a_single_rate_and_has_thirteen_stops_at_most() -> None:
    pair = rate_charts.rate_chart([problem("0.26", "half"), problem("0.27", "half")], START)
    single = rate_charts.rate_chart([problem("0.26", "half")], START)

    assert pair.valley.x_axis == single.valley.x_axis
    for chart in (pair, single, *(rate_charts.rate_chart([problem(row[0])], START) for row in ROWS)):
        for drawing in chart.drawings:
            stops = [mark for trace in drawing.traces for mark in trace.marks if mark.is_focusable]
            assert 1 <= len(stops) <= 13


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_everything_is_drawn_inside_its_frame_and_in_order(row: list[str]) -> None:
    chart = rate_charts.rate_chart([problem(row[0])], START, guess=Fraction(-2))

    for drawing in chart.drawings:
        x_axis, y_axis = drawing.x_axis, drawing.y_axis
        dots = [(mark.x, mark.y) for trace in drawing.traces for mark in trace.marks]
        legs = [leg for trace in drawing.traces for leg in trace.legs]
        ends = [end for leg in legs for end in ((leg.x1, leg.y1), (leg.x2, leg.y2))]
        guess = [tuple(map(float, point)) for point in re.findall(r"([\d.]+) ([\d.]+)", drawing.guess)]
        assert all(x_axis.start <= x <= x_axis.end and y_axis.end <= y <= y_axis.start for x, y in dots + ends + guess)
        assert all(0 <= leg.begins < leg.ends <= 1 for leg in legs)
    assert chart.steps.traces[0].legs[-1].ends == 1


def w_at(drawing: Drawing, y: float) -> float:
    """What a height of the drawing over the steps stands for."""
    axis = drawing.y_axis
    return axis.low + (y - axis.start) / (axis.end - axis.start) * (axis.high - axis.low)


@pytest.mark.parametrize("case", [case for case, _row in CASES], ids=IDS)
def test_a_dot_is_where_w_is_and_what_is_outside_has_none(case: Problem) -> None:
    drawing = rate_charts.rate_chart([case], START).steps
    steps = [*range(11), 50]

    drawn = {mark.says: mark for mark in drawing.traces[0].marks}
    for k in steps:
        w = rates.w_after(case, START, k)
        inside = drawing.y_axis.holds(float(w))
        says = f"step {k}: w = {axes.in_full(w)}" + ("" if inside else ", outside the drawing")
        assert bool(drawn[says].head) is not inside
        if inside:
            assert w_at(drawing, drawn[says].y) == pytest.approx(float(w), abs=0.001)
        else:
            assert drawn[says].y == (drawing.y_axis.end if w > rates.best(case) else drawing.y_axis.start)
    assert len(drawn) == len(steps)


@pytest.mark.parametrize("case", [case for case, _row in CASES], ids=IDS)
def test_no_line_runs_along_the_edge_of_its_frame(case: Problem) -> None:
    for drawing in rate_charts.rate_chart([case], START).drawings:
        for leg in drawing.traces[0].legs:
            for edge in (drawing.y_axis.start, drawing.y_axis.end):
                assert not leg.y1 == leg.y2 == edge


def test_bouncing_looks_unlike_one_jump() -> None:
    bounces, jumps = (rate_charts.rate_chart([problem(rate)], START).steps.traces[0] for rate in ("2/15", "1/15"))

    assert [leg.y1 == leg.y2 for leg in bounces.legs] == [False] * 10
    assert [leg.y1 == leg.y2 for leg in jumps.legs] == [False] + [True] * 9


def test_what_lies_outside_leaves_by_an_arrow_with_its_true_number() -> None:
    chart = rate_charts.rate_chart([problem("0.4", "half")], START)

    valley = chart.valley.traces[0]
    assert [(mark.label, bool(mark.head)) for mark in valley.marks] == [
        ("w₀ = 0", False),
        ("w₁ = 5.97", False),
        ("w₂ = −5.97", True),
    ]
    assert len(valley.legs) == 2
    labels = [mark.label for mark in chart.steps.traces[0].marks if mark.label]
    assert labels == ["5.97", "−5.97", "17.91", "−2.2×10¹⁵"]
    assert dict(chart.rows)[10] == (("−2035.77", "15571746.8281"),)
    assert dict(chart.rows)[50][0][0] == "−2.2×10¹⁵"


def test_a_place_to_which_w_comes_back_says_so() -> None:
    marks = rate_charts.rate_chart([problem("2/15")], START).valley.traces[0].marks

    assert [mark.label for mark in marks] == ["w₀, w₂, …", "w₁, w₃, …"]


def test_a_drawing_is_named_without_a_judgement() -> None:
    chart = rate_charts.rate_chart([problem("2/15")], START)

    assert chart.steps.summary == (
        "w after steps 0 to 10: 0, 3.98, 0, 3.98, 0, 3.98, 0, 3.98, 0, 3.98, 0. After step 50: 0. Best: 1.99."
    )


def test_the_table_has_the_steps_of_the_drawing_and_some_later_ones() -> None:
    chart = rate_charts.rate_chart([problem("0.26", "half"), problem("0.27", "half")], START)

    assert [step for step, _cells in chart.rows] == [*range(11), 20, 30, 40, 50]
    assert chart.rows[0][1] == (("0", "14.8625"), ("0", "14.8625"))
    assert {len(cells) for _step, cells in chart.rows} == {2}


@pytest.mark.parametrize(
    ("rate", "summary"),
    [
        ("4/15", "With learning rate 4/15 w jumps between 0 and 3.98 forever. The loss stays at 14.8625."),
        (
            "2/15",
            "With learning rate 2/15 w jumps to the best value 1.99 in one step and stays. The loss is 0.0121.",
        ),
        ("0.1", "With learning rate 0.1 w comes closer from one side. After 4 steps it is within 0.01 of 1.99."),
        (
            "0.2",
            "With learning rate 0.2 w jumps from side to side, closer each time. After 8 steps it is within "
            "0.01 of 1.99.",
        ),
        ("0.002", "With learning rate 0.002 w crawls. After 50 steps it is at 1.0553. The best is 1.99."),
        (
            "0.4",
            "With learning rate 0.4 each step lands farther from 1.99. After 10 steps w is at −2035.77, after 50 "
            "at −2.2×10¹⁵.",
        ),
    ],
)
def test_one_sentence_says_what_happened(rate: str, summary: str) -> None:
    assert rate_charts.rate_chart([problem(rate, "half")], START).runs[0].summary == summary


def test_only_an_explosion_is_told_where_the_numbers_end() -> None:
    honest = {row[0]: rate_charts.rate_chart([problem(row[0])], START).runs[0].honest for row in ROWS}

    assert [rate for rate, text in honest.items() if text] == ["0.135", "0.15", "0.2"]
    assert honest["0.2"] == (
        "A computer that continues gets Infinity for the loss at step 509 and for w at step 1,019. From step 1,020 on "
        "it gets NaN."
    )
    assert "14,276" in honest["0.135"]
    assert all("Infinity" in text and "NaN" in text for text in honest.values() if text)


def test_the_guess_is_the_run_that_its_rho_would_make() -> None:
    guessed = rate_charts.rate_chart([problem("0.05")], START, guess=Fraction(-1, 2), guess_name="zigzags")
    true = rate_charts.rate_chart([problem("0.1")], START)

    for guess, run in zip(guessed.drawings, true.drawings, strict=True):
        points = [tuple(map(float, point)) for point in re.findall(r"([\d.]+) ([\d.]+)", guess.guess)]
        assert points[:3] == [(leg.x1, leg.y1) for leg in run.traces[0].legs[:3]]
        assert run.guess == ""
    assert (guessed.has_guess, true.has_guess) == (True, False)


def test_labels_do_not_run_into_each_other() -> None:
    drawn = [[problem(row[0])] for row in ROWS] + [[problem("0.26", "half"), problem("0.27", "half")]]
    for problems in drawn:
        for drawing in rate_charts.rate_chart(problems, START).drawings:
            marks = [mark for trace in drawing.traces for mark in trace.marks if mark.label]
            boxes = [box_of(mark) for mark in marks]
            for i, one in enumerate(boxes):
                for other in boxes[:i]:
                    is_beside = one[1] <= other[0] or other[1] <= one[0]
                    assert is_beside or abs(one[2] - other[2]) >= 14


def box_of(mark: Mark) -> tuple[float, float, float]:
    width = 8 * len(mark.label)
    left = mark.label_x - {"start": 0, "middle": width / 2, "end": width}[mark.anchor]
    return left, left + width, mark.label_y


@pytest.mark.parametrize(
    ("rate", "shown"),
    [("4/15", "4/15"), ("1/15", "1/15"), ("0.05", "0.05"), ("0.125", "0.125"), ("1/1024", "0.0009765625"), ("2", "2")],
)
def test_a_rate_is_a_fraction_where_its_decimal_does_not_end(rate: str, shown: str) -> None:
    assert rate_runs.show_rate(Fraction(rate)) == shown


def test_sketches_start_alike_stay_in_their_box_and_differ() -> None:
    drawn = [rate_charts.sketch(Fraction(rho)) for rho in ("0.985", "0.6", "0", "-0.5", "-1", "-1.3", "-3", "1")]

    assert len({path.split(" L")[0] for path in drawn}) == 1
    assert len(set(drawn)) == len(drawn)
    numbers = [[float(number) for number in re.findall(r"-?[\d.]+", path)] for path in drawn]
    assert all(0 <= x <= 96 for path in numbers for x in path[::2])
    assert all(0 <= y <= 48 for path in numbers for y in path[1::2])


@pytest.mark.parametrize("rho", ["0.97", "0.6", "0", "-0.6", "-1", "-1.4"])
def test_a_sketch_is_the_drawing_of_its_run_made_small(rho: str) -> None:
    case = problem((1 - Fraction(rho)) / 15)
    drawing = rate_charts.rate_chart([case], START).steps

    small = re.findall(r"(-?[\d.]+) (-?[\d.]+)", rate_charts.sketch(Fraction(rho)))
    legs = drawing.traces[0].legs
    large = [(legs[0].x1, legs[0].y1)] + [(leg.x2, leg.y2) for leg in legs]
    shares = [(float(y) - 2) / 44 for _x, y in small]
    assert shares[:4] == pytest.approx([(y - axes.TOP) / (axes.BOTTOM - axes.TOP) for _x, y in large[:4]], abs=0.003)


def test_other_data_or_three_rates_are_refused() -> None:
    other = Problem(X, X, Fraction("0.1"), "full")

    for problems in ([], [problem("0.1"), other], [problem("0.1")] * 3):
        with pytest.raises(ValueError, match="one or two learning rates"):
            rate_charts.rate_chart(problems, START)


def test_a_start_at_the_best_w_or_far_away_can_be_drawn() -> None:
    still = rate_charts.rate_chart([problem("0.2")], Fraction("1.99"))
    far = rate_charts.rate_chart([problem("0.05")], Fraction(10**7))

    assert still.runs[0].summary == "With learning rate 0.2 w stays where it starts, at the best value 1.99."
    assert {leg.y1 for trace in still.steps.traces for leg in trace.legs} == {still.steps.target}
    assert far.steps.traces[0].marks[0].label == ""
    assert far.steps.traces[0].marks[1].label == "2500001.4925"
