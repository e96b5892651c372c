"""Forms of an experiment: the wish for a run, and to take it back, and the numbers that were typed for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from django import forms
from django.utils.translation import gettext as _

import experiments.registry
from lessons.maths import values


class StartForm(forms.Form):
    """The wish for a run as the page sends it; the settings of the trial's knobs come beside it."""

    trial = forms.SlugField()
    seed = forms.CharField(required=False, strip=True)
    # The question that the page was at: it stays there.
    item = forms.SlugField(required=False)
    member = forms.IntegerField(required=False)


class WithdrawForm(forms.Form):
    """The wish to take a run back, and the one that it was to be compared with."""

    trial = forms.SlugField(required=False)
    run = forms.UUIDField()
    beside = forms.UUIDField(required=False)
    item = forms.SlugField(required=False)
    member = forms.IntegerField(required=False)


def as_numbers(kind: str, params: Mapping[str, Any], seed: Any) -> tuple[dict[str, Any], Any]:
    """Read the numbers among what a run is asked with that came as text; what is none is left, to be refused.

    Raises
    ------
    Refusal
        With a sentence for each that could be two numbers.
    """
    fields = experiments.registry.find(kind).load_params().model_fields if kind in experiments.registry.names() else {}
    errors: dict[str, str] = {}

    def number(name: str, typed: Any, read: Callable[[str], Any]) -> Any:
        if not isinstance(typed, str):
            return typed
        try:
            return read(typed)
        except values.UnreadableNumber as unreadable:
            if unreadable.reason == "unclear":
                errors[name] = _("this could be two numbers: leave out commas and points between thousands")
            return typed

    read: dict[str, Any] = {}
    for name, sent in params.items():
        kinds = get_args(fields[name].annotation) or (fields[name].annotation,) if name in fields else ()
        reader = values.whole if int in kinds else _as_float if float in kinds else None
        if reader is None:
            read[name] = sent
        elif isinstance(sent, list):
            read[name] = [number(name, each, reader) for each in sent]
        else:
            read[name] = number(name, sent, reader)
    seed = number("seed", seed, values.whole)
    if errors:
        raise experiments.registry.refusal(errors)
    return read, seed


def _as_float(typed: str) -> float:
    return float(values.parse(typed))
