"""The run that a learning rate makes, drawn twice: as jumps in the valley, and as the distance to the best w.

Both drawings have axes that depend on the data and the start and never on the rate: axes that stretch to fit hide the
very difference that is asked about. What lies outside is drawn at the edge and keeps its true number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.predict.maths import rates
from lessons.activities.predict.maths.rates import Breakdown
from lessons.drawing.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    SUBSCRIPTS,
    TOP,
    WIDTH,
    Axis,
    as_float,
    in_digits,
    in_full,
    in_powers,
    path_of,
)
from lessons.drawing.marks import Leg, Mark, Powers
from lessons.maths import losses, values
from lessons.maths.descent import Problem

REACH = 2.1  # times as far from the best w as the start is
DRAWN_STEPS = 12
FOCUSABLE = 13  # dots in one drawing
LOG_STEPS = (0, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 50)
ROW_STEPS = (*range(13), 20, 30, 40, 50)
LOWEST_POWER, HIGHEST_POWER, LAST_STEP = -4, 4, 50
SAME_PLACE = 4  # pixels
SMALL = 0.0001
VALLEY_TOP = TOP + 16  # room under the title for the names of what lies outside
MOST_CROSSED = 2  # lines through a label
LETTER = 8.3  # pixels, at the size that narrow columns get

SKETCH_BOX = "0 0 96 48"
SKETCH_TARGET = 24  # the height of the line that w should reach
SKETCH_AWAY, SKETCH_EDGE, SKETCH_STEPS = 10, 2, 9


@dataclass(frozen=True)
class Trace:
    """One run in one drawing; `look` is ``first`` or ``second``."""

    look: str
    legs: tuple[Leg, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Drawing:
    """`key` is ``valley`` or ``log``; `curve` and `guess` are paths, empty where there is none."""

    key: str
    title: str
    summary: str
    x_name: str
    x_axis: Axis
    y_axis: Axis
    curve: str
    guess: str
    traces: tuple[Trace, ...]
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class RateRun:
    """What is said about one learning rate; `honest` is empty unless the run explodes."""

    look: str
    rate: str
    outcome: str
    summary: str
    honest: str


@dataclass(frozen=True)
class RateChart:
    """`rows` are (step, ((w, loss) for each run))."""

    valley: Drawing
    log: Drawing
    runs: tuple[RateRun, ...]
    rows: tuple[tuple[int, tuple[tuple[str, str], ...]], ...]
    has_guess: bool
    guess_name: str

    @property
    def drawings(self) -> tuple[Drawing, Drawing]:
        return self.valley, self.log


def rate_chart(
    problems: Sequence[Problem], start: Fraction, *, guess: Fraction | None = None, guess_name: str = ""
) -> RateChart:
    """Draw what one learning rate does, or two on the same data.

    Parameters
    ----------
    problems : one or two, alike but for the learning rate
    guess : the rho of the outcome that was predicted, drawn dotted as the run it would make from the same start
    guess_name : that outcome as the page names it

    Raises
    ------
    ValueError
        If there are none or more than two problems, if their data or rules differ, or if every x is 0.
    """
    if len({(problem.x, problem.y, problem.rule) for problem in problems}) != 1 or len(problems) > 2:
        raise ValueError(f"one or two learning rates on the same data can be drawn, not {problems}")
    is_pair = len(problems) == 2
    views = [_View(problem, start, look, is_pair) for problem, look in zip(problems, ("first", "second"), strict=False)]
    runs = tuple(_run(view) for view in views)
    return RateChart(
        valley=_valley(views, guess, " ".join(run.summary for run in runs)),
        log=_log(views, guess),
        runs=runs,
        rows=tuple((k, tuple((in_full(view.w(k)), in_digits(view.loss(k))) for view in views)) for k in ROW_STEPS),
        has_guess=guess is not None,
        guess_name=guess_name,
    )


def sketch(shrinks_by: Fraction) -> str:
    """Return the path of w against steps, in `SKETCH_BOX`, towards the line at height `SKETCH_TARGET`.

    The start is equally far from the line in every sketch. A run that leaves the box ends when it would leave it
    for the second time.
    """
    points: list[tuple[float, float]] = []
    n_outside = 0
    for k in range(SKETCH_STEPS + 1):
        y = SKETCH_TARGET + SKETCH_AWAY * float(shrinks_by) ** k
        inside = min(max(y, SKETCH_EDGE), 2 * SKETCH_TARGET - SKETCH_EDGE)
        points.append((round(4 + 88 * k / SKETCH_STEPS, 2), round(inside, 2)))
        n_outside += y != inside
        if n_outside == 2:
            break
    return path_of(points)


def show_rate(rate: Fraction) -> str:
    """Write a learning rate: as a decimal where that ends, else as a fraction.

    Examples
    --------
    >>> show_rate(Fraction(4, 15)), show_rate(Fraction("0.05")), show_rate(Fraction(1))
    ('4/15', '0.05', '1')
    """
    rest, n_decimals = rate.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        n_decimals = max(n_decimals, count)
    return values.show(rate, n_decimals) if rest == 1 else f"{rate.numerator}/{rate.denominator}"


@dataclass(frozen=True)
class _View:
    """One run, and the numbers that are said about it."""

    problem: Problem
    start: Fraction
    look: str
    is_one_of_two: bool

    @property
    def rho(self) -> Fraction:
        return rates.shrinks_by(self.problem)

    @property
    def best(self) -> Fraction:
        return rates.best(self.problem)

    @property
    def rate(self) -> str:
        return show_rate(self.problem.learning_rate)

    @property
    def n_focusable(self) -> int:
        """How many of its dots can be reached: a pair shares them, and the start belongs to the first."""
        if not self.is_one_of_two:
            return FOCUSABLE
        return FOCUSABLE // 2 + (self.look == "first")

    def w(self, k: int) -> Fraction:
        return rates.w_after(self.problem, self.start, k)

    def loss(self, k: int) -> float:
        return as_float(losses.loss(self.problem, self.w(k)))

    def named(self, text: str) -> str:
        return f"{self.rate}: {text}" if self.is_one_of_two else text


def _run(view: _View) -> RateRun:
    outcome = rates.outcome(view.problem, view.start)
    broken = rates.breakdown(view.problem, view.start)
    return RateRun(view.look, view.rate, outcome, _summary(view, outcome), _honest(broken) if broken else "")


def _summary(view: _View, outcome: str) -> str:
    n_settled = rates.steps_to_settle(view.problem, view.start) or 0
    said = {
        "rate": view.rate,
        "best": in_full(view.best),
        "start": in_full(view.start),
        "first": in_full(view.w(1)),
        "ten": in_full(view.w(10)),
        "fifty": in_full(view.w(50)),
        "loss": in_digits(view.loss(1)),
        "n": f"{n_settled:,}" if n_settled < 10**9 else in_powers(as_float(Fraction(n_settled))),
    }
    if view.start == view.best:
        return _("With learning rate %(rate)s w stays where it starts, at the best value %(best)s.") % said
    sentences = {
        "crawls": _("With learning rate %(rate)s w crawls: after 50 steps it is at %(fifty)s, and %(best)s is best."),
        "settles": ngettext(
            "With learning rate %(rate)s w comes closer from one side: after %(n)s step it is within 0.01 of %(best)s.",
            "With learning rate %(rate)s w comes closer from one side: after %(n)s steps it is within 0.01 of "
            "%(best)s.",
            n_settled,
        ),
        "one-jump": _(
            "With learning rate %(rate)s w jumps to the best value %(best)s in one step and stays; the loss is "
            "%(loss)s."
        ),
        "zigzags": ngettext(
            "With learning rate %(rate)s w jumps from side to side and comes closer each time: after %(n)s step it is "
            "within 0.01 of %(best)s.",
            "With learning rate %(rate)s w jumps from side to side and comes closer each time: after %(n)s steps it is "
            "within 0.01 of %(best)s.",
            n_settled,
        ),
        "bounces": _(
            "With learning rate %(rate)s w jumps between %(start)s and %(first)s for ever; the loss stays at %(loss)s."
        ),
        "explodes": _(
            "With learning rate %(rate)s each step lands farther from %(best)s: w is at %(ten)s after 10 steps and at "
            "%(fifty)s after 50."
        ),
    }
    return sentences[outcome] % said


def _honest(broken: Breakdown) -> str:
    """Say where the numbers of a real computer end."""
    if broken.loss_infinite is None:
        return _(
            "A computer that goes on needs more than 20,000 steps until the loss is Infinity; NaN comes later still."
        )
    said = {"loss": f"{broken.loss_infinite:,}", "w": f"{broken.w_infinite or 0:,}", "nan": f"{broken.w_nan or 0:,}"}
    if broken.w_infinite is None or broken.w_nan is None:
        text = _("A computer that goes on gets Infinity for the loss at step %(loss)s, far later for w, and then NaN.")
    else:
        text = _(
            "A computer that goes on gets Infinity for the loss at step %(loss)s, for w at step %(w)s, and NaN from "
            "step %(nan)s on."
        )
    return text % said


def _valley(views: Sequence[_View], guess: Fraction | None, summary: str) -> Drawing:
    """Draw each step as a jump from one place of the loss curve to another."""
    problem, start, lowest = views[0].problem, views[0].start, views[0].best
    best, floor = as_float(lowest), as_float(losses.loss(problem, lowest))
    reach = REACH * abs(as_float(start - lowest)) or 1.0
    climb = as_float(rates.curvature(problem)) / 2 * reach * reach
    x_axis = Axis.over(best - reach, best + reach, LEFT, RIGHT)
    # The room below the floor is for the labels there.
    y_axis = Axis.over(floor - 0.17 * climb, floor + climb, BOTTOM, VALLEY_TOP)

    def place(away: Fraction) -> tuple[float, float]:
        t = as_float(away) / reach
        return x_axis.at(best + t * reach), y_axis.at(floor + min(t * t, 1.0) * climb)

    paths = [[place(view.w(k) - lowest) for k in range(DRAWN_STEPS + 1)] for view in views]
    n_seen = max((k for path in paths for k in range(1, DRAWN_STEPS + 1) if _moves(path, k)), default=1)
    traces = [
        Trace(view.look, _legs(path, n_seen), _valley_marks(view, path, x_axis, n_seen))
        for view, path in zip(views, paths, strict=True)
    ]
    shares = [i / 30 - 1 for i in range(61)]
    curve = [(x_axis.at(best + t * reach), y_axis.at(floor + t * t * climb)) for t in shares]
    title = _("loss = half the mean squared error") if problem.rule == "half" else _("loss = the mean squared error")
    return Drawing(
        key="valley",
        title=title,
        summary=summary,
        x_name="w",
        x_axis=x_axis,
        y_axis=y_axis,
        curve=path_of(curve),
        guess="" if guess is None else path_of([place(guess**k * (start - lowest)) for k in range(DRAWN_STEPS + 1)]),
        traces=_labelled(traces, curve, title),
    )


def _moves(path: Sequence[tuple[float, float]], k: int) -> bool:
    return math.dist(path[k - 1], path[k]) > 0.5


def _legs(path: Sequence[tuple[float, float]], n_seen: int) -> tuple[Leg, ...]:
    return tuple(
        Leg(*path[k - 1], *path[k], _when(k - 1, n_seen), _when(k, n_seen))
        for k in range(1, n_seen + 1)
        if _moves(path, k)
    )


def _when(k: int, n: int) -> float:
    """When a step begins: the first ones, which tell the story, take longer than the later ones."""
    return round(math.pow(min(k / n, 1.0), 0.7), 3)


def _valley_marks(view: _View, path: Sequence[tuple[float, float]], x_axis: Axis, n_seen: int) -> tuple[Mark, ...]:
    """Put a dot at each step, one dot for steps that fall into one place."""
    places: list[list[int]] = []
    for k in range(DRAWN_STEPS + 1):
        at = next((steps for steps in places if math.dist(path[steps[0]], path[k]) < SAME_PLACE), None)
        if at is None:
            places.append([k])
        else:
            at.append(k)
    if view.look == "second":
        places = [[k for k in steps if k] for steps in places if steps != [0]]
    return tuple(
        Mark(
            *path[steps[0]],
            says=view.named(_said(view, steps, x_axis)),
            begins=_when(steps[0], n_seen),
            label=_name(view, _named_step(view, steps), x_axis),
            is_focusable=number < view.n_focusable,
        )
        for number, steps in enumerate(places)
    )


def _named_step(view: _View, steps: Sequence[int]) -> int:
    """Of the steps in one place, the one that is named: the last where w comes to rest, else the first."""
    return steps[-1] if steps[-1] == DRAWN_STEPS and 0 < abs(view.rho) < 1 else steps[0]


def _said(view: _View, steps: Sequence[int], x_axis: Axis) -> str:
    names = [_name(view, k, x_axis) for k in steps]
    if len(steps) == 1:
        return _("%(label)s, loss %(loss)s") % {"label": names[0], "loss": in_digits(view.loss(steps[0]))}
    return f"{names[0]}, {names[1]}" if len(steps) == 2 else f"{names[0]} … {names[-1]}"


def _name(view: _View, k: int, x_axis: Axis) -> str:
    w = view.w(k)
    number = "".join(SUBSCRIPTS[int(digit)] for digit in str(k))
    arrow = "" if x_axis.holds(as_float(w)) else (" →" if w > view.best else " ←")
    return f"w{number} = {in_full(w)}{arrow}"


def _labelled(traces: Sequence[Trace], curve: Sequence[tuple[float, float]], title: str) -> tuple[Trace, ...]:
    """Label the start, the first step, the last place and those at the edge, where there is room."""
    dots = [(mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5) for trace in traces for mark in trace.marks]
    page = _Page([(LEFT, 0, LEFT + LETTER * len(title), 18), *dots], [*_legs_of(traces), *itertools.pairwise(curve)])
    marks = [list(trace.marks) for trace in traces]
    for those in marks:
        outside = [j for j, mark in enumerate(those) if mark.label[-1] in "←→"]
        wanted = dict.fromkeys([0, len(those) - 1, 1, *outside])
        for j in wanted:
            if 0 <= j < len(those):
                those[j] = page.write(those[j], _beside_valley(those[j]))
        those[:] = [mark if j in wanted else replace(mark, label="") for j, mark in enumerate(those)]
    return tuple(replace(trace, marks=tuple(those)) for trace, those in zip(traces, marks, strict=True))


def _beside_valley(mark: Mark) -> list[tuple[float, float, str]]:
    """Where a label may stand: outside the valley, under its floor, inside, or above where a wall ends."""
    from_middle = mark.x - (LEFT + RIGHT) / 2
    side = 1 if from_middle > 0 else -1
    out, inwards = ("start", "end") if side > 0 else ("end", "start")
    if abs(from_middle) < 25:
        return [(mark.x, mark.y + 20, "middle"), *((mark.x + right * side, mark.y + 20, out) for right in (4, 20, 36))]
    above = [(mark.x - 4 * side, mark.y - 8, inwards)] if mark.y < VALLEY_TOP + 1 else []
    outside = [(mark.x + right * side, mark.y + down, out) for right, down in ((11, 13), (22, 10), (6, 22))]
    return [*above, *outside, *((mark.x - 12 * side, mark.y + down, inwards) for down in (-5, 6, 14, 24, 36))]


def _legs_of(traces: Sequence[Trace]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return [((leg.x1, leg.y1), (leg.x2, leg.y2)) for trace in traces for leg in trace.legs]


Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass
class _Page:
    """Where writing stands already, and the lines that it had better not cross."""

    taken: list[Box]
    lines: Sequence[tuple[tuple[float, float], tuple[float, float]]]

    def write(self, mark: Mark, wishes: Sequence[tuple[float, float, str]]) -> Mark:
        """Put a mark's label at the wish that crosses the fewest lines; without room, leave it out."""
        width = LETTER * len(mark.label)
        room: list[tuple[int, int, Box, tuple[float, float, str]]] = []
        for x, y, anchor in wishes if mark.label else ():
            left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            box = (left, y - 13, left + width, y + 4)
            is_inside = box[0] >= LEFT - 2 and box[2] <= RIGHT + 8 and box[1] >= 0 and box[3] <= BOTTOM
            n_crossed = self._crossed(box)
            if is_inside and n_crossed <= MOST_CROSSED and not any(_overlap(box, other) for other in self.taken):
                room.append((n_crossed, len(room), box, (x, y, anchor)))
        if not room:
            return replace(mark, label="")
        _n, _wish, box, (x, y, anchor) = min(room)
        self.taken.append(box)
        return replace(mark, label_x=round(x, 2), label_y=round(y, 2), anchor=anchor)

    def _crossed(self, box: Box) -> int:
        return sum(any(_holds(box, a, b, i / 24) for i in range(25)) for a, b in self.lines)


