"""What was typed or sent, before it is judged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from classroom.refusals import Refusal

SCRATCH = "scratch_"
# Enough for whatever a person types into a cell, and for the 10,000 characters that somebody pastes.
MAX_CHARACTERS = 10_000


class SubmissionForm(forms.Form):
    """The part of a plain form post that every activity shares."""

    id = forms.UUIDField()
    step = forms.IntegerField(min_value=1, max_value=100)
    # Whose sheet it is: on a shared device somebody else may have logged in meanwhile.
    member = forms.IntegerField(required=False)


class ShownForm(forms.Form):
    """Which extra activity, and which step to mend, a part's address asks for."""

    activity = forms.SlugField(required=False)
    step = forms.IntegerField(required=False, min_value=1, max_value=100)


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
