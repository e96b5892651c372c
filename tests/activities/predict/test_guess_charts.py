"""Guesses that are numbers, drawn; and how a class guessed one: a bar for each stretch of its scale."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from django.template.loader import render_to_string

from classroom.models import GradientRule
from lessons import catalogue
from lessons.activities.predict import answers, guess_charts
from lessons.activities.predict.bins import Bins
from lessons.activities.predict.schema import Item, Number, Predict

pytestmark = pytest.mark.pure


def question(part_key: str, key: str) -> Item:
    part = catalogue.all_lessons()["data-rules-everything"].part(part_key)
    assert part is not None
    items = [item for activity in part.activities if isinstance(activity, Predict) for item in activity.items]
    return next(item for item in items if item.key == key)


def bars(item: Item, tally: dict[str, int]) -> list[tuple[str, str]]:
    rows = guess_charts.room_bars(item, tally, right=frozenset()).rows
    return [(row.text, row.label) for row in rows]


def test_powers_are_counted_by_threes_so_that_all_bars_are_as_wide() -> None:
    counted = bars(question("u-curve", "lowest"), {"1": 1, "4": 2, "5": 3, "14": 1, "15": 1})

    assert counted == [("1 – 3", "1"), ("4 – 6", "5"), ("7 – 9", "0"), ("10 – 12", "0"), ("13 – 15", "2")]


def test_percentages_are_counted_by_tens_and_the_whole_is_in_the_last() -> None:
    counted = bars(question("bias", "headline"), {"9,6": 1, "89.4": 2, "89.6": 3, "100": 4})

    assert counted[0] == ("0 – 9\u00a0%", "0")
    assert counted[1] == ("10 – 19\u00a0%", "1")  # 9.6 lies nearer to 10
    assert counted[8:] == [("80 – 89\u00a0%", "2"), ("90 – 100\u00a0%", "7")]


@pytest.mark.parametrize(
    ("low", "high", "step", "widths"),
    [
        (1, 15, 1, {3}),
        (1, 10, 1, {1}),
        (0, 100, 1, {10, 11}),
        (0, 1000, 1, {100, 101}),
        (0, 5, "0.5", {1}),
    ],
)
def test_no_bin_is_narrower_than_another(low: int, high: int, step: Any, widths: set[int]) -> None:
    bins = Bins.of(Number(min=low, max=high, step=step, within=1), 11)

    ends = [bins.ends(i) for i in range(bins.n)]

    assert {(last - first) / bins.number.step + 1 for first, last in ends} == widths
    assert [bins.at(first) for first, _last in ends] == list(range(bins.n))
    assert [bins.at(last) for _first, last in ends] == list(range(bins.n))


def test_a_guess_from_another_scale_is_left_out() -> None:
    counted = bars(question("u-curve", "lowest"), {"16": 5, "0": 5, "ship": 5, "7": 1})

    assert [label for _text, label in counted] == ["0", "0", "1", "0", "0"]


def test_ones_own_guess_is_marked() -> None:
    rows = guess_charts.room_bars(question("u-curve", "lowest"), {"7": 1}, right=frozenset(), mine="7").rows

    assert [row.text for row in rows if row.is_mine] == ["7 – 9"]


@pytest.mark.parametrize("guess", range(0, 101, 3))
def test_the_line_of_a_guess_runs_through_no_number(guess: int) -> None:
    number = Number.model_validate({"min": 0, "max": 100, "step": 1, "unit": "of 100", "right": 53})

    line = guess_charts.number_line(number, Fraction(guess), Fraction(53))

    width = 8.3 * len(line.right_label)
    left = line.right_x - {"start": 0, "middle": width / 2, "end": width}[line.right_anchor]
    assert not left < line.guess < left + width


def test_the_axes_of_a_guess_hold_nothing_but_the_guess() -> None:
    """A curve that stood there gave the shape of the answer away."""
    item = question("u-curve", "lowest")
    assert item.number is not None

    page = render_to_string(
        "activities/predict/charts/lowest_point.html",
        {"chart": guess_charts.lowest_point(item.number), "is_open": True},
    )

    assert "<path" not in page
    assert page.count('class="guess__line"') == 1


@pytest.mark.parametrize(
    ("activity", "item", "says"),
    [
        ("u-curve-guess", "lowest", "A number from 1 to 15"),
        ("bias-guess", "headline", "A number from 0 to 100\u00a0%"),
        ("bias-guess", "recall", "A number from 0 to 100"),
    ],
)
def test_a_scale_says_its_highest_number_once(activity: str, item: str, says: str) -> None:
    asked = answers.question_named(
        catalogue.all_lessons()["data-rules-everything"].lesson, GradientRule.HALF, activity, item
    )

    assert asked is not None
    assert asked.scale == says
