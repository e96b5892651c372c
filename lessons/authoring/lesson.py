"""A lesson: its parts, what each has to do, and what holds it together.

Which types of activities there are is said from above (`use`), since each stands in a folder of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self, get_args

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from lessons.authoring.base import (
    AnyActivity,
    Line,
    MarkdownFile,
    NotebookFile,
    Paragraph,
    PictureFile,
    Slug,
    Strict,
    shaped,
)

LEAD_WORDS = 60

# What an act names: a key, or “activity/key” where two activities of its part have it.
Name = Annotated[
    str,
    Field(max_length=121),
    shaped(r"[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?", "is neither a key nor “activity/key”"),
]

Language = Annotated[str, shaped("[a-z]{2}(-[A-Z]{2})?", "is not the code of a language; write en, de or pt-BR")]

_schemas: dict[str, type[AnyActivity]] = {}


class _OfKnownType:
    """Reads an activity by its `type`, as one of those that `use` was told."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {word: handler.generate_schema(schema) for word, schema in _schemas.items()}
        return core_schema.tagged_union_schema(choices, discriminator="type")


Activity = Annotated[AnyActivity, _OfKnownType()]


class Picture(Strict):
    """A drawing beside the lead: its file, and what it `says` to whoever does not see it."""

    file: PictureFile
    says: Line


class Act(Strict):
    """An act of a led part, in one word: `work` at an activity, `vote` on a question, `run` an experiment (or one trial
    of it, “experiment/trial”), `reveal` a question. Its `minutes` are worked out where they are not said.
    """

    work: Name | None = None
    vote: Name | None = None
    run: Name | None = None
    reveal: Name | None = None
    minutes: Annotated[int, Field(ge=0, le=120)] | None = None

    @model_validator(mode="after")
    def is_one_thing(self) -> Self:
        if len(self._said) != 1:
            raise ValueError("an act is one of `work`, `vote`, `run` and `reveal`")
        return self

    @property
    def _said(self) -> list[str]:
        return [kind for kind in ("work", "vote", "run", "reveal") if getattr(self, kind) is not None]

    @property
    def kind(self) -> str:
        return self._said[0]

    @property
    def name(self) -> str:
        """What it names: an activity, an experiment or a question."""
        return str(getattr(self, self.kind))


class Part(Strict):
    """A station on the arc.

    `soon` marks one whose activities are still to come, `more_soon` one where some are. One with a `badge` has none: it
    shows how far that badge is earned. What is to be done before the next session is `homework`. The `lead`, in inline
    Markdown, and its `picture` come before the first task; the longer story, `prose`, waits behind “Why?”. Whoever
    leads a class goes through the `acts` in their order; where none are said, in that of the activities.
    """

    model_config = ConfigDict(defer_build=True)  # until the types are known

    key: Slug
    title: Line
    line: Line
    minutes: Annotated[int, Field(ge=0, le=120)]
    lead: Paragraph | None = None
    picture: Picture | None = None
    prose: MarkdownFile
    soon: bool = False
    more_soon: bool = False
    badge: Slug | None = None
    homework: bool = False
    activities: tuple[Activity, ...] = ()
    acts: Annotated[tuple[Act, ...], Field(max_length=60)] = ()

    @model_validator(mode="after")
    def lead_is_short(self) -> Self:
        if self.lead and (n := len(self.lead.split())) > LEAD_WORDS:
            raise ValueError(f"the `lead` has {n} words, and at most {LEAD_WORDS} are read before a task")
        return self

    @model_validator(mode="after")
    def has_something_to_do(self) -> Self:
        if (self.badge is not None) != (self.key == "badge") or (self.badge and self.activities):
            raise ValueError("the part with a `badge` has the key “badge” and no activities")
        if not self.badge and not self.soon and all(activity.extra for activity in self.activities):
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
    model_config = ConfigDict(defer_build=True)  # likewise

    slug: Slug
    title: Line
    language: Language
    hero: Hero
    today: Annotated[tuple[Promise, ...], Field(min_length=1, max_length=6)]
    arc: MarkdownFile
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=12)]
    laws: tuple[Law, ...] = ()
    sentence: Line
    # The session's work in plain Python, for students to take away from the first minute on: nothing sealed in it.
    notebook: NotebookFile | None = None

    @property
    def activities(self) -> tuple[AnyActivity, ...]:
        """The activities of all parts, in their order."""
        return tuple(activity for part in self.parts for activity in part.activities)

    def activity(self, key: str | None) -> AnyActivity | None:
        return next((activity for activity in self.activities if activity.key == key), None)


def use(activities: Iterable[type[AnyActivity]]) -> None:
    """Let parts hold these types of activities, told apart by their `type`, and no others."""
    _schemas.clear()
    _schemas.update((word_of(schema), schema) for schema in activities)
    for model in (Part, Lesson):
        model.model_rebuild(force=True)


def types() -> Mapping[str, type[AnyActivity]]:
    """The types of activities that parts may hold, by their `type`."""
    return _schemas


def word_of(activity: type[AnyActivity]) -> str:
    """The word that stands as `type` in a lesson's file."""
    (word,) = get_args(activity.model_fields["type"].annotation)
    return str(word)
