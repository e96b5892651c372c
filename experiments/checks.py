"""Checks of the kinds of run: what one lacks is named by `manage.py check`, before a run needs it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from django.core.checks import CheckMessage, Error
from pydantic import ValidationError

from experiments import kinds, registry
from experiments.kinds.base import Kind


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check: each kind of run has a row, a folder, and in it parameters, a computation and a notebook."""
    there = _folders()
    problems = [f"kind of run “{name}” has a folder and no row" for name in sorted(there - set(registry.names()))]
    for kind in registry.kinds():
        if kind.name in there:
            problems += _lacking(kind)
        else:
            problems.append(f"kind of run “{kind.name}” has a row and no folder")
    hint = "A kind is a folder experiments/kinds/<kind>/ and a row in experiments/registry.py: see CONTRIBUTING.md."
    return [Error(problem, hint=hint, id="experiments.E001") for problem in problems]


def _folders() -> set[str]:
    """The folders of kinds. What an older version has left behind, its compiled modules alone, is none."""
    return {module.parent.name for place in kinds.__path__ for module in Path(place).glob("[!_]*/*.py")}


def _lacking(kind: Kind) -> Iterator[str]:
    why = {
        "params": _why_not(lambda: kind.load_params().model_validate({})),
        "compute": _why_not(lambda: _find_function(kind.compute)),
        "notebook": _why_not(kind.load_notebook),
    }
    if not (why["params"] or why["notebook"]):
        why["notebook"] = _why_not(lambda: _find_cells(kind))
    for piece, problem in why.items():
        if problem:
            yield f"kind of run “{kind.name}” lacks {piece}: {problem}"


def _why_not(load: Callable[[], object]) -> str:
    """Say why a piece cannot be loaded; nothing, if it can."""
    try:
        load()
    except ValidationError as error:
        return "there is no default for " + ", ".join(str(each["loc"][0]) for each in error.errors())
    except (ImportError, AttributeError, TypeError, OSError) as error:
        return str(error)
    return ""


def _find_function(path: str) -> None:
    """Find a function without importing its module: scikit-learn comes with it, and takes seconds."""
    module, __, name = path.partition(":")
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ImportError(f"No module named {module!r}")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body):
        raise AttributeError(f"module {module!r} has no function {name!r}")


def _find_cells(kind: Kind) -> None:
    """Find the files that the notebook of a run with the defaults is cut from."""
    sources = kind.load_notebook().sources
    for source in sources(kind.load_params().model_validate({}).model_dump(mode="json")):
        source.stat()
