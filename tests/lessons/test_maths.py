"""Gradient steps, the loss, and numbers as people type them, held against exact values and other ways to get them."""

from __future__ import annotations

import doctest
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lessons.activities.hand_steps.maths import grading
from lessons.maths import descent, losses, values
from lessons.maths.descent import Problem, Rule

pytestmark = pytest.mark.pure

X = tuple(map(Fraction, (1, 2, 3, 4)))
Y = tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
RULES: tuple[Rule, ...] = ("half", "full")
CHAINS: dict[Rule, tuple[str, ...]] = {
    "half": ("0", "0.74625", "1.21265625", "1.50416015625"),
    "full": ("0", "1.4925", "1.865625", "1.95890625"),
}

numbers = st.fractions(-20, 20, max_denominator=100)
rules = st.sampled_from(RULES)


def worksheet(rule: Rule) -> Problem:
    return Problem(X, Y, Fraction("0.05"), rule)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    points = draw(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6))
    learning_rate = draw(st.fractions(Fraction(1, 1000), 1, max_denominator=1000))
    return Problem(tuple(x for x, _ in points), tuple(y for _, y in points), learning_rate, draw(rules))


def as_decimals(value: Fraction, n_decimals: int) -> str:
    """Write a value that has at most `n_decimals` decimals, without the code under test."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.{n_decimals}f}"


@pytest.mark.parametrize("rule", RULES)
def test_the_chain_of_the_worksheet_is_exact(rule: Rule) -> None:
    path = descent.path(worksheet(rule), Fraction(0), 3)

    assert path == tuple(map(Fraction, CHAINS[rule]))


def test_the_first_step_of_the_worksheet_has_the_textbook_columns() -> None:
    problem = worksheet("half")

    cells = grading.exact_cells(problem, Fraction(0))

    assert cells == {
        "error_1": Fraction("-2.1"),
        "error_2": Fraction("-3.9"),
        "error_3": Fraction("-6.2"),
        "error_4": Fraction("-7.8"),
        "product_1": Fraction("-2.1"),
        "product_2": Fraction("-7.8"),
        "product_3": Fraction("-18.6"),
        "product_4": Fraction("-31.2"),
        "mean": Fraction("-14.925"),
        "gradient": Fraction("-14.925"),
        "w": Fraction("0.74625"),
    }


def test_the_second_step_works_from_the_new_w() -> None:
    cells = grading.exact_cells(worksheet("half"), Fraction("0.74625"))

    assert (cells["error_4"], cells["product_4"]) == (Fraction("-4.815"), Fraction("-19.26"))
    assert (cells["mean"], cells["w"]) == (Fraction("-9.328125"), Fraction("1.21265625"))


def test_the_full_rule_doubles_the_average_and_nothing_else() -> None:
    half = grading.exact_cells(worksheet("half"), Fraction(0))
    full = grading.exact_cells(worksheet("full"), Fraction(0))

    assert {name for name in half if half[name] != full[name]} == {"gradient", "w"}
    assert full["gradient"] == 2 * half["gradient"]


@pytest.mark.parametrize(("rule", "before", "floor"), [("half", "14.8625", "0.012125"), ("full", "29.725", "0.02425")])
def test_the_loss_starts_and_ends_where_the_exact_parabola_does(rule: Rule, before: str, floor: str) -> None:
    problem = worksheet(rule)

    assert losses.loss(problem, Fraction(0)) == Fraction(before)
    assert losses.loss(problem, Fraction("1.99")) == Fraction(floor)
    assert descent.gradient(problem, Fraction("1.99")) == 0


@given(problems(), numbers, st.fractions(Fraction(1, 1000), 2, max_denominator=1000))
def test_the_gradient_is_the_slope_of_the_loss(problem: Problem, w: Fraction, h: Fraction) -> None:
    # For a parabola the central difference has no error at all, whatever h is.
    central_difference = (losses.loss(problem, w + h) - losses.loss(problem, w - h)) / (2 * h)

    assert descent.gradient(problem, w) == central_difference


@given(problems(), numbers)
def test_a_step_goes_against_the_slope_by_the_learning_rate(problem: Problem, w: Fraction) -> None:
    moved = descent.step(problem, w) - w

    assert moved == -problem.learning_rate * descent.gradient(problem, w)


@pytest.mark.parametrize("n_steps", [0, 1, 7])
def test_a_path_holds_the_start_and_every_step(n_steps: int) -> None:
    path = descent.path(worksheet("half"), Fraction(1), n_steps)

    assert len(path) == n_steps + 1
    assert path[0] == 1


def test_points_without_partners_are_refused() -> None:
    problem = Problem(X, Y[:3], Fraction("0.05"), "half")

    with pytest.raises(ValueError, match="shorter"):
        descent.errors(problem, Fraction(0))


@pytest.mark.slow
@given(
    problems(),
    numbers,
    st.integers(3, 8),
    st.sampled_from([ROUND_HALF_UP, ROUND_HALF_DOWN, "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_UP", "ROUND_FLOOR"]),
    st.sampled_from(".,"),
)
def test_no_right_answer_is_refused_at_three_decimals_or_more(
    problem: Problem, w: Fraction, n_decimals: int, rounding: str, mark: str
) -> None:
    exact = grading.exact_cells(problem, w)
    unit = Decimal(1).scaleb(-n_decimals)
    typed = {
        name: str((Decimal(value.numerator) / value.denominator).quantize(unit, rounding)).replace(".", mark)
        for name, value in exact.items()
    }

    grades = grading.grade_step(problem, w, typed, tuple(exact))

    assert {name: grade.state for name, grade in grades.items()} == dict.fromkeys(exact, "right")


# 0.74625 and 0.745 sit where the rules for halves disagree.
@given(st.integers(-5_000_000, 5_000_000), st.integers(-20, 20))
@example(746_250, 4)
@example(745_000, 0)
@example(745_000, -5)
@example(745_000, 5)
@example(-745_000, -5)
def test_rounded_means_equal_to_the_exact_value_at_two_decimals(millionths: int, thousandths_off: int) -> None:
    exact = Fraction(millionths, 1_000_000)
    typed = Fraction(round(exact * 1000) + thousandths_off, 1000)
    as_decimal = Decimal(millionths) / 1_000_000
    roundings = {Fraction(as_decimal.quantize(Decimal("0.01"), rule)) for rule in (ROUND_HALF_UP, ROUND_HALF_DOWN)}
    wanted = "right" if abs(typed - exact) <= Fraction(1, 1000) else "rounded" if typed in roundings else "not_yet"

    grade = grading.grade_cell(as_decimals(typed, 3), exact)

    assert (grade.state, grade.value) == (wanted, typed)


@pytest.mark.parametrize("exact", ["0.74625", "-14.925", "0", "2/3"])
@pytest.mark.parametrize("side", [1, -1])
def test_the_tolerance_ends_exactly_at_a_thousandth(exact: str, side: int) -> None:
    at_the_end = Fraction(exact) + side * Fraction(1, 1000)
    just_outside = at_the_end + side * Fraction(1, 10**9)

    states = [grading.grade_cell(f"{value}", Fraction(exact)).state for value in (at_the_end, just_outside)]

    assert states == ["right", "not_yet"]


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("0.74625", "right"),
        ("0.7463", "right"),
        ("0.7462", "right"),
        ("0,7463", "right"),
        ("0.746", "right"),
        ("0.75", "rounded"),
        ("0.74", "not_yet"),
        ("0.7", "not_yet"),
        ("0.7643", "not_yet"),
        ("-0.7463", "not_yet"),
        ("0", "not_yet"),
        ("", "empty"),
        ("  ", "empty"),
        (None, "empty"),
    ],
)
def test_the_first_w_of_the_half_rule_is_judged_as_a_person_would(typed: str | None, state: str) -> None:
    assert grading.grade_cell(typed, Fraction("0.74625")).state == state


def test_a_typed_zero_is_an_answer() -> None:
    assert grading.grade_cell(0, Fraction(0)).state == "right"


@pytest.mark.parametrize(
    ("typed", "reason"), [("9" * 10_000, "long"), ("nan", "not_finite"), ("1,2,3", "unclear"), ("two", "letters")]
)
def test_what_cannot_be_read_is_not_yet_right_and_says_why(typed: str, reason: str) -> None:
    assert grading.grade_cell(typed, Fraction(1)) == grading.CellGrade("not_yet", None, reason)


@pytest.mark.parametrize(
    ("rule", "ask", "names"),
    [
        ("half", ("mean", "gradient", "w"), ("mean", "w")),
        ("full", ("mean", "gradient", "w"), ("mean", "gradient", "w")),
        ("half", ("error_last", "w"), ("error_4", "w")),
        ("half", ("errors",), ("error_1", "error_2", "error_3", "error_4")),
        ("full", ("products",), ("product_1", "product_2", "product_3", "product_4")),
    ],
)
def test_a_step_asks_for_cells_by_name(rule: Rule, ask: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert grading.cell_names(worksheet(rule), ask) == names


def test_a_step_is_graded_from_the_students_own_w() -> None:
    own_w = Fraction("0.5")

    grades = grading.grade_step(worksheet("half"), own_w, {"w": "1.0588"}, ("w",))

    # 0.5 − 0.05 × (7.5 × 0.5 − 14.925) = 1.05875, although the notebook's second w is 1.2127.
    assert grades == {"w": grading.CellGrade("right", Fraction("1.0588"))}


def test_cells_that_were_not_asked_are_graded_only_if_filled_in() -> None:
    answer = {"w": "0.7463", "error_4": "-7.8", "mean": " "}

    grades = grading.grade_step(worksheet("half"), Fraction(0), answer, ("w",))

    assert {name: grade.state for name, grade in grades.items()} == {"error_4": "right", "w": "right"}


def test_a_cell_that_no_worksheet_has_is_a_programming_mistake() -> None:
    with pytest.raises(ValueError, match="error_5"):
        grading.grade_step(worksheet("half"), Fraction(0), {"error_5": "1"}, ("w",))


@pytest.mark.parametrize(
    ("w", "accepted"), [("0.7463", True), ("0.75", True), ("0.7", False), ("", False), ("abc", False)]
)
def test_a_step_is_accepted_when_each_asked_cell_is_right_or_rounded(w: str, accepted: bool) -> None:
    asked = ("mean", "w")
    grades = grading.grade_step(worksheet("half"), Fraction(0), {"mean": "-14.925", "w": w}, asked)

    assert grading.is_accepted(grades, asked) is accepted


def test_a_wrong_cell_that_was_not_asked_does_not_hold_a_step_back() -> None:
    grades = grading.grade_step(worksheet("half"), Fraction(0), {"mean": "99", "w": "0.7463"}, ("w",))

    assert grades["mean"].state == "not_yet"
    assert grading.is_accepted(grades, ("w",))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,2127", "1.2127"),
        ("1.2127", "1.2127"),
        ("−4.815", "-4.815"),
        ("–4,815", "-4.815"),
        ("-4.815", "-4.815"),
        ("+3", "3"),
        ("4/15", "4/15"),
        ("−4 / 15", "-4/15"),
        ("1e-3", "0.001"),
        ("1E3", "1000"),
        (".5", "1/2"),
        ("5.", "5"),
        ("  2.1 ", "2.1"),
        ("1 234,5", "1234.5"),
        ("1’234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        (7, "7"),
        (0.1, "0.1"),
        (1e-05, "0.00001"),
    ],
)
def test_numbers_are_read_exactly_as_typed(typed: str | int | float, value: str) -> None:
    assert values.parse(typed) == Fraction(value)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "letters"),
        ("abc", "letters"),
        ("0.7463x", "letters"),
        ("1.2.3", "letters"),
        ("--1", "letters"),
        ("1e999", "letters"),
        ("1/2/3", "letters"),
        ("²", "letters"),
        (True, "letters"),
        ("nan", "not_finite"),
        ("NaN", "not_finite"),
        ("inf", "not_finite"),
        ("-inf", "not_finite"),
        ("∞", "not_finite"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        ("1/0", "not_finite"),
        ("1,234,567", "unclear"),
        ("1,2.3", "unclear"),
        ("1" * 41, "long"),
        ("9" * 10_000, "long"),
        (" " * 10_000, "long"),
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(typed: str | float, reason: str) -> None:
    with pytest.raises(values.UnreadableNumber) as refusal:
        values.parse(typed)

    assert refusal.value.reason == reason


@given(st.text(max_size=50))
def test_whatever_is_typed_is_read_or_refused_but_never_breaks(typed: str) -> None:
    try:
        value = values.parse(typed)
    except values.UnreadableNumber as refusal:
        assert refusal.reason in ("long", "not_finite", "unclear", "percent", "letters")  # noqa: PT017 (either way is fine)
    else:
        assert isinstance(value, Fraction)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0.74625", "0.7463"),
        ("-0.74625", "−0.7463"),
        ("1.21265625", "1.2127"),
        ("-14.925", "−14.925"),
        ("3", "3"),
        ("100", "100"),
        ("-20", "−20"),
        ("0", "0"),
        ("-0.00001", "0"),
        ("0.00005", "0.0001"),
        ("4/15", "0.2667"),
        ("0.99999", "1"),
    ],
)
def test_values_are_shown_with_four_decimals_half_up_and_a_true_minus(value: str, shown: str) -> None:
    assert values.show(Fraction(value)) == shown


@pytest.mark.parametrize(("n_decimals", "shown"), [(0, "3"), (1, "2.5"), (2, "2.5"), (6, "2.500001")])
def test_show_keeps_at_most_the_decimals_asked_for(n_decimals: int, shown: str) -> None:
    assert values.show(Fraction("2.500001"), n_decimals) == shown


@given(st.fractions(-1000, 1000), st.integers(0, 8))
def test_rounding_agrees_with_schools_half_up(value: Fraction, n_decimals: int) -> None:
    # Counting halves in whole numbers keeps Decimal away from endless decimals.
    n_halves = abs(value) * 10**n_decimals * 2 // 1
    nearest = (Decimal(n_halves) / 2).quantize(1, ROUND_HALF_UP)
    expected = Fraction(nearest) / 10**n_decimals * (1 if value >= 0 else -1)

    assert values.rounded(value, n_decimals) == expected


@given(st.fractions(-1000, 1000), st.integers(0, 8))
def test_what_is_shown_can_be_typed_back(value: Fraction, n_decimals: int) -> None:
    assert values.parse(values.show(value, n_decimals)) == values.rounded(value, n_decimals)


@pytest.mark.parametrize("module", [descent, grading, losses, values])
def test_the_examples_in_the_docstrings_are_true(module: ModuleType) -> None:
    outcome = doctest.testmod(module)

    assert (outcome.failed, outcome.attempted > 0) == (0, True)
