"""Class curve: everybody's test error against a model's power, and the median of all."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.powers import Places, linear_top, short
from lessons.drawing.axes import BOTTOM, HEIGHT, TOP, WIDTH, Axis
from lessons.drawing.frame import Frame, Point
from lessons.drawing.marks import Leg
from lessons.maths import values

CURVE_ENDS, GUESSES_BEGIN = 140, 172  # pixels from the top: of the curve's part of a drawing, and of the guesses' below


@dataclass(frozen=True)
class ClassCurve:
    """Everybody's test error in thin lines, the median of all in a thick one, one's own apart."""

    n: int
    name: str
    counted: str
    summary: str
    x_name: str
    x_axis: Places
    y_axis: Axis
    others: tuple[str, ...]
    mine: str
    middle: str
    lowest: Point
    rows: tuple[tuple[str, str, str], ...]
    box: str = f"0 0 {WIDTH} {HEIGHT}"


def class_curve_chart(
    runs: Sequence[tuple[Sequence[int], Sequence[float]]], mine: int | None, noise: float, n_train: int, *, n_asked: int
) -> ClassCurve:
    """Draw the test errors of a class's different runs of the same noise and size.

    Parameters
    ----------
    runs : (powers, median test error at each) of one run after the other
    mine : which of them is the looker's own
    n_asked : how many students asked for them
    """
    powers = tuple(runs[mine or 0][0])
    comparable = [(i, tuple(test)) for i, (each, test) in enumerate(runs) if tuple(each) == powers]
    places, y_axis = Places(powers), Axis(0.0, linear_top(noise), BOTTOM, TOP)
    middle = [median(values) for values in zip(*(test for __, test in comparable), strict=True)]
    lowest = min(range(len(powers)), key=lambda i: middle[i])
    bests = [powers[test.index(min(test))] for __, test in comparable]
    n = len(comparable)
    counted = [(power, bests.count(power)) for power in powers]
    return ClassCurve(
        n=n,
        name=_("The class curve"),
        counted=_counted(n, n_asked, noise, n_train),
        summary=_class_summary(bests, powers[lowest]),
        x_name=_("degree"),
        x_axis=places,
        y_axis=y_axis,
        others=tuple(_path(places, y_axis, powers, test) for i, test in comparable if i != mine),
        mine=_path(places, y_axis, powers, runs[mine][1]) if mine is not None else "",
        middle=_path(places, y_axis, powers, middle) if n > 1 else "",
        lowest=(places.at(powers[lowest]), y_axis.at(middle[lowest])),
        rows=tuple(
            (str(power), short(value), str(count)) for (power, count), value in zip(counted, middle, strict=True)
        ),
    )


@dataclass(frozen=True)
class GuessBar:
    """How many put the lowest point at one power; nothing is drawn where nobody did."""

    x: float
    y: float
    width: float
    height: float
    n: int

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class GuessedCurve:
    """The test error of a class, which draws itself over the guesses of where it is lowest."""

    n: int
    n_said: int
    outcome: str
    summary: str
    x_name: str
    x_axis: Places
    y_axis: Axis
    others: tuple[str, ...]
    legs: tuple[Leg, ...]
    lowest: Point
    lowest_label: str
    guesses: tuple[GuessBar, ...]
    floor: float = BOTTOM
    box: str = f"0 0 {WIDTH} {HEIGHT}"


def guessed_curve_chart(
    runs: Sequence[tuple[Sequence[int], Sequence[float]]], noise: float, guesses: Mapping[str, int]
) -> GuessedCurve:
    """Draw the median of different runs over the guesses, on one axis; each run is a thin line behind."""
    powers = tuple(runs[0][0])
    comparable = [tuple(test) for each, test in runs if tuple(each) == powers]
    places, y_axis = Places(powers), Axis(0.0, linear_top(noise), CURVE_ENDS, TOP)
    middle = [median(values) for values in zip(*comparable, strict=True)]
    lowest = min(range(len(powers)), key=lambda i: middle[i])
    frame = Frame.of(places, y_axis)
    points = [(places.at(power), y_axis.place(error)) for power, error in zip(powers, middle, strict=True)]
    pieces = [frame.cut(*ends) for ends in itertools.pairwise(points)]
    bests = [powers[test.index(min(test))] for test in comparable]
    n_legs = max(len(pieces), 1)
    return GuessedCurve(
        n=len(comparable),
        n_said=sum(guesses.values()),
        outcome=_("at degree %(best)d") % {"best": powers[lowest]},
        summary=_class_summary(bests, powers[lowest]),
        x_name=_("degree"),
        x_axis=places,
        y_axis=y_axis,
        others=tuple(_path(places, y_axis, powers, test) for test in comparable) if len(comparable) > 1 else (),
        legs=tuple(
            Leg(*piece[0], *piece[1], begins=round(i / n_legs, 3), ends=round((i + 1) / n_legs, 3))
            for i, piece in enumerate(pieces)
            if piece
        ),
        lowest=(places.at(powers[lowest]), y_axis.at(middle[lowest])),
        lowest_label=_("lowest: %(power)s") % {"power": powers[lowest]},
        guesses=_guess_bars(places, guesses),
    )


def _guess_bars(places: Places, guesses: Mapping[str, int]) -> tuple[GuessBar, ...]:
    """A bar for each power that somebody guessed, up from the axis; one between two powers counts with the nearer."""
    counted: Counter[int] = Counter()
    for said, n in guesses.items():
        with suppress(values.UnreadableNumber):
            value = float(values.parse(said))
            counted[min(places.values, key=lambda power: abs(power - value))] += n
    most = max(counted.values(), default=0)
    width = round(0.6 * (places.end - places.start) / max(len(places.values) - 1, 1), 2)
    bars = []
    for power in sorted(counted):
        height = round((BOTTOM - GUESSES_BEGIN) * counted[power] / most, 2)
        bars.append(
            GuessBar(round(places.at(power) - width / 2, 2), round(BOTTOM - height, 2), width, height, counted[power])
        )
    return tuple(bars)


def _counted(n: int, n_asked: int, noise: float, n_train: int) -> str:
    told = {"n": n, "asked": n_asked, "noise": noise, "points": n_train}
    if n_asked > n:
        says = ngettext(
            "%(n)d run with noise %(noise)s and %(points)d points, started by %(asked)d",
            "%(n)d different runs with noise %(noise)s and %(points)d points, started by %(asked)d",
            n,
        )
        return says % told
    return (
        ngettext(
            "%(n)d run with noise %(noise)s and %(points)d points",
            "%(n)d runs with noise %(noise)s and %(points)d points",
            n,
        )
        % told
    )


def _class_summary(bests: Sequence[int], together: int) -> str:
    n, first, last = len(bests), min(bests), max(bests)
    if n > 1 and first == last:
        return _("%(n)d runs of the class, all lowest at %(best)d.") % {"n": n, "best": first}
    return ngettext(
        "One run of the class so far. It is lowest at %(best)d.",
        "%(n)d runs of the class. Together they are lowest at %(best)d; one by one, from %(first)d to %(last)d.",
        n,
    ) % {"n": n, "best": together, "first": first, "last": last}


def _path(places: Places, y_axis: Axis, powers: Sequence[int], errors: Sequence[float]) -> str:
    """A line that ends where it leaves the drawing, and goes on where it comes back."""
    frame = Frame.of(places, y_axis)
    return frame.path([(places.at(power), y_axis.place(error)) for power, error in zip(powers, errors, strict=True)])