def _holds(box: Box, a: tuple[float, float], b: tuple[float, float], share: float) -> bool:
    x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
    return box[0] < x < box[2] and box[1] < y < box[3]


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def _log(views: Sequence[_View], guess: Fraction | None) -> Drawing:
    """Draw log₁₀ of the distance to the best w after each step: a straight line, because each step multiplies it."""
    x_axis = Axis(0, LAST_STEP, LEFT, RIGHT)
    y_axis = Powers(LOWEST_POWER, HIGHEST_POWER, BOTTOM, TOP)
    away, best = abs(views[0].start - views[0].best), in_full(views[0].best)
    said = [
        _("With learning rate %(rate)s each step multiplies the distance to %(best)s by %(factor)s.")
        % {"rate": view.rate, "best": best, "factor": in_full(abs(view.rho))}
        for view in views
    ]
    lines = [_Line.of(away, view.rho) for view in views]
    n_seen = max(1.0, *(line.last for line in lines))
    traces = [_log_trace(*each, x_axis, y_axis, n_seen) for each in zip(views, lines, strict=True)]
    dotted = None if guess is None else _Line.of(away, guess)
    dots = [(x_axis.at(k), y_axis.at(dotted.power(k))) for k in (dotted.first, dotted.last)] if dotted else []
    return Drawing(
        key="log",
        title=_("|w − %(best)s|: each line is 10 times the one below") % {"best": best},
        summary=" ".join(said),
        x_name=_("step"),
        x_axis=x_axis,
        y_axis=y_axis,
        curve="",
        guess=path_of(dots) if dots else "",
        traces=_ends_labelled(traces, dots),
    )


