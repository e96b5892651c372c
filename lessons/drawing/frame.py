"""Frame of a drawing: what of a line lies inside it, and where a line that goes on outside leaves it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lessons.drawing.axes import path_of

Point = tuple[float, float]  # in pixels
HEAD = 4  # pixels from the middle of an arrow's foot to each of its ends


class Ends(Protocol):
    """An axis, as far as a frame is concerned."""

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


@dataclass(frozen=True)
class Frame:
    """Edges of a drawing in pixels. Nothing is drawn beyond them, and nothing at them that lies beyond."""

    start: float
    end: float
    top: float
    bottom: float

    @classmethod
    def of(cls, x_axis: Ends, y_axis: Ends) -> Frame:
        (start, end), (top, bottom) = sorted((x_axis.start, x_axis.end)), sorted((y_axis.start, y_axis.end))
        return cls(start, end, top, bottom)

    def holds(self, point: Point) -> bool:
        return self.start <= point[0] <= self.end and self.top <= point[1] <= self.bottom

    def cut(self, a: Point, b: Point) -> tuple[Point, Point] | None:
        """The stretch of a straight line that lies inside, from the end nearer to `a`; None if none of it does.

        Notes
        -----
        Liang and Barsky (1984): each edge allows the shares of the way from a to b at which the line is inside of it.

        Examples
        --------
        >>> Frame(0, 10, 0, 10).cut((5, 5), (5, 25))
        ((5, 5), (5.0, 10.0))
        >>> Frame(0, 10, 0, 10).cut((5, -5), (5, -25)) is None
        True
        """
        enters, leaves = 0.0, 1.0
        for which, low, high in ((0, self.start, self.end), (1, self.top, self.bottom)):
            way = b[which] - a[which]
            if not way and not low <= a[which] <= high:
                return None
            if way:
                first, last = sorted(((low - a[which]) / way, (high - a[which]) / way))
                enters, leaves = max(enters, first), min(leaves, last)
        if enters > leaves:
            return None

        def at(share: float) -> Point:
            return round(a[0] + share * (b[0] - a[0]), 2), round(a[1] + share * (b[1] - a[1]), 2)

        return (a if enters == 0 else at(enters)), (b if leaves == 1 else at(leaves))

    def path(self, points: Sequence[Point]) -> str:
        """The path of a line through these points, interrupted where it is outside."""
        lines: list[list[Point]] = []
        for a, b in itertools.pairwise(points):
            piece = self.cut(a, b)
            if piece is None:
                continue
            if lines and lines[-1][-1] == piece[0]:
                lines[-1].append(piece[1])
            else:
                lines.append(list(piece))
        return " ".join(path_of(line) for line in lines)

    def rim(self, points: Sequence[Point]) -> list[Point]:
        """The rim of an area: a line that runs along the frame while it is above or below."""
        kept = list(points[:1])
        for a, b in itertools.pairwise(points):
            kept += self.cut(a, b) or ()
            kept.append(b)
        return [(x, min(max(y, self.top), self.bottom)) for x, y in kept]

    def head(self, at: Point) -> str:
        """The head of the arrow by which a line leaves at this place of an edge, pointing out."""
        x, y = at
        if y in (self.top, self.bottom):
            way = -1 if y == self.top else 1
            return f"M{x - HEAD} {y - 2 * HEAD * way} L{x + HEAD} {y - 2 * HEAD * way} L{x} {y} Z"
        way = -1 if x == self.start else 1
        return f"M{x - 2 * HEAD * way} {y - HEAD} L{x - 2 * HEAD * way} {y + HEAD} L{x} {y} Z"
