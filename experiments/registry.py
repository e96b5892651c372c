"""Registry of the kinds of run, a row for each, and the reading of what a run is asked with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from classroom.refusals import Refusal
from experiments.kinds.base import Kind, Params

MAX_SEED = 1_000_000

_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind of run.

    Raises
    ------
    ValueError
        If there is one of that name.
    """
    if kind.name in _kinds:
        raise ValueError(f"there is a kind of run {kind.name!r} already")
    _kinds[kind.name] = kind


def unregister(name: str) -> None:
    """Take a kind of run out again."""
    del _kinds[find(name).name]


register(
    Kind(
        name="u_curve",
        label=gettext_lazy("u curve"),
        about="Train and test error against a model's complexity; the defaults are those of its model.",
        params="experiments.kinds.u_curve.params:UCurve",
        compute="experiments.kinds.u_curve.compute:u_curve",
        notebook="experiments.kinds.u_curve.notebook:NOTEBOOK",
    )
)
register(
    Kind(
        name="starvation",
        label=gettext_lazy("starvation"),
        about="Accuracy, and recall of each digit, when a model has few examples of one of them.",
        params="experiments.kinds.starvation.params:Starvation",
        compute="experiments.kinds.starvation.compute:starvation",
        notebook="experiments.kinds.starvation.notebook:NOTEBOOK",
    )
)
register(
    Kind(
        name="tipping_point",
        label=gettext_lazy("tipping point"),
        about="Accuracy and recall against the number of examples kept of a digit.",
        params="experiments.kinds.tipping_point.params:TippingPoint",
        compute="experiments.kinds.tipping_point.compute:tipping_point",
        notebook="experiments.kinds.tipping_point.notebook:NOTEBOOK",
    )
)
register(
    Kind(
        name="blame",
        label=gettext_lazy("blame"),
        about="Which digits a starved one is confused with.",
        params="experiments.kinds.blame.params:Blame",
        compute="experiments.kinds.blame.compute:blame",
        notebook="experiments.kinds.blame.notebook:NOTEBOOK",
    )
)


def kinds() -> tuple[Kind, ...]:
    return tuple(_kinds.values())


def names() -> tuple[str, ...]:
    return tuple(_kinds)


def find(name: str) -> Kind:
    """Give the kind of run of that name.

    Raises
    ------
    LookupError
        If there is none.
    """
    if name not in _kinds:
        raise LookupError(f"there is no kind of run {name!r}, only {', '.join(_kinds)}")
    return _kinds[name]


def help_text() -> str:
    """Help for the API's documentation, in Markdown: each kind, its parameters, and what they are by default."""
    return "\n".join(line for kind in kinds() for line in [f"- `{kind.name}`: {kind.about}", *_help_of(kind)])


def _help_of(kind: Kind) -> list[str]:
    schema = kind.load_params()
    starts = schema.model_validate({}).model_dump(mode="json")
    return [
        f"  - `{name}`: {field.description}; by default {json.dumps(starts[name])}"
        for name, field in schema.model_fields.items()
    ]


def read(kind: str, params: Any, seed: Any) -> dict[str, Any]:
    """Give the parameters of a run, complete.

    Raises
    ------
    Refusal
        If there is no such kind, or with a sentence for each parameter that is unknown or out of its range.
    """
    if kind not in _kinds:
        says = _("This kind of run does not exist. Choose one of these: %(kinds)s.") % {"kinds": ", ".join(_kinds)}
        raise Refusal(says, errors={"kind": [says]})
    errors = _errors_in_seed(seed)
    try:
        complete = _kinds[kind].load_params().model_validate(params)
        errors |= _out_of_range(complete) or complete.objections()
    except ValidationError as error:
        errors |= _of_the_wrong_type(error)
    if errors:
        raise refusal(errors)
    return complete.model_dump(mode="json")


def refusal(errors: Mapping[str, str]) -> Refusal:
    """Refusal of a run, by the parameters that are wrong and why."""
    told = {name: f"{name}: {why}" for name, why in errors.items()}
    says = _("This run cannot start. %(why)s.") % {"why": "; ".join(told.values())}
    return Refusal(says, errors={name: [text] for name, text in told.items()})


def _errors_in_seed(seed: Any) -> dict[str, str]:
    if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED:
        return {}
    return {"seed": _("a whole number from 0 to %(most)s") % {"most": MAX_SEED}}


def _out_of_range(params: Params) -> dict[str, str]:
    errors = {}
    for name, (least, most) in params.ranges().items():
        value = getattr(params, name)
        if not all(least <= number <= most for number in (value if isinstance(value, list) else [value])):
            errors[name] = _("from %(least)s to %(most)s") % {"least": least, "most": most}
    return errors


def _of_the_wrong_type(error: ValidationError) -> dict[str, str]:
    return {str(each["loc"][0]) if each["loc"] else "params": _wanted(each) for each in error.errors()}


def _wanted(error: ErrorDetails) -> str:
    """Say what a parameter should have been."""
    limits = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return _("this parameter does not exist")
        case "literal_error":
            return _("one of %(these)s") % {"these": limits["expected"].replace(" or ", ", ").replace("'", "")}
        case "list_type":
            return _("a list of numbers")
        case "too_short":
            return _("at least %(n)s numbers") % {"n": limits["min_length"]}
        case "too_long":
            return _("at most %(n)s numbers") % {"n": limits["max_length"]}
        case "int_type":
            return _("a whole number")
        case "float_type":
            return _("a number")
    return _("parameters by name")


def expected_seconds(kind: str, params: Mapping[str, Any]) -> float:
    """Seconds that a run with these complete parameters is expected to take."""
    return find(kind).load_params().model_validate(params).seconds()


def fingerprint(kind: str, params: Mapping[str, Any], seed: int) -> str:
    """SHA-256 of what makes two runs the same: kind, parameters, seed, and the versions that computed them."""
    facts = {"kind": kind, "version": find(kind).version, "params": params, "seed": seed, "with": versions()}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    return {name: version(name) for name in ("numpy", "scikit-learn")}
