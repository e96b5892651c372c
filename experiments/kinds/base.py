"""Kind of run: the row that names one, and the pieces that its folder holds."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

from django.utils.functional import Promise
from pydantic import BaseModel, ConfigDict

Ranges = dict[str, tuple[float, float]]


class Params(BaseModel):
    """Parameters of a kind of run: types, defaults and a description here, limits in `ranges` and `objections`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @abstractmethod
    def ranges(self) -> Ranges:
        """Range of each number, or of each in a list: its least and its most."""

    @abstractmethod
    def seconds(self) -> float:
        """Seconds that it takes on one core of a laptop, roughly: within a factor of two is well enough."""

    def objections(self) -> dict[str, str]:
        """Objections to all else that is wrong, by parameter; asked only if every number is in its range."""
        return {}


class Result(Protocol):
    """Result of a computation."""

    def as_json(self) -> dict[str, Any]:
        """Figures as plain data: what is stored, and what those who show a run read."""


@dataclass(frozen=True)
class Notebook:
    """Notebook of a kind of run: how a run is worked out again without Downhill.

    Attributes
    ----------
    figures : keys of the result that the notebook works out, and compares with the server's
    sources : given a run's parameters, the Python files that the cells are cut from, in their order
    """

    figures: Sequence[str]
    sources: Callable[[Mapping[str, Any]], Sequence[Path]]


@dataclass(frozen=True)
class Kind:
    """Kind of run, as a row of the registry.

    Its pieces are named, as ``module:name``, and loaded when they are asked for: what it computes on a worker alone,
    since the web process never loads scikit-learn.

    Attributes
    ----------
    name : its folder's, and the one that runs are stored and asked for under
    label : what it is called in a text
    about : one sentence of the API's documentation
    params, compute, notebook : a `Params`, a function of these with a seed and a report, and a `Notebook`
    version : raised when the same parameters would give another result
    """

    name: str
    label: str | Promise
    about: str
    params: str
    compute: str
    notebook: str
    version: int = 1

    def load_params(self) -> type[Params]:
        """Give the schema of its parameters."""
        found = resolve_name(self.params)
        if not (isinstance(found, type) and issubclass(found, Params)):
            raise TypeError(f"{self.params} is no class of Params")
        return found

    def load_compute(self) -> Callable[..., Result]:
        """Give the function that computes it, called with its parameters, `seed` and `report`. For a worker."""
        found: Callable[..., Result] = resolve_name(self.compute)
        return found

    def load_notebook(self) -> Notebook:
        """Give what its notebook is made of."""
        found = resolve_name(self.notebook)
        if not isinstance(found, Notebook):
            raise TypeError(f"{self.notebook} is no Notebook")
        return found
