"""An estimate: what is to be estimated, and in which unit."""

from __future__ import annotations

from typing import Literal

from lessons.authoring.base import AnyActivity, Asks, Line


class Estimate(AnyActivity):
    type: Literal["estimate"]
    quantity: Line
    unit: Line
    asks: Asks = ()

    @property
    def is_read(self) -> bool:
        return True

    @property
    def rubric(self) -> tuple[str, ...]:
        return self.asks
