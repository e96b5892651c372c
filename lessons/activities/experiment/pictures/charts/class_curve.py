"""Class curve: everybody's test error against a model's power, and the median of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.powers import Places, linear_top, short
from lessons.drawing.axes import BOTTOM, HEIGHT, TOP, WIDTH, Axis
from lessons.drawing.frame import Frame, Point


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
