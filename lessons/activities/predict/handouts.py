"""Predictions on paper: cards to hold up, empty axes, case sheets, and guesses for those without a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from string import ascii_uppercase

from django.utils.translation import gettext as _

from lessons.activities.base import Handout
from lessons.activities.predict.answers import ChoiceView, choice_views
from lessons.activities.predict.guess_charts import LowestPointChart, lowest_point
from lessons.activities.predict.schema import Item, Predict
from lessons.maths import values
from lessons.models import Confidence

FOLDER = "activities/predict/handouts"


@dataclass(frozen=True)
class PaperQuestion:
    """Question on paper: what can be ticked, or the number that can be written, and how sure somebody is.

    `choices` have their letters; `scale` says which numbers there are, with their `unit`.
    """

    title: str
    text: str
    question: str
    choices: tuple[tuple[str, ChoiceView], ...]
    second_question: str
    second: tuple[ChoiceView, ...]
    scale: str
    unit: str
    chart: LowestPointChart | None
    confidence: tuple[str, ...]


def sheets(activity: Predict) -> Iterator[Handout]:
    """Sheets for the questions of an activity, as a class meets it: those that everybody is asked."""
    if activity.choose:
        for item in activity.items:
            yield Handout("cases", _("Case sheets"), item.title, f"{FOLDER}/case.html", _question(item))
        return
    core = [item for item in activity.items if not item.extra]
    if any(choice.shrinks_by is not None for choice in activity.choices):
        cards = _lettered(choice_views(activity.choices))
        yield Handout("cards", _("Outcome cards"), activity.title, f"{FOLDER}/cards.html", cards)
    for item in core:
        if item.number and item.number.lowest_point:
            yield Handout("axes", _("Blank axes"), item.title, f"{FOLDER}/axes.html", _question(item))
    if asked := [item for item in core if not (item.number and item.number.lowest_point)]:
        yield Handout("guesses", _("Guesses"), activity.title, f"{FOLDER}/guesses.html", _together(asked))


def _together(items: Iterable[Item]) -> tuple[PaperQuestion, ...]:
    """Questions for one sheet, on which each set of outcomes is defined once."""
    told: set[tuple[tuple[str, ChoiceView], ...]] = set()
    found = []
    for question in map(_question, items):
        is_told = question.choices in told
        told.add(question.choices)
        found.append(replace(question, choices=_undefined(question.choices)) if is_told else question)
    return tuple(found)


def _undefined(choices: tuple[tuple[str, ChoiceView], ...]) -> tuple[tuple[str, ChoiceView], ...]:
    return tuple((letter, replace(choice, means="")) for letter, choice in choices)


def _question(item: Item) -> PaperQuestion:
    number = item.number
    scale = ""
    if number is not None:
        low, high = values.show(number.min), values.show(number.max)
        scale = _("A number from %(low)s to %(high)s") % {"low": low, "high": high}
    return PaperQuestion(
        title=item.title,
        text=item.text or "",
        question=item.question,
        choices=_lettered(choice_views(item.choices)),
        second_question=item.second.question if item.second else "",
        second=choice_views(item.second.choices) if item.second else (),
        scale=scale,
        unit=number.unit if number else "",
        chart=lowest_point(number) if number and number.lowest_point else None,
        confidence=tuple(str(label) for label in Confidence.labels),
    )


def _lettered(choices: tuple[ChoiceView, ...]) -> tuple[tuple[str, ChoiceView], ...]:
    """Choices with the letters to call them by."""
    return tuple(zip(ascii_uppercase, choices, strict=False))
