"""Questions to predict, as a synthetic student answers them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from lessons.activities.predict import answers, sealing
from lessons.activities.predict.page import ItemView
from lessons.activities.predict.schema import Item, Number, Predict
from lessons.authoring.lesson import Part
from lessons.maths import values
from rehearsal.players.base import Player, Turn

BECAUSE = (
    "it looked like that before",
    "the step is so small",
    "bigger steps get there sooner",
    "just a feeling",
    "my neighbour and I talked about it",
)


class PredictPlayer(Player[Predict]):
    def move(self, turn: Turn, part: Part, activity: Predict) -> str:
        sheet = turn.page(part, activity).sheet
        shown = sheet.item or _chosen(turn, part, activity, sheet.lines)
        if shown is not None and (did := _answer(turn, activity, shown)):
            return did
        if sheet.next is None or (shown and sheet.next.key == shown.key):
            return ""
        other = turn.page(part, activity, item=sheet.next.key).sheet.item
        return _answer(turn, activity, other) if other else ""

    def vote(self, turn: Turn, part: Part, activity: Predict, item: str) -> str:
        shown = turn.page(part, activity, item=item).sheet.item
        return _seal(turn, activity, shown) if shown and shown.key == item and shown.state == "form" else ""


def _chosen(turn: Turn, part: Part, activity: Predict, lines: Sequence[Any]) -> ItemView | None:
    """Take a case from the shelf."""
    free = [line.key for line in lines if line.state in ("form", "look", "reconcile") and not line.is_extra]
    return turn.page(part, activity, item=turn.rng.choice(free), open=True).sheet.item if free else None


def _answer(turn: Turn, activity: Predict, shown: ItemView) -> str:
    """Seal, look or reconcile, whatever a question waits for."""
    if shown.state == "form":
        return _seal(turn, activity, shown)
    may_look = shown.undo is not None and shown.undo.then_reveals  # they never mis-tap
    if may_look or (shown.reveal is not None and shown.reveal.is_fresh):
        sealing.open_reveal(turn.membership, turn.lesson, activity.key, shown.key)
        return "look"
    if shown.state == "look" and shown.looking:
        saw = turn.rng.choice(shown.looking.options)[0]
        sealing.reconcile(turn.membership, turn.lesson, activity.key, shown.key, saw=saw)
        return "reconcile"
    if shown.state == "reconcile" and shown.looking:
        idea = turn.rng.choice(shown.looking.ideas).key
        sealing.reconcile(turn.membership, turn.lesson, activity.key, shown.key, idea=idea)
        return "reconcile"
    return ""


def _seal(turn: Turn, activity: Predict, shown: ItemView) -> str:
    met = turn.as_met(activity)
    found = answers.find_item(met, shown.key)
    if found is None:
        return ""
    item, __ = found
    choice, is_right = _choice(turn, met, item)
    # Whoever is right is sure more often, and some are sure and wrong.
    weights = (1, 3, 4) if is_right else (3, 4, 2)
    sealing.seal(
        turn.membership,
        turn.lesson,
        activity.key,
        client_id=turn.client_id(),
        item=item.key,
        round_=shown.round,
        choice=choice,
        second=turn.rng.choice(item.second.choices).key if item.second else "",
        confidence=turn.rng.choices(("guess", "think_so", "sure"), weights)[0],
        because=turn.rng.choice(BECAUSE) if turn.rng.random() < 0.25 else "",
    )
    return "seal"


def _choice(turn: Turn, activity: Predict, item: Item) -> tuple[str, bool]:
    if item.number is not None:
        return _number(turn, item.number), False
    right = sorted(answers.truth(activity, turn.rule, item).right)
    if right and turn.rng.random() < 0.25 + 0.5 * turn.who.skill:
        return turn.rng.choice(right), True
    return turn.rng.choice(item.choices).key, False


def _number(turn: Turn, number: Number) -> str:
    """A number around a third or two thirds of the scale, where guesses gather."""
    low, high = float(number.min), float(number.max)
    wish = low + (high - low) * turn.rng.gauss(turn.rng.choice((0.35, 0.7)), 0.12)
    steps = round((min(max(wish, low), high) - low) / float(number.step))
    return values.show(min(number.min + steps * number.step, Fraction(number.max)))
