"""Axis of a model's powers, its names for them, and what both drawings of errors against it share."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lessons.activities.measures import Result
from lessons.drawing.axes import LEFT, RIGHT, in_digits

MIDDLE_OF_TARGET = 0.45  # the error of a model with no power at all, about: what the linear scale has room for


@dataclass(frozen=True)
class Places:
    """An axis with one place for each power, from little to much."""

    values: tuple[int, ...]
    start: float = LEFT + 10
    end: float = RIGHT - 6

    def at(self, value: float) -> float:
        """The pixel of a power; one between two of them lies between their places."""
        order = self.values if self.values[0] <= self.values[-1] else tuple(-v for v in self.values)
        wanted = value if self.values[0] <= self.values[-1] else -value
        below = max((i for i, each in enumerate(order) if each <= wanted), default=0)
        above = min(below + 1, len(order) - 1)
        gap = order[above] - order[below]
        share = (wanted - order[below]) / gap if gap else 0.0
        place = (below + min(max(share, 0.0), 1.0)) / max(len(order) - 1, 1)
        return round(self.start + place * (self.end - self.start), 2)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        return tuple((self.at(value), str(value)) for value in self.values)


def name_of_power(result: Result) -> str:
    names = {"polynomial": _("degree"), "tree": _("depth of the tree")}
    return names.get(result["model"], _("k, falling: more capacity to the right"))


def at_power(model: str, power: int) -> str:
    names = {"polynomial": _("degree %(n)s"), "tree": _("depth %(n)s")}
    return names.get(model, _("k\u00a0=\u00a0%(n)s")) % {"n": power}


def linear_top(noise: float) -> float:
    """Round, and the same for runs of about the same noise."""
    return math.ceil((MIDDLE_OF_TARGET + 2 * noise**2) * 5) / 5


def short(value: float) -> str:
    """An error in as many digits as can be compared."""
    if value >= 1000:
        return in_digits(round(value))
    return in_digits(round(value, 1 if value >= 10 else 2 if value >= 0.1 else 3))
