"""A source check: what it may contain."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lessons.authoring.base import AnyActivity, Asks, Line, MarkdownFile, Paragraph, Slug, Strict


class SuppliedAnswer(Strict):
    """An answer to check for whoever has no assistant of their own, with the day on which it was written."""

    key: Slug
    dated: date
    question: Line
    answer: Paragraph


class SourceCheck(AnyActivity):
    """One claim of an AI assistant, held against two sources that do not copy one another; an instructor reads it."""

    type: Literal["source_check"]
    intro: MarkdownFile | None = None
    asks: Asks = ()
    answers: Annotated[tuple[SuppliedAnswer, ...], Field(max_length=8)] = ()

    @property
    def rubric(self) -> tuple[str, ...]:
        return self.asks

    @property
    def is_read(self) -> bool:
        return True

    @model_validator(mode="after")
    def answers_have_names(self) -> Self:
        keys = [answer.key for answer in self.answers]
        if len(set(keys)) != len(keys):
            raise ValueError("two answers have the same key")
        return self

    def answer(self, key: str) -> SuppliedAnswer | None:
        return next((answer for answer in self.answers if answer.key == key), None)
