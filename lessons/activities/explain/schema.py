"""An explanation: what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from lessons.authoring.base import AnyActivity, Asks, Line, Loc, MarkdownFile, Sealed, Slug
from lessons.authoring.lesson import Lesson


class Explain(AnyActivity):
    """A question to be answered in one to three sentences of one's own, which an instructor reads.

    The `closing` gives our own words, once somebody has sent theirs.
    """

    type: Literal["explain"]
    question: Line
    asks: Asks = ()
    closing: Sealed[MarkdownFile | None] = None
    # The experiment whose run comes first.
    after: Slug | None = None

    @property
    def rubric(self) -> tuple[str, ...]:
        return self.asks

    @property
    def comes_after(self) -> str | None:
        return self.after

    def faults(self, lesson: Lesson) -> Iterator[tuple[Loc, str]]:
        beside = next(part.activities for part in lesson.parts if self in part.activities)
        if lesson.activity(self.after) and self.after not in [each.key for each in beside]:
            yield ("after",), f"“{self.after}” is in another part"

    @property
    def is_read(self) -> bool:
        return True