@dataclass(frozen=True)
class _Line:
    """A run in the log drawing: log₁₀ of the distance is `start` + `each`·step, seen from step `first` to `last`."""

    start: float
    each: float
    first: float
    last: float

    @classmethod
    def of(cls, away: Fraction, rho: Fraction) -> _Line:
        if not away:
            return cls(LOWEST_POWER, 0, 0, 0)
        start = _log10(away)
        if not rho:
            return cls(start, LOWEST_POWER - start, 0, 1)
        each = _log10(abs(rho))
        edges = sorted((edge - start) / each for edge in (LOWEST_POWER, HIGHEST_POWER)) if each else [0, LAST_STEP]
        first, last = (min(max(edge, 0.0), LAST_STEP) for edge in edges)
        return cls(start, each, first, last)

    def power(self, step: float) -> float:
        return self.start + self.each * step


def _log10(value: Fraction) -> float:
    return math.log10(max(as_float(value), 1e-300))


def _log_trace(view: _View, line: _Line, x_axis: Axis, y_axis: Axis, n_seen: float) -> Trace:
    def place(step: float) -> tuple[float, float]:
        return x_axis.at(step), y_axis.at(line.power(step))

    def when(step: float) -> float:
        return round(step / n_seen, 3)

    steps = [k for k in LOG_STEPS if line.first <= k <= line.last]
    stops = sorted({line.first, *steps, line.last})
    legs = tuple(Leg(*place(k), *place(to), when(k), when(to)) for k, to in itertools.pairwise(stops))
    marks = [Mark(*place(k), view.named(_distance_said(view, k)), when(k)) for k in steps]
    label = _edge_label(view, line)
    if line.last not in (*steps, LAST_STEP):
        marks.append(Mark(*place(line.last), view.named(label), when(line.last)))
    if view.look == "second":
        marks = [mark for mark in marks if mark.x > LEFT]
    if marks and label:
        marks[-1] = replace(marks[-1], label=view.named(label))
    return Trace(view.look, legs, _some_focusable(marks, view.n_focusable))


