"""What a lesson may contain: a closed schema, so that a misspelt word is an error and not a silence.

A lesson is a folder with `lesson.yaml` and the Markdown files it names. Whatever a student must not
see early is `Sealed`; `visible` leaves sealed fields out unless their moment has come.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

T = TypeVar("T")
MARKDOWN_NAME = r"[a-z0-9_]+\.md"


class SealedMark:
    """The mark that `Sealed` leaves on a field."""


Sealed = Annotated[T, SealedMark()]


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(f"“{value}” is not a slug: use lower-case letters, digits and single hyphens")
    return value


def _markdown_file(value: str) -> str:
    if not re.fullmatch(MARKDOWN_NAME, value):
        raise ValueError(f"“{value}” is not the name of a Markdown file beside lesson.yaml")
    return value


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
MarkdownFile = Annotated[str, AfterValidator(_markdown_file)]
# A number as its author wrote it: 0.1 is exactly 1/10, and "4/15" stays a fraction.
Exact = Annotated[
    Fraction,
    BeforeValidator(_exact, json_schema_input_type=int | float | str),
    PlainSerializer(str, return_type=str),
]
Cell = Literal["errors", "products", "mean", "gradient", "w", "error_last"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(Strict):
    """Something to read. Opening it is enough."""

    type: Literal["reading"]
    key: Slug
    title: Line
    text: MarkdownFile


class Step(Strict):
    """One gradient step: which cells of the worksheet it asks for."""

    ask: Annotated[tuple[Cell, ...], Field(min_length=1)]
    say: Line

    @model_validator(mode="after")
    def asks_for_w_last(self) -> Self:
        if self.ask[-1] != "w" or len(set(self.ask)) != len(self.ask):
            raise ValueError("each step asks for its cells once, and for w last")
        return self


class HandSteps(Strict):
    """Gradient descent by hand on a worksheet whose help fades from step to step."""

    type: Literal["hand_steps"]
    key: Slug
    title: Line
    x: Annotated[tuple[Exact, ...], Field(min_length=2, max_length=6)]
    y: Annotated[tuple[Exact, ...], Field(min_length=2, max_length=6)]
    start: Exact
    learning_rate: Exact
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=6)]
    intro: MarkdownFile | None = None
    closing: Sealed[MarkdownFile | None] = None

    @model_validator(mode="after")
    def points_come_in_pairs(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} values and y has {len(self.y)}: each point needs both")
        return self


Activity = Annotated[Reading | HandSteps, Field(discriminator="type")]


class Part(Strict):
    """A station on the arc. `soon` marks one whose activities are still to come."""

    key: Slug
    title: Line
    line: Line
    minutes: Annotated[int, Field(ge=0, le=120)]
    prose: MarkdownFile
    soon: bool = False
    activities: tuple[Activity, ...] = ()

    @model_validator(mode="after")
    def has_something_to_do(self) -> Self:
        if not self.soon and not self.activities:
            raise ValueError("a part without activities must say `soon: true`")
        return self


class Promise(Strict):
    """One line of “Today you will”; the words between ** are set in bold."""

    icon: Annotated[str, Field(max_length=8)]
    text: Line


class Law(Strict):
    number: Annotated[int, Field(ge=1)]
    text: Line
    explained: Line
    part: Slug | None = None


class Hero(Strict):
    eyebrow: Line
    text: Line


class Lesson(Strict):
    slug: Slug
    title: Line
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
    hero: Hero
    today: Annotated[tuple[Promise, ...], Field(min_length=1, max_length=6)]
    arc: MarkdownFile
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=12)]
    laws: tuple[Law, ...] = ()
    sentence: Line

    @model_validator(mode="after")
    def keys_are_unique(self) -> Self:
        keys = [part.key for part in self.parts]
        for part in self.parts:
            own = [activity.key for activity in part.activities]
            if part.key in own:
                own.remove(part.key)  # one activity may bear the name of its own part
            keys += own
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"these keys are used more than once: {', '.join(twice)}")
        unknown = sorted({law.part for law in self.laws if law.part} - {part.key for part in self.parts})
        if unknown:
            raise ValueError(f"a law names parts that do not exist: {', '.join(unknown)}")
        return self


def sealed_fields(model: type[BaseModel]) -> frozenset[str]:
    """Name the fields of a schema class that are marked `Sealed`."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, SealedMark) for mark in field.metadata)
    )


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
