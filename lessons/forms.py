"""What was typed or sent, before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from lessons.authoring.schema import Choice, Item, Number
from lessons.maths import values
from lessons.models import Confidence

SCRATCH = "scratch_"
# Enough for whatever a person types into a cell, and for the 10,000 characters that somebody pastes.
MAX_CHARACTERS = 10_000
MAX_LINE = 300


class SubmissionForm(forms.Form):
    """The part of a plain form post that every activity shares."""

    id = forms.UUIDField()
    step = forms.IntegerField(min_value=1, max_value=100)
    # Whose sheet it is: on a shared device somebody else may have logged in meanwhile.
    member = forms.IntegerField(required=False)


class PredictionForm(forms.Form):
    """A prediction as the page sends it; what it says is read by `prediction_answer`."""

    id = forms.UUIDField()
    item = forms.SlugField()
    round = forms.IntegerField(min_value=1, max_value=2)
    member = forms.IntegerField(required=False)
    choice = forms.CharField(required=False, strip=True)
    second = forms.CharField(required=False, strip=True)
    confidence = forms.CharField(required=False)
    because = forms.CharField(required=False, strip=True)


class ReconcileForm(forms.Form):
    """What was seen, and what is made of it, as the page sends it."""

    member = forms.IntegerField(required=False)
    saw = forms.CharField(required=False, strip=True)
    idea = forms.CharField(required=False, strip=True)
    next_time = forms.CharField(required=False, strip=True)


class ShownForm(forms.Form):
    """Which extra activity, which step to mend, which item, which trial and run a part's address asks for.

    `open` opens an item's file; `taken_back` says that a run was.
    """

    activity = forms.SlugField(required=False)
    step = forms.IntegerField(required=False, min_value=1, max_value=100)
    item = forms.SlugField(required=False)
    open = forms.BooleanField(required=False)
    rate = forms.CharField(required=False, max_length=40)
    trial = forms.SlugField(required=False)
    run = forms.UUIDField(required=False)
    taken_back = forms.BooleanField(required=False)


class StartForm(forms.Form):
    """The wish for a run as the page sends it; the settings of the trial's knobs come beside it."""

    trial = forms.SlugField()
    seed = forms.CharField(required=False, max_length=40, strip=True)
    member = forms.IntegerField(required=False)


class WithdrawForm(forms.Form):
    """The wish to take a run back, and the one that it was to be compared with."""

    trial = forms.SlugField(required=False)
    run = forms.UUIDField()
    beside = forms.UUIDField(required=False)
    member = forms.IntegerField(required=False)


# What a form post carries beside the answer.
ENVELOPE = frozenset({*SubmissionForm.base_fields, "csrfmiddlewaretoken"})


@dataclass(frozen=True)
class HandStepAnswer:
    """One step's answer: what was typed, by cell, and the ungraded scratch work beside it.

    `goes_on` is the wish to go on with one's own value, though it is not accepted.
    """

    cells: Mapping[str, str]
    scratch: Mapping[str, str]
    goes_on: bool = False

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = dict(self.cells)
        if self.scratch:
            data["scratch"] = dict(self.scratch)
        if self.goes_on:
            data["go_on"] = True
        return data


def hand_step_answer(raw: Any, known: Collection[str]) -> HandStepAnswer:
    """Read an answer such as ``{"errors": ["-2.1", …], "mean": "-14,925", "w": 0.7463}``.

    Parameters
    ----------
    raw : what a form or the API sent
    known : the names of the cells that this worksheet has

    Raises
    ------
    Refusal
        With a sentence for each field that the worksheet does not have or that is no number or text.
    """
    if not isinstance(raw, Mapping):
        raise Refusal(_("An answer is an object with the cells of the step."), errors={"answer": [_("not an object")]})
    cells: dict[str, str] = {}
    scratch: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    flat = _spelled_out(raw)
    goes_on = flat.pop("go_on", None) in (True, 1, "1", "true")
    for name, value in flat.items():
        kept = scratch if name.startswith(SCRATCH) else cells
        name = name.removeprefix(SCRATCH)
        try:
            if name not in known:
                raise ValueError(_("This worksheet has no such cell."))
            kept[name] = _typed(value)
        except ValueError as error:
            errors[name[:60]] = [str(error)]
    if errors:
        raise Refusal(_("Some cells could not be read."), errors=errors)
    return HandStepAnswer(cells, {name: text for name, text in scratch.items() if text}, goes_on)


def _spelled_out(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """Turn ``errors: [a, b]`` into ``error_1: a, error_2: b``, and ``scratch: {…}`` into its prefixed cells."""
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        if name in ("errors", "products") and isinstance(value, list):
            flat |= {f"{name.removesuffix('s')}_{i}": item for i, item in enumerate(value, start=1)}
        elif name == "scratch" and isinstance(value, Mapping):
            flat |= {f"{SCRATCH}{cell}": item for cell, item in value.items()}
        else:
            flat[str(name)] = value
    return flat


def _typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(_("Send a number, or text as a person types it."))
    text = str(value).strip()
    if len(text) > MAX_CHARACTERS:
        raise ValueError(_("This is far longer than any number. %(n)d characters at most.") % {"n": MAX_CHARACTERS})
    # A database cannot keep these, and no keyboard makes them.
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(_("This holds characters that cannot be kept."))
    return text


@dataclass(frozen=True)
class PredictionAnswer:
    """What somebody predicts: a choice's key or a number as text, and how sure they are."""

    choice: str
    second: str
    confidence: str
    because: str


def prediction_answer(item: Item, *, choice: Any, second: Any, confidence: Any, because: Any) -> PredictionAnswer:
    """Read what was sent for one item.

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
        choice=read("choice", lambda: _guess(number, choice) if number else _chosen(item.choices, choice)),
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
        raise ValueError(_("Choose one outcome first."))
    found = next((choice.key for choice in choices if choice.key == sent), None)
    if found is None:
        raise ValueError(_("This question has no such outcome."))
    return found


def _guess(number: Number, sent: Any) -> str:
    low, high = values.show(number.min), values.show(number.max)
    wanted = _("Give a number from %(low)s to %(high)s.") % {"low": low, "high": high}
    try:
        if isinstance(sent, bool) or not isinstance(sent, str | int | float) or sent == "":
            raise ValueError(wanted)
        guess = values.parse(sent)
    except values.UnreadableNumber:
        raise ValueError(wanted) from None
    if not number.min <= guess <= number.max:
        raise ValueError(wanted)
    return values.show(guess, 6).replace("−", "-")


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
        raise ValueError(_("One line is enough here: %(n)d characters at most.") % {"n": MAX_LINE})
    return _typed(text)
