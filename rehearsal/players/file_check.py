"""Files to be counted: a synthetic student has none."""

from __future__ import annotations

from lessons.activities.file_check.schema import FileCheck
from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn


class FileCheckPlayer(Player[FileCheck]):
    def move(self, turn: Turn, part: Part, activity: FileCheck) -> str:
        if turn.page(part, activity).sheet.has_none:
            return ""
        return turn.submit(activity, 1, {"none": True}, "look")
