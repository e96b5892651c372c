"""The rates that a class is asked about, and what the lesson holds for right."""

from __future__ import annotations

from fractions import Fraction

import pytest

from classroom.models import GradientRule
from lessons import catalogue
from lessons.activities.predict import answers
from lessons.activities.predict.schema import Predict
from lessons.maths.descent import Rule

pytestmark = pytest.mark.pure

# (rate, what it does), in order: the core ones, then the extras, then the pair at the edge.
ASKED: dict[Rule, tuple[list[tuple[str, str]], list[tuple[str, str]], tuple[str, str]]] = {
    "half": (
        [("0.1", "settles"), ("0.2", "zigzags"), ("4/15", "bounces"), ("0.4", "explodes")],
        [("0.002", "crawls"), ("0.02", "settles"), ("2/15", "one-jump")],
        ("0.26", "0.27"),
    ),
    "full": (
        [("0.01", "settles"), ("0.1", "zigzags"), ("2/15", "bounces"), ("0.2", "explodes")],
        [("0.001", "crawls"), ("1/15", "one-jump")],
        ("0.13", "0.135"),
    ),
}


@pytest.fixture
def activity() -> Predict:
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None
    found = lesson.find_activity("rates")[1]  # type: ignore[index]  # it is there
    assert isinstance(found, Predict)
    return found


@pytest.mark.parametrize("rule", ["half", "full"])
def test_a_class_is_asked_about_the_rates_of_its_rule(activity: Predict, rule: Rule) -> None:
    core, extras, _edge = ASKED[rule]

    asked = [
        (item.extra, item.rates[0], answers.truth(activity, GradientRule(rule), item).right)
        for item in activity.items_for(rule)
    ]

    assert asked == [
        *((False, Fraction(rate), frozenset({what})) for rate, what in core),
        *((True, Fraction(rate), frozenset({what})) for rate, what in extras),
    ]


@pytest.mark.parametrize("rule", ["half", "full"])
def test_one_rate_goes_the_full_cycle_and_ends_with_the_pair_at_the_edge(activity: Predict, rule: Rule) -> None:
    full = [item for item in activity.items_for(rule) if item.cycle == "full"]

    assert [item.title for item in full] == [f"Learning rate {ASKED[rule][0][2][0]}"]
    assert full[0].transfer is not None
    assert full[0].transfer.rates == tuple(map(Fraction, ASKED[rule][2]))
    assert full[0].transfer.right == "parted"


def test_each_outcome_is_drawn_as_what_it_is(activity: Predict) -> None:
    drawn = {choice.key: choice.shrinks_by for choice in activity.choices}

    assert drawn["one-jump"] == 0
    assert drawn["bounces"] == -1
    assert [0 < (drawn[key] or 0) < 1 for key in ("crawls", "settles")] == [True, True]
    assert -1 < (drawn["zigzags"] or 0) < 0
    assert (drawn["explodes"] or 0) < -1


@pytest.mark.parametrize("rule", ["half", "full"])
def test_the_one_that_is_worked_first_is_the_one_of_the_worksheet(activity: Predict, rule: Rule) -> None:
    assert activity.worked == Fraction("0.05")
    assert activity.after == "by-hand"
    assert activity.worked not in {item.rates[0] for item in activity.items_for(rule)}
