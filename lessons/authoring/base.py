"""What every part of a lesson is made of: closed models, checked words, exact numbers, and the mark of what is sealed.

A misspelt word is an error and not a silence. Whatever a student must not see early is `Sealed`; `visible` leaves
sealed fields out unless their moment has come.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

if TYPE_CHECKING:
    from lessons.authoring.lesson import Lesson

T = TypeVar("T")

Loc = tuple[str | int, ...]  # the way to a field, as pydantic writes it

MARKDOWN_NAME = r"[a-z0-9_]+\.md"

NOTEBOOK_NAME = r"[a-z0-9_]+\.ipynb"

PICTURE_NAME = r"[a-z0-9_]+\.svg"


class Misplaced(ValueError):
    """Something wrong in a model, and `at` which of its fields its author can put it right."""

    def __init__(self, says: str, *at: str | int) -> None:
        super().__init__(says)
        self.at: Loc = at


class SealedMark:
    """The mark that `Sealed` leaves on a field."""


Sealed = Annotated[T, SealedMark()]


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(f"“{value}” is not a slug: use lower-case letters, digits and single hyphens")
    return value


def _file(name: str, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(name, value):
            ending = name.rpartition(".")[2]
            raise ValueError(
                f"“{value}” is not the name of {what} beside lesson.yaml; use small letters, digits and _, "
                f"and end with .{ending}"
            )
        return value

    return AfterValidator(check)


def shaped(pattern: str, says: str) -> AfterValidator:
    """Check that a text is written as it should be, and say how."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"“{value}” {says}")
        return value

    return AfterValidator(check)


def _exact(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        if re.search(r"e[+-]?\d{3}", str(value), re.IGNORECASE):
            raise ValueError  # Fraction("1e999999999") would work for minutes
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"“{value}” is not a number; write 0.05, or a fraction such as 4/15") from None


Slug = Annotated[str, Field(max_length=60), AfterValidator(_slug)]

Line = Annotated[str, Field(min_length=1, max_length=300)]

Paragraph = Annotated[str, Field(min_length=1, max_length=900)]

# What a good answer has; whoever reads it ticks these.
Asks = Annotated[tuple[Line, ...], Field(max_length=4)]

MarkdownFile = Annotated[str, _file(MARKDOWN_NAME, "a Markdown file")]

NotebookFile = Annotated[str, _file(NOTEBOOK_NAME, "a notebook (.ipynb)")]

PictureFile = Annotated[str, _file(PICTURE_NAME, "a picture (.svg)")]

# A number as its author wrote it: 0.1 is exactly 1/10, and "4/15" stays a fraction.
Exact = Annotated[
    Fraction,
    BeforeValidator(_exact, json_schema_input_type=int | float | str),
    PlainSerializer(str, return_type=str),
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Votable(Protocol):
    """A question that a whole class can be asked: an instructor opens its votes and its reveal."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def minutes(self) -> int: ...
    @property
    def extra(self) -> bool: ...
    @property
    def run(self) -> str | None: ...
    @property
    def trial(self) -> str | None: ...
    @property
    def poll(self) -> bool: ...
    @property
    def after(self) -> str | None: ...
    @property
    def votes(self) -> int: ...
    @property
    def choices(self) -> tuple[Named, ...]: ...
    @property
    def second(self) -> Any: ...


class Named(Protocol):
    """An outcome, by its key and in words."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...


class AnyActivity(Strict):
    """What every activity has. An `extra` is for whoever has time; a part is done without it."""

    key: Slug
    title: Line
    extra: bool = False
    # Which one this is; each type has a class of its own, whose word stands here.
    type: str

    def for_member(self, seed: str, rule: str = "half") -> Self:
        """Give the activity as one member of a class with this gradient rule meets it."""
        return self

    @property
    def is_read(self) -> bool:
        """What is handed in here waits until an instructor has read it."""
        return False

    @property
    def rubric(self) -> tuple[str, ...]:
        """What a good answer has, line by line, for whoever reads it."""
        return ()

    @property
    def comes_after(self) -> str | None:
        """The key of the activity that comes first."""
        return None

    @property
    def trial_keys(self) -> tuple[str, ...]:
        """What can be run here, and a question elsewhere may wait for."""
        return ()

    @property
    def votables(self) -> tuple[Votable, ...]:
        """Its questions that a whole class can be asked."""
        return ()

    @property
    def n_to_choose(self) -> int:
        """How many of its questions are done, where members choose them; 0, where all of them are."""
        return 0

    def votable(self, key: str) -> Votable | None:
        """One of its questions that a whole class can be asked."""
        return next((item for item in self.votables if item.key == key), None)

    def waits_for(self, lesson: Lesson) -> Collection[str]:
        """The keys of the activities that have to be behind somebody before this one can be done."""
        return () if self.comes_after is None else (self.comes_after,)

    def faults(self, lesson: Lesson) -> Iterator[tuple[Loc, str]]:
        """What is wrong with the activity in the lesson in which it stands, and where in it."""
        return iter(())


@cache
def sealed_fields(model: type[BaseModel]) -> frozenset[str]:
    """Name the fields of a schema class that are marked `Sealed`, as a whole or anywhere in their type."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, SealedMark) for mark in (*field.metadata, *_parts(field.annotation)))
    )


def _parts(annotation: Any) -> Iterator[Any]:
    """All that a type is put together from, marks included."""
    for part in get_args(annotation):
        yield part
        yield from _parts(part)


def visible(activity: BaseModel, *, unsealed: bool = False) -> dict[str, Any]:
    """Give an activity as plain data, without its sealed fields, at any depth, unless `unsealed`."""
    return activity.model_dump(mode="json", exclude=None if unsealed else _sealed_paths(activity))


def _sealed_paths(model: BaseModel) -> dict[str, Any]:
    sealed = sealed_fields(type(model))
    paths: dict[str, Any] = dict.fromkeys(sealed, True)
    for name, value in model:
        if name in sealed:
            continue
        if isinstance(value, BaseModel):
            paths[name] = _sealed_paths(value)
        elif isinstance(value, tuple):
            paths[name] = {i: _sealed_paths(item) for i, item in enumerate(value) if isinstance(item, BaseModel)}
    return {name: path for name, path in paths.items() if path}
