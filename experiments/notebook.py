"""Notebook of a run, which makes its numbers again, with numpy and scikit-learn and without Downhill.

The cells are Python files in the folder of a kind of run, cut at ``# %%``; what they are run with is put before them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pprint import pformat
from typing import Any

from experiments import registry
from experiments.kinds.base import Kind
from experiments.models import Run

MARK = "# %%"


def of_run(run: Run) -> dict[str, Any]:
    """Give a notebook (nbformat 4) that works out a run's figures again and compares them with the server's."""
    kind = registry.find(run.kind)
    made = kind.load_notebook()
    texts = [source.read_text(encoding="utf-8") for source in made.sources(run.params)]
    cells = [cell for text in texts for cell in cells_of(text)]
    return notebook([_words(_about(run, kind)), _code(_given(run, made.figures)), *cells])


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": numbered, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def cells_of(text: str) -> Iterator[dict[str, Any]]:
    """Cut a Python file into cells: ``# %%`` begins code, ``# %% [markdown]`` words in comments."""
    for part in text.split(f"\n{MARK}"):
        head, __, body = part.removeprefix(MARK).partition("\n")
        if head.strip() == "[markdown]":
            lines = (line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines())
            yield _words("\n".join(lines))
        elif body.strip():
            yield _code(body.strip())


def _about(run: Run, kind: Kind) -> str:
    versions = run.provenance.get("versions", {})
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    return "\n".join(
        [
            f"# One run of Downhill: {kind.label}, seed {run.seed}",
            "This notebook computes that run again, from the data on. Then it compares its numbers with the server's.",
            f"The server used {made_with}. Other versions may differ in the last digits.",
            f"Fingerprint of the digits (SHA-256 of all pixels and labels): `{run.provenance.get('data', '')}`.",
        ]
    )


def _given(run: Run, figures: Sequence[str]) -> str:
    server = {name: (run.result or {})[name] for name in figures}
    given = {"params": run.params, "seed": run.seed, "server": json.loads(json.dumps(server))}
    lines = [f"{name} = {pformat(value, width=110, compact=True, sort_dicts=False)}" for name, value in given.items()]
    return "\n".join(["# What was asked for, and what the server found.", *lines])


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": text}
