"""Marks on a drawing, the legs between them, and an axis of powers of ten."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.drawing.axes import SUPERSCRIPTS, Axis


@dataclass(frozen=True)
class Powers(Axis):
    """An axis of powers of ten, with a line for each of them."""

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        powers = range(round(self.low), round(self.high) + 1)
        return tuple((self.at(k), f"10{str(k).translate(SUPERSCRIPTS)}" if k else "1") for k in powers)


@dataclass(frozen=True)
class Leg:
    """The line of one step. It is drawn from `begins` to `ends`, as shares of the time that the drawing takes."""

    x1: float
    y1: float
    x2: float
    y2: float
    begins: float = 0
    ends: float = 1


@dataclass(frozen=True)
class Mark:
    """A dot: what it says on hover and focus, when it appears, and its label, empty where there is no room.

    What lies outside the drawing has a `head` instead: the arrow's by which its line leaves.
    """

    x: float
    y: float
    says: str
    begins: float
    label: str = ""
    label_x: float = 0
    label_y: float = 0
    anchor: str = "start"
    is_focusable: bool = True
    head: str = ""
