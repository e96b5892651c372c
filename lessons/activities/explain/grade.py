"""Taking an explanation: it is kept, and waits for its reader."""

from __future__ import annotations

from lessons.activities.base import Sent, Verdict
from lessons.texts import versions


def grade(sent: Sent) -> Verdict:
    """Keep an explanation."""
    answer = {"text": versions.read(sent.answer)}
    return versions.handed_in(sent.standing, answer, {"text": answer["text"]})
