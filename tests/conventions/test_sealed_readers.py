"""Sealed fields, of whatever type of activity, are read where it is said that they are, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args

import pytest
from pydantic import BaseModel

from lessons.activities.registry import TYPES
from lessons.authoring.base import AnyActivity, Line, Sealed, Strict, sealed_fields
from tests.conventions.test_layers import PACKAGES, ROOT

pytestmark = pytest.mark.pure

PREDICT = "lessons/activities/predict"


def models_in(annotation: Any, known: frozenset[type[BaseModel]] = frozenset()) -> frozenset[type[BaseModel]]:
    """Every schema class that a field with this annotation can hold, at any depth."""
    if annotation in known:
        return known
    inner = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        known |= {annotation}
        inner = tuple(field.annotation for field in annotation.model_fields.values())
    for each in inner:
        known = models_in(each, known)
    return known


def sealed_in(*schemas: type[BaseModel]) -> frozenset[str]:
    """The names of the sealed fields of these schemas and of all that they are made of."""
    return frozenset().union(*(sealed_fields(model) for schema in schemas for model in models_in(schema)))


SEALED = sealed_in(*(kind.schema for kind in TYPES))
# Each stands in the table in docs/how/sealing.md too.
READERS = {f"{PREDICT}/{name}.py" for name in ("schema", "answers", "states", "reveal")}
# What only shares a name with a sealed field, or is what a reader answers: by module.
OTHERS = {
    "dashboard/evidence.py": {"asked.truth.right"},  # asked of `answers`, for a question that is revealed
    "dashboard/replay.py": {"question.ideas", "question.truth.right"},  # asked of `answers`
    "lessons/activities/measures.py": {"self.right", "self.also"},  # a `Truth`
    f"{PREDICT}/activity.py": {"shown.reveal"},  # an `ItemView`
    f"{PREDICT}/page.py": {"shown.reveal"},  # an `ItemView`
    f"{PREDICT}/sealing.py": {"met.saw"},  # a `Reconciliation`
    "rehearsal/players/predict.py": {
        "shown.reveal",  # an `ItemView`
        "shown.looking.ideas",  # an `ItemView`
        "answers.truth(activity, turn.rule, item).right",  # asked of `answers`
    },
}


def reads(source: str) -> Iterator[str]:
    """Each expression of a program that reads an attribute by the name of a sealed field, modules' own names apart."""
    tree = ast.parse(source)
    modules = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in modules and attr in SEALED:
                continue
            case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in SEALED:
                yield ast.unparse(node)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=attr), *_]) if attr in SEALED:
                yield ast.unparse(node)


def reads_by_module() -> dict[str, set[str]]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): set(reads(path.read_text(encoding="utf-8"))) for path in paths}


def test_the_names_of_sealed_fields_are_those_that_the_schema_marks() -> None:
    assert {"right", "within", "comments", "reveal", "ideas", "transfer"} <= SEALED
    assert not SEALED & {"key", "title", "question", "choices", "number", "min"}


class Hint(Strict):
    text: Line
    more: Sealed[Line | None] = None


class Puzzle(AnyActivity):
    type: Literal["puzzle"]
    hints: dict[str, tuple[Hint, ...] | None]
    solution: Sealed[Line]
    key_word: Sealed[Line] | None = None
    steps: tuple[Sealed[Line], ...] = ()


def test_a_new_types_sealed_fields_are_among_them_at_any_depth() -> None:
    assert sealed_in(Puzzle) == {"more", "solution", "key_word", "steps"}


@pytest.mark.slow
def test_sealed_fields_are_read_in_the_stated_modules_alone() -> None:
    unstated = {
        module: expressions - OTHERS.get(module, set())
        for module, expressions in reads_by_module().items()
        if module not in READERS
    }

    assert {module: expressions for module, expressions in unstated.items() if expressions} == {}


@pytest.mark.slow
def test_nothing_is_stated_that_is_not_there() -> None:
    found = reads_by_module()

    assert all(found[module] for module in READERS)
    assert {module: stated - found[module] for module, stated in OTHERS.items() if stated - found[module]} == {}


def test_the_paper_states_the_same_modules() -> None:
    paper = (ROOT / "docs/how/sealing.md").read_text(encoding="utf-8")
    table = paper.partition("| why |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)) == READERS


@pytest.mark.parametrize(
    "planted",
    [
        "def wall(asked): return asked.item.reveal.text",
        "def bin(number): return number.right",
        "def near(number): return getattr(number, 'within')",
        "from lessons import voting\n\nOPEN = voting.reveal\n\ndef wall(item): return item.reveal",
    ],
)
def test_a_planted_reader_is_found(planted: str) -> None:
    assert list(reads(planted))


@pytest.mark.parametrize(
    "harmless", ["from lessons import voting\n\nOPEN = voting.reveal", "def keep(met): met.saw = 1"]
)
def test_what_is_written_or_a_modules_own_is_no_reader(harmless: str) -> None:
    assert list(reads(harmless)) == []
