"""A drawing of runs: its lines, and its labels, each where it crosses the fewest lines and lies on no other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lessons.drawing.axes import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Axis
from lessons.drawing.frame import Frame, Point
from lessons.drawing.marks import Leg, Mark

STEPS = 10  # that are drawn one by one
REACH = 2.2  # times as far from the best w as the start is: where drawings of w end, the sketches of a guess included

MOST_CROSSED = 2  # lines through a label
LETTER = 8.3  # pixels, at the size that narrow columns get

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Trace:
    """One run in one drawing; `look` is ``first`` or ``second``."""

    look: str
    legs: tuple[Leg, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Drawing:
    """`key` is ``steps`` or ``valley``; `curve` and `guess` are paths, empty where there is none.

    `target` is the height of the best w, where that is a height. `summary` says what is drawn, and judges nothing.
    """

    key: str
    title: str
    summary: str
    x_name: str
    x_axis: Axis
    y_axis: Axis
    curve: str
    guess: str
    traces: tuple[Trace, ...]
    target: float | None = None
    target_name: str = ""
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass
class Labels:
    """Where writing stands already, and the lines that it had better not cross."""

    taken: list[Box]
    lines: Sequence[tuple[Point, Point]]
    most_crossed: int = MOST_CROSSED

    def write(self, mark: Mark, wishes: Sequence[tuple[float, float, str]]) -> Mark:
        """Put a mark's label at the wish that crosses the fewest lines; without room, leave it out."""
        width = LETTER * len(mark.label)
        room: list[tuple[int, int, Box, tuple[float, float, str]]] = []
        for x, y, anchor in wishes if mark.label else ():
            left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            box = (left, y - 13, left + width, y + 4)
            is_inside = box[0] >= LEFT - 2 and box[2] <= RIGHT + 8 and box[1] >= 0 and box[3] <= BOTTOM
            n_crossed = self._crossed(box)
            if is_inside and n_crossed <= self.most_crossed and not any(_overlap(box, other) for other in self.taken):
                room.append((n_crossed, len(room), box, (x, y, anchor)))
        if not room:
            return replace(mark, label="")
        _n, _wish, box, (x, y, anchor) = min(room)
        self.taken.append(box)
        return replace(mark, label_x=round(x, 2), label_y=round(y, 2), anchor=anchor)

    def _crossed(self, box: Box) -> int:
        return sum(
            any(_holds(box, a, b, i / 24) for i in range(25)) for a, b in self.lines if not _is_beside(box, a, b)
        )


def _is_beside(box: Box, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether a line lies on one side of a box as a whole, as nearly all do."""
    return (
        max(a[0], b[0]) <= box[0] or min(a[0], b[0]) >= box[2] or max(a[1], b[1]) <= box[1] or min(a[1], b[1]) >= box[3]
    )


def _holds(box: Box, a: tuple[float, float], b: tuple[float, float], share: float) -> bool:
    x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
    return box[0] < x < box[2] and box[1] < y < box[3]


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def when(k: int) -> float:
    """When a step begins: the first ones, which tell the story, take longer than the later ones."""
    return round(math.pow(k / STEPS, 0.7), 3)


def legs(path: Sequence[Point], frame: Frame) -> tuple[Leg, ...]:
    """The lines of the steps from one place to the next, as far as they lie inside."""
    pieces = [(k, frame.cut(path[k - 1], path[k])) for k in range(1, len(path))]
    return tuple(
        Leg(*piece[0], *piece[1], when(k - 1), when(k)) for k, piece in pieces if piece and math.dist(*piece) > 0.5
    )


def exit_of(path: Sequence[Point], k: int, frame: Frame) -> Point | None:
    """Where the line to step k leaves; nowhere, if the step is inside, or none of its line is."""
    if not k or frame.holds(path[k]):
        return None
    piece = frame.cut(path[k - 1], path[k])
    return piece[1] if piece else None


def legs_of(traces: Sequence[Trace]) -> list[tuple[Point, Point]]:
    return [((leg.x1, leg.y1), (leg.x2, leg.y2)) for trace in traces for leg in trace.legs]
