"""The states of a question follow from facts alone: no page is made for them, and no database asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone

from lessons import catalogue
from lessons.activities.predict.schema import Item, Predict
from lessons.activities.predict.states import States
from lessons.models import Prediction, Reconciliation, Vote
from lessons.stage import StageView

pytestmark = pytest.mark.pure

ALONE, LED = StageView(is_led=False, token=""), StageView(is_led=True, token="")
NOW = timezone.now()
SEALED = {1: Prediction(choice="zigzags")}
LOOKED, SAW = Reconciliation(), Reconciliation(saw="bounces")
RECONCILED = Reconciliation(saw="bounces", idea="pattern", reconciled_at=NOW)


def states(activity: str = "rates", stage: StageView = ALONE, **facts: Any) -> States:
    found = catalogue.all_lessons()["data-rules-everything"].lesson.activity(activity)
    assert isinstance(found, Predict)
    given: Mapping[str, Any] = {"mine": {}, "met": {}, "told": {}} | facts
    return States(found.for_member("", "half"), activity, stage, **given)


def item(now: States, key: str) -> Item:
    return next(each for each in now.activity.every_item() if each.key == key)


def test_alone_a_question_goes_from_its_form_to_done_by_one_seal() -> None:
    before, after = states(), states(mine={"half-a": SEALED})

    assert before.state_of(item(before, "half-a")) == "form"
    assert after.state_of(item(after, "half-a")) == "done"


@pytest.mark.parametrize(
    ("stage", "mine", "state"),
    [
        (LED, {}, "closed"),
        (replace(LED, votes={("rates", "half-a"): (Vote(round=1),)}), {}, "form"),
        (replace(LED, votes={("rates", "half-a"): (Vote(round=1),)}), SEALED, "sealed"),
        (replace(LED, votes={("rates", "half-a"): (Vote(round=1, closed_at=NOW), Vote(round=2))}), SEALED, "form"),
        (replace(LED, reveals={("rates", "half-a"): NOW - timedelta(seconds=1)}, now=NOW), SEALED, "done"),
        (replace(LED, reveals={("rates", "half-a"): NOW + timedelta(seconds=1)}, now=NOW), SEALED, "sealed"),
    ],
)
def test_in_a_led_class_the_stage_decides(stage: StageView, mine: Mapping[int, Prediction], state: str) -> None:
    now = states(stage=stage, mine={"half-a": mine} if mine else {})

    assert now.state_of(item(now, "half-a")) == state


@pytest.mark.parametrize(("met", "state"), [({}, "look"), ({"half-c": LOOKED}, "look"), ({"half-c": SAW}, "reconcile")])
def test_a_full_cycle_opens_no_transfer_question_before_it_is_reconciled(
    met: Mapping[str, Reconciliation], state: str
) -> None:
    now = states(mine={"half-c": SEALED}, met=met)

    assert now.state_of(item(now, "half-c")) == state
    assert not now.is_open(item(now, "half-edge"))


def test_the_transfer_question_opens_with_the_reconciled_cycle_and_closes_it_with_its_seal() -> None:
    reconciled = states(mine={"half-c": SEALED}, met={"half-c": RECONCILED})
    answered = replace(reconciled, mine={"half-c": SEALED, "half-edge": SEALED})

    assert reconciled.is_open(item(reconciled, "half-edge"))
    assert not reconciled.is_done(item(reconciled, "half-c"))
    assert answered.is_done(item(answered, "half-c"))


def test_what_a_look_opens_is_open_while_it_is_being_looked_at() -> None:
    mine = {"recall": SEALED, "absorber": SEALED}
    told: dict[str, Any] = {"recall": None, "absorber": None}
    now = states("bias-guess", mine=mine, met={"headline": RECONCILED, "ship": LOOKED}, told=told)
    absorber = item(now, "absorber")

    assert absorber.after == "recall"
    assert now.state_of(absorber) == "held"
    assert replace(now, looked_at="recall").state_of(absorber) == "done"


def test_a_guess_waits_for_its_run() -> None:
    now = states("u-curve-guess", mine={"lowest": SEALED})

    assert now.state_of(item(now, "lowest")) == "run"
    assert replace(now, told={"lowest": None}).state_of(item(now, "lowest")) == "done"


def test_a_rate_on_the_slider_is_kept_back_while_its_question_is_open() -> None:
    rate, mine = Fraction("4/15"), {"half-c": SEALED}
    asked = item(states(), "half-c")

    assert states().asks_about(rate) == asked
    assert states().asks_about(rate * Fraction("1.01")) == asked
    assert states().asks_about(rate * Fraction("1.03")) is None
    assert states(mine=mine).asks_about(rate) is None
    assert states(mine=mine, stage=LED).asks_about(rate) == asked
