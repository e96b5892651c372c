"""A prediction, and what was made of it, before they are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from lessons.activities.predict import guesses
from lessons.activities.predict.guesses import Scale
from lessons.activities.predict.schema import Choice, Item, Number
from lessons.forms import typed
from lessons.maths import values
from lessons.models import Confidence

MAX_LINE = 300


class PredictionForm(forms.Form):
    """A prediction as the page sends it; what it says is read by `prediction_answer`."""

    id = forms.UUIDField()
    item = forms.SlugField()
    round = forms.IntegerField(min_value=1, max_value=2)
    member = forms.IntegerField(required=False)
    choice = forms.CharField(required=False, strip=True)
    second = forms.CharField(required=False, strip=True)
    # What the page has shown the typed number to be read as.
    read_as = forms.CharField(required=False)
    confidence = forms.CharField(required=False)
    because = forms.CharField(required=False, strip=True)


class ReadingForm(forms.Form):
    """A number that is being typed for a guess, with its range and unit."""

    choice = forms.CharField(required=False, max_length=values.MOST_SENT)
    low = forms.CharField(max_length=values.MAX_CHARACTERS)
    high = forms.CharField(max_length=values.MAX_CHARACTERS)
    unit = forms.CharField(required=False, max_length=20)


class UndoForm(forms.Form):
    """Whose seal is taken back, and on which question, as the page sends it."""

    member = forms.IntegerField(required=False)
    item = forms.SlugField(required=False)


class ReconcileForm(forms.Form):
    """What was seen, and what is made of it, as the page sends it."""

    member = forms.IntegerField(required=False)
    saw = forms.CharField(required=False, strip=True)
    idea = forms.CharField(required=False, strip=True)
    next_time = forms.CharField(required=False, strip=True)


@dataclass(frozen=True)
class PredictionAnswer:
    """What somebody predicts: a choice's key or a number as text, and how sure they are."""

    choice: str
    second: str
    confidence: str
    because: str


def prediction_answer(
    item: Item, *, choice: Any, second: Any, confidence: Any, because: Any, read_as: str | None = None
) -> PredictionAnswer:
    """Read what was sent for one item.

    `read_as` is what a page has shown a number to be read as; None from a program, which is shown nothing.

    Raises
    ------
    Refusal
        With a sentence for each field that is missing, unknown, out of range or too long.
    """
    errors: dict[str, list[str]] = {}

    def read(name: str, reader: Callable[[], str]) -> str:
        try:
            return reader()
        except ValueError as error:
            errors[name] = [str(error)]
            return ""

    number, second_one = item.number, item.second
    answer = PredictionAnswer(
        choice=read("choice", lambda: _guess(number, choice, read_as) if number else _chosen(item.choices, choice)),
        # A page asks for both answers; a program may give the first alone.
        second=read("second", lambda: _chosen(second_one.choices, second)) if second_one and second is not None else "",
        confidence=read("confidence", lambda: _confidence(confidence)),
        because=read("because", lambda: line_of_text(because)),
    )
    if errors:
        raise Refusal(" ".join(text for texts in errors.values() for text in texts), errors=errors)
    return answer


def _chosen(choices: tuple[Choice, ...], sent: Any) -> str:
    if sent in (None, ""):
        raise ValueError(_("Choose an answer first."))
    found = next((choice.key for choice in choices if choice.key == sent), None)
    if found is None:
        raise ValueError(_("This question has no such answer."))
    return found


def _guess(number: Number, sent: Any, read_as: str | None) -> str:
    reading = guesses.read(scale_of(number), sent)
    if read_as is not None:
        guesses.check_shown(reading, read_as)
    return reading.plain


def scale_of(number: Number) -> Scale:
    return Scale(number.min, number.max, number.unit)


def _confidence(sent: Any) -> str:
    if sent not in Confidence.values:
        raise ValueError(_("Say how sure you are, too."))
    return str(sent)


def line_of_text(sent: Any) -> str:
    """Read one line of a person's own words.

    Raises
    ------
    ValueError
        If it is no text, or longer than is kept.
    """
    if sent is None:
        return ""
    if not isinstance(sent, str):
        raise ValueError(_("Send text."))
    text = " ".join(sent.split())
    if len(text) > MAX_LINE:
        raise ValueError(_("One line is enough here: at most %(n)d characters.") % {"n": MAX_LINE})
    return typed(text)
