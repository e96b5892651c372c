"""Worksheet on paper: the same steps with room to write, and no number that is to be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from classroom.models import GradientRule
from lessons.activities.base import Handout
from lessons.activities.hand_steps.schema import HandSteps
from lessons.maths import values


@dataclass(frozen=True)
class PaperStep:
    """Step on paper: its number, what is said about it, and the w that it starts from, known for the first alone."""

    number: int
    say: str
    start: str
    # All four products are asked for; otherwise the rows are scratch paper.
    is_whole: bool


@dataclass(frozen=True)
class PaperWorksheet:
    """Worksheet to be printed: the points as (row, x, y), and its steps, the first on the front and the others behind.

    `gradient` says how the gradient comes from the average by the rule of the class.
    """

    points: tuple[tuple[int, str, str], ...]
    n_points: int
    learning_rate: str
    gradient: str
    is_doubled: bool
    first: PaperStep
    others: tuple[PaperStep, ...]


def worksheet(activity: HandSteps, rule: GradientRule) -> Iterator[Handout]:
    """Worksheet for paper; none for points that are drawn for each student."""
    if activity.drawn is not None:
        return
    is_doubled = rule == GradientRule.FULL
    first, *others = (
        PaperStep(
            number=number,
            say=step.say,
            start=values.show(activity.start) if number == 1 else "",
            is_whole="products" in step.ask,
        )
        for number, step in enumerate(activity.steps, start=1)
    )
    pairs = enumerate(zip(activity.x, activity.y, strict=True), start=1)
    yield Handout(
        kind="worksheets",
        kind_title=_("Worksheets"),
        title=activity.title,
        template="activities/hand_steps/handout.html",
        sheet=PaperWorksheet(
            points=tuple((row, values.show(x), values.show(y)) for row, (x, y) in pairs),
            n_points=len(activity.x),
            learning_rate=values.show(activity.learning_rate),
            gradient=_("2 × average") if is_doubled else _("the average"),
            is_doubled=is_doubled,
            first=first,
            others=tuple(others),
        ),
    )
