"""An estimate, as a synthetic student makes it."""

from __future__ import annotations

from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn
from tests.activities.estimate.schema import Estimate

WHY = "A talk has a hundred words a minute."


class EstimatePlayer(Player[Estimate]):
    def move(self, turn: Turn, part: Part, activity: Estimate) -> str:
        return turn.submit(
            activity,
            1,
            {"number": str(turn.rng.randrange(2000)), "text": WHY},
            "text",
        )
