"""Explanations, as a synthetic student writes them."""

from __future__ import annotations

from lessons.activities.explain.schema import Explain
from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn

SENTENCES = (
    "The curve starts to follow the dots it was trained on. New dots are somewhere else, so the error there grows.",
    "It learns the noise by heart. That helps with the old points and hurts with new ones.",
    "Training error always falls when the model gets stronger. It says nothing about points that it has never seen.",
    "Too much power: it wiggles through every dot, and between the dots it is far off.",
)


class ExplainPlayer(Player[Explain]):
    def move(self, turn: Turn, part: Part, activity: Explain) -> str:
        sheet = turn.page(part, activity).sheet
        if not sheet.is_open or sheet.text:
            return ""
        return turn.submit(activity, 1, {"text": turn.rng.choice(SENTENCES)}, "text")
