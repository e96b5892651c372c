"""A file check: what is wanted of a file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lessons.authoring.base import AnyActivity, Line, MarkdownFile, Strict


class Corpus(Strict):
    """The texts that a later session works with: how many words at least, in files that end in one of `types`."""

    what: Line
    min_words: Annotated[int, Field(ge=1, le=100_000_000)]
    types: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")], ...], Field(min_length=1, max_length=8)]


class FileCheck(AnyActivity):
    """A file of one's own, counted on one's own device. What is handed in is its figures, never the file."""

    type: Literal["file_check"]
    intro: MarkdownFile | None = None
    corpus: Corpus
