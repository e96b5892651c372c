"""The notebook of a lesson: filled in for a class, and silent about what is sealed."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from django.test import Client

from classroom.models import Membership, User
from lessons import catalogue
from lessons.authoring import notebook
from lessons.authoring.loader import LoadedLesson
from tests.conventions.canaries import sealed_texts
from tests.factories import CohortFactory, MembershipFactory

SLUG = "data-rules-everything"
GIVEN = {"RULE": "full", "URL": "http://testserver/"}


def written(*sources: str, tags: tuple[str, ...] = ("parameters",)) -> str:
    cells = [{"cell_type": "code", "metadata": {"tags": tags}, "source": source} for source in sources]
    return json.dumps({"cells": cells, "nbformat": 4})


def sources(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]


@pytest.fixture
def nb2() -> LoadedLesson:
    loaded = catalogue.get(SLUG)
    assert loaded is not None
    assert loaded.notebook is not None
    return loaded


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


@pytest.mark.django_db
@pytest.mark.parametrize("rule", ["half", "full"])
def test_a_student_gets_it_with_class_rule_and_address_filled_in(
    rule: str, client_of: Callable[[User], Client], nb2: LoadedLesson
) -> None:
    student: Membership = MembershipFactory(cohort=CohortFactory(slug="ours", gradient_rule=rule))

    answer = client_of(student.user).get(f"/c/ours/lessons/{SLUG}/notebook.ipynb")

    assert answer["Content-Type"] == "application/x-ipynb+json"
    assert answer["Content-Disposition"] == 'attachment; filename="nb2.ipynb"'
    made = nbformat.reads(answer.content.decode(), as_version=4)
    nbformat.validate(made)
    (parameters,) = (cell.source for cell in made.cells if "parameters" in cell.metadata.get("tags", ()))
    names: dict[str, Any] = {}
    exec(parameters, names)  # noqa: S102  # what a kernel does
    assert {name: names[name] for name in ("RULE", "COHORT", "URL")} == {
        "RULE": rule,
        "COHORT": "ours",
        "URL": "http://testserver/",
    }
    assert [cell.source for cell in made.cells if cell.source != parameters] == [
        source for source in sources(nb2.notebook or "") if not source.startswith("RULE = ")
    ]


@pytest.mark.pure
def test_it_tells_nothing_that_is_sealed(nb2: LoadedLesson) -> None:
    made = json.loads(nb2.notebook or "")
    text = " ".join(" ".join(sources(nb2.notebook or "")).split())

    assert [cell for cell in made["cells"] if cell.get("outputs")] == []
    assert [said for said in sealed_texts(nb2) if " " in said and said in text] == []
    # The three values of w in both rules, and the best one.
    numbers = {round(float(number), 2) for number in re.findall(r"\d+\.\d+", text)}
    assert numbers & {0.75, 1.21, 1.5, 1.49, 1.87, 1.96, 1.99} == set()


@pytest.mark.pure
def test_each_guess_has_a_cell_to_itself(nb2: LoadedLesson) -> None:
    """What is asked and what tells are apart, so that nothing is told before the guess."""
    asking = [
        source for source in sources(nb2.notebook or "") if re.search(r"^\s*\w+.* = guess_", source, re.MULTILINE)
    ]

    assert len(asking) == 8
    assert [source for source in asking if "print(" in source or "show(" in source] == []


@pytest.mark.pure
def test_its_sentences_are_short(nb2: LoadedLesson) -> None:
    made = json.loads(nb2.notebook or "")
    prose = "\n\n".join("".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "markdown")
    lengths = sorted(len(each.split()) for each in re.split(r"(?<=[.?:])\s|\n\n|\n(?=[-\d])", prose) if each.strip())

    assert lengths[len(lengths) // 2] <= 9
    assert lengths[-1] <= 25
