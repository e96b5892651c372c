"""The notebook of a lesson, filled in for a class."""

from __future__ import annotations

import doctest
import json
from typing import Any

import pytest

from lessons.authoring import notebook

GIVEN = {"RULE": "full", "URL": "http://testserver/"}


def written(*sources: str, tags: tuple[str, ...] = ("parameters",)) -> str:
    cells = [{"cell_type": "code", "metadata": {"tags": tags}, "source": source} for source in sources]
    return json.dumps({"cells": cells, "nbformat": 4})


def sources(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]


@pytest.mark.pure
def test_the_examples_hold() -> None:
    assert doctest.testmod(notebook).failed == 0


@pytest.mark.pure
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('RULE = "half"', 'RULE = "full"'),
        ('SEED = 7\nRULE = ""  # "half" or "full"\nURL = ""', 'SEED = 7\nRULE = "full"  # "half" or "full"\nURL = "http://testserver/"'),
        ('MY_RULE = ""\n  RULE = ""\nRULE == ""', 'MY_RULE = ""\n  RULE = ""\nRULE == ""'),
    ],
)  # fmt: skip
def test_a_line_that_gives_a_name_a_text_gets_another(before: str, after: str) -> None:
    assert sources(notebook.filled_in(written(before), GIVEN)) == [after]


@pytest.mark.pure
def test_only_cells_that_are_tagged_are_filled_in() -> None:
    text = written('RULE = ""', tags=("other",))

    assert json.loads(notebook.filled_in(text, GIVEN)) == json.loads(text)
    assert json.loads(notebook.filled_in('{"cells": [{}]}', GIVEN)) == {"cells": [{}]}


@pytest.mark.pure
@pytest.mark.parametrize("said", ['a "quoted" one', "back\\slash", "line\nbreak", "für 😀"])
def test_what_is_filled_in_is_a_text_of_python_whatever_it_holds(said: str) -> None:
    (source,) = sources(notebook.filled_in(written('RULE = ""'), {"RULE": said}))

    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  # what a kernel does
    assert names["RULE"] == said
