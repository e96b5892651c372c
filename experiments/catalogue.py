"""The kinds of run: what each takes, within which limits, and the function that carries it out on a worker."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from classroom.refusals import Refusal
from experiments.maths import TRAINING_IMAGES

MAX_SEED = 1_000_000
SWEEP = {
    "polynomial": {"n_train": 30, "noise": 0.3, "complexities": list(range(1, 16)), "n_repeats": 200},
    "tree": {"n_train": 300, "noise": 0.2, "complexities": list(range(1, 16)), "n_repeats": 20},
    "knn": {
        "n_train": 300,
        "noise": 0.2,
        "complexities": [100, 60, 40, 30, 20, 15, 11, 9, 7, 5, 3, 1],
        "n_repeats": 20,
    },
}

Ranges = dict[str, tuple[float, float]]
# By model. The most repeats are what keeps the longest run under half a minute.
SWEEP_RANGES: dict[str, Ranges] = {
    "polynomial": {"n_train": (20, 200), "noise": (0, 1), "complexities": (1, 20), "n_repeats": (1, 500)},
    "tree": {"n_train": (100, 800), "noise": (0, 0.5), "complexities": (1, 20), "n_repeats": (1, 50)},
    "knn": {"n_train": (100, 800), "noise": (0, 0.5), "complexities": (1, 100), "n_repeats": (1, 20)},
}
POINTS_TO_SPARE = 5  # beyond the highest power of a polynomial

Model = Literal["svc", "logistic", "knn"]


class Params(BaseModel):
    """What a kind of run takes: types and defaults here, what they may be in `ranges` and `objections`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @abstractmethod
    def ranges(self) -> Ranges:
        """The least and the most of each number, or of each in a list."""

    def objections(self) -> dict[str, str]:
        """What else is wrong, by parameter; asked only if every number is in its range."""
        return {}


class UCurve(Params):
    """How train and test error change with a model's power. The defaults depend on the model."""

    model: Literal["polynomial", "tree", "knn"] = "polynomial"
    n_train: int
    noise: float
    complexities: Annotated[list[int], Field(min_length=3, max_length=20)]
    n_repeats: int

    @model_validator(mode="before")
    @classmethod
    def starts_as_its_model_does(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        model = given.get("model", "polynomial")
        return {**SWEEP[model if isinstance(model, str) and model in SWEEP else "polynomial"], **given}

    def ranges(self) -> Ranges:
        ranges = dict(SWEEP_RANGES[self.model])
        highest = max(self.complexities)
        if self.model == "polynomial" and highest <= ranges["complexities"][1]:
            least, most = ranges["n_train"]
            ranges["n_train"] = (max(least, highest + POINTS_TO_SPARE), most)
        return ranges

    def objections(self) -> dict[str, str]:
        if self.complexities == sorted(set(self.complexities), reverse=self.model == "knn"):
            return {}
        if self.model == "knn":
            return {"complexities": _("from little power to much, each once: for k-NN from a large k to a small one")}
        return {"complexities": _("from little power to much, each once")}


class Starved(Params):
    """A model that learns to read digits, one of which it has few examples of."""

    digit: int = 8
    model: Model = "svc"
    n_repeats: int = 20

    @property
    def there(self) -> int:
        """How many examples of the digit there are to keep."""
        return TRAINING_IMAGES[self.digit] if 0 <= self.digit <= 9 else min(TRAINING_IMAGES)

    def ranges(self) -> Ranges:
        return {"digit": (0, 9), "kept": (0, self.there), "n_repeats": (1, 50)}


class Starvation(Starved):
    kept: int = 5
    fix: Literal["none", "restore", "reweight"] = "none"
    restored: int = 0

    def ranges(self) -> Ranges:
        return {**super().ranges(), "restored": (0, max(self.there - self.kept, 0))}

    def objections(self) -> dict[str, str]:
        if self.restored and self.fix != "restore":
            return {"restored": _("examples are given back with the fix “restore” alone")}
        if self.fix == "restore" and not self.restored:
            return {"restored": _("giving back begins with one example")}
        if self.fix == "reweight" and self.model == "knn":
            return {"fix": _("nearest neighbours only count heads, so there is no weight to turn up")}
        if self.fix == "reweight" and self.kept == 0:
            return {"fix": _("where no example is kept there is none to give more weight to")}
        return {}


class TippingPoint(Starved):
    kept: Annotated[list[int], Field(min_length=2, max_length=20)] = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80]

    def ranges(self) -> Ranges:
        return {**super().ranges(), "n_repeats": (1, 20)}

    def objections(self) -> dict[str, str]:
        return {} if self.kept == sorted(set(self.kept)) else {"kept": _("from few to many, each number once")}


class Blame(Starved):
    kept: int = 5


@dataclass(frozen=True)
class Kind:
    """A kind of run. `function` is resolved on the worker alone: the web process never loads scikit-learn."""

    name: str
    schema: type[Params]
    function: str
    # Raised when the same parameters would give another result.
    version: int = 1


KINDS = {
    kind.name: kind
    for kind in (
        Kind("u_curve", UCurve, "experiments.kinds.u_curve.compute:u_curve"),
        Kind("starvation", Starvation, "experiments.kinds.starvation.compute:starvation"),
        Kind("tipping_point", TippingPoint, "experiments.kinds.tipping_point.compute:tipping_point"),
        Kind("blame", Blame, "experiments.kinds.blame.compute:blame"),
    )
}


def read(kind: str, params: Any, seed: Any) -> dict[str, Any]:
    """Give the parameters of a run, complete.

    Raises
    ------
    Refusal
        If there is no such kind, or with a sentence for each parameter that is unknown or out of its range.
    """
    found = KINDS.get(kind)
    if found is None:
        says = _("There is no such kind of run; there are %(kinds)s.") % {"kinds": ", ".join(KINDS)}
        raise Refusal(says, errors={"kind": [says]})
    errors = _errors_in_seed(seed)
    try:
        complete = found.schema.model_validate(params)
        errors |= _out_of_range(complete) or complete.objections()
    except ValidationError as error:
        errors |= _of_the_wrong_type(error)
    if errors:
        told = {name: f"{name}: {why}" for name, why in errors.items()}
        says = _("This run cannot be made. %(why)s.") % {"why": "; ".join(told.values())}
        raise Refusal(says, errors={name: [text] for name, text in told.items()})
    return complete.model_dump(mode="json")


def read_seed(typed: Any) -> Any:
    """Read a seed as it was typed into a form; what is no whole number stays as it is, to be refused."""
    text = str(typed).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else typed


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
            return _("there is no such parameter")
        case "literal_error":
            return _("one of %(these)s") % {"these": limits["expected"].replace(" or ", ", ").replace("'", "")}
        case "list_type":
            return _("a list of numbers")
        case "too_short":
            return _("%(n)s numbers at least") % {"n": limits["min_length"]}
        case "too_long":
            return _("%(n)s numbers at most") % {"n": limits["max_length"]}
        case "int_type":
            return _("a whole number")
        case "float_type":
            return _("a number")
    return _("parameters by name")


def fingerprint(kind: str, params: Mapping[str, Any], seed: int) -> str:
    """What makes two runs the same: kind, parameters, seed, and the versions that computed them."""
    facts = {"kind": kind, "version": KINDS[kind].version, "params": params, "seed": seed, "with": versions()}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    return {name: version(name) for name in ("numpy", "scikit-learn")}
