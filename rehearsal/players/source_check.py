"""Source checks, as a hurried synthetic student fills them in."""

from __future__ import annotations

from lessons.activities.source_check.schema import SourceCheck
from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn


class SourceCheckPlayer(Player[SourceCheck]):
    def move(self, turn: Turn, part: Part, activity: SourceCheck) -> str:
        if turn.page(part, activity).sheet.words.text:
            return ""
        stamp = turn.rng.choice(("accept", "revise", "reject"))
        supplied = activity.answers[0].key if activity.answers else ""
        return turn.submit(activity, 1, filled_in(supplied, stamp), "text")


def filled_in(supplied: str, stamp: str) -> dict[str, str]:
    """A source check on one of the answers that the lesson supplies, with what its stamp asks for."""
    sources = {
        f"{name}_{n}": text
        for n, who in ((1, "City library"), (2, "Museum of computing"))
        for name, text in {
            "who": who,
            "when": "2024",
            "passage": f"As {who} prints it, word for word.",
            "where": f"{who}, catalogue",
            "stance": {"accept": "supports", "revise": "unclear", "reject": "contradicts"}[stamp],
        }.items()
    }
    if stamp == "revise":
        sources["stance_1"] = "supports"
    own = {} if supplied else {"assistant": "ChatGPT", "question": "Is it so?"}
    return {
        **sources,
        **own,
        "supplied": supplied,
        "claim": "It is just as the assistant says.",
        "independent": "yes",
        "stamp": stamp,
        "corrected": "It is so only in part." if stamp == "revise" else "",
    }
