"""Reading, as a synthetic student does it."""

from __future__ import annotations

from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn


class ReadingPlayer(Player[AnyActivity]):
    def move(self, turn: Turn, part: Part, activity: AnyActivity) -> str:
        return turn.submit(activity, 1, {}, "look")
