"""What a lesson may contain: a closed schema, so that a misspelt word is an error and not a silence.

A lesson is a folder with `lesson.yaml` and the Markdown files it names. Whatever a student must not
see early is `Sealed`; `visible` leaves sealed fields out unless their moment has come.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from lessons.maths import drawing

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


class AnyActivity(Strict):
    """What every activity has. An `extra` is for whoever has time; a part is done without it."""

    key: Slug
    title: Line
    extra: bool = False

    def for_member(self, seed: str) -> Self:
        """Give the activity as one member meets it."""
        return self


class Reading(AnyActivity):
    """Something to read. Opening it is enough."""

    type: Literal["reading"]
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


class Drawn(Strict):
    """Points drawn for each student alone, around a line through the origin."""

    n_points: Annotated[int, Field(ge=2, le=6)]
    x: tuple[Annotated[int, Field(ge=1, le=20)], Annotated[int, Field(ge=1, le=20)]]
    slope: tuple[Exact, Exact]
    noise: Annotated[Exact, Field(ge=0)]

    @model_validator(mode="after")
    def ranges_hold_enough(self) -> Self:
        if self.x[1] - self.x[0] + 1 < self.n_points:
            raise ValueError(f"between {self.x[0]} and {self.x[1]} there are fewer than {self.n_points} whole numbers")
        if self.slope[0] > self.slope[1]:
            raise ValueError("the slopes go from the smaller to the larger")
        return self


class HandSteps(AnyActivity):
    """Gradient descent by hand on a worksheet whose help fades from step to step.

    The points are the author's (`x` and `y`), or `drawn` for each student.
    """

    type: Literal["hand_steps"]
    x: Annotated[tuple[Exact, ...], Field(max_length=6)] = ()
    y: Annotated[tuple[Exact, ...], Field(max_length=6)] = ()
    drawn: Drawn | None = None
    start: Exact
    learning_rate: Exact
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=6)]
    intro: MarkdownFile | None = None
    closing: Sealed[MarkdownFile | None] = None

    @model_validator(mode="after")
    def points_come_in_pairs(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} values and y has {len(self.y)}: each point needs both")
        if self.drawn is None and len(self.x) < 2:
            raise ValueError("a worksheet needs two points at least: give x and y, or say how they are `drawn`")
        if self.drawn is not None and self.x:
            raise ValueError("the points are either given (x and y) or `drawn`, not both")
        return self

    def for_member(self, seed: str) -> Self:
        if self.drawn is None:
            return self
        x, y = drawing.draw_points(
            seed,
            n_points=self.drawn.n_points,
            x_range=self.drawn.x,
            slope_range=self.drawn.slope,
            noise=self.drawn.noise,
        )
        return self.model_copy(update={"x": x, "y": y})


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
        if not self.soon and all(activity.extra for activity in self.activities):
            raise ValueError("a part without activities, extras apart, must say `soon: true`")
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
