"""An explanation: what is asked."""

from __future__ import annotations

from typing import Literal

from lessons.authoring.base import AnyActivity, Asks, Line, Slug


class Explain(AnyActivity):
    """A question to be answered in one to three sentences of one's own, which an instructor reads."""

    type: Literal["explain"]
    question: Line
    asks: Asks = ()
    # The experiment whose run comes first.
    after: Slug | None = None

    @property
    def rubric(self) -> tuple[str, ...]:
        return self.asks

    @property
    def comes_after(self) -> str | None:
        return self.after

    @property
    def is_read(self) -> bool:
        return True
