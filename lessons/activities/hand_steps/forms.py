"""A step's answer as it was typed, before it is judged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from lessons.forms import typed

SCRATCH = "scratch_"


@dataclass(frozen=True)
class HandStepAnswer:
    """One step's answer: what was typed, by cell, and the ungraded scratch work beside it.

    `goes_on` is the wish to go on with one's own value, though it is not accepted; `solution` names the cell whose
    solution is asked for.
    """

    cells: Mapping[str, str]
    scratch: Mapping[str, str]
    goes_on: bool = False
    solution: str = ""

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = dict(self.cells)
        if self.scratch:
            data["scratch"] = dict(self.scratch)
        if self.goes_on:
            data["go_on"] = True
        if self.solution:
            data["solution"] = self.solution
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
    solution = str(flat.pop("solution", None) or "")
    if solution and solution not in known:
        errors["solution"] = [_("This worksheet does not have this cell.")]
    for name, value in flat.items():
        kept = scratch if name.startswith(SCRATCH) else cells
        name = name.removeprefix(SCRATCH)
        try:
            if name not in known:
                raise ValueError(_("This worksheet does not have this cell."))
            kept[name] = typed(value)
        except ValueError as error:
            errors[name[:60]] = [str(error)]
    if errors:
        raise Refusal(_("Some cells could not be read."), errors=errors)
    return HandStepAnswer(cells, {name: text for name, text in scratch.items() if text}, goes_on, solution)


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