def _some_focusable(marks: Sequence[Mark], n: int) -> tuple[Mark, ...]:
    """Let the first dots be reached and the last, which says how it ends."""
    return tuple(
        replace(mark, is_focusable=number < n - 1 or number == len(marks) - 1) for number, mark in enumerate(marks)
    )


def _distance_said(view: _View, k: int) -> str:
    away = abs(view.w(k) - view.best)
    value = as_float(away)
    shown = in_powers(value) if 0 < value < SMALL else in_full(away)
    return _("step %(k)s: |w − %(best)s| = %(away)s") % {"k": k, "best": in_full(view.best), "away": shown}


def _edge_label(view: _View, line: _Line) -> str:
    if not view.rho or view.start == view.best:
        return _("exactly 0, drawn at the floor")
    if line.last >= LAST_STEP:
        return ""
    step = {"k": math.floor(line.last) + 1}
    return _("from step %(k)s above 10⁴ ↑") % step if line.each > 0 else _("from step %(k)s below 10⁻⁴ ↓") % step


def _ends_labelled(traces: Sequence[Trace], guess: Sequence[tuple[float, float]]) -> tuple[Trace, ...]:
    """Write what happens at the edge beside the end of each line."""
    page = _Page([], [*_legs_of(traces), *itertools.pairwise(guess)])
    return tuple(
        replace(trace, marks=(*trace.marks[:-1], page.write(trace.marks[-1], _beside_end(trace.marks[-1]))))
        if trace.marks
        else trace
        for trace in traces
    )


def _beside_end(mark: Mark) -> list[tuple[float, float, str]]:
    is_low = mark.y > (TOP + BOTTOM) / 2
    heights = [mark.y + (3 - 16 * lines if is_low else 16 * lines) for lines in range(1, 7)]
    return [(x, y, anchor) for y in heights for x, anchor in ((mark.x + 10, "start"), (RIGHT, "end"))]
