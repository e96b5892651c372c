"""A file check's page: what is wanted, and what is known of the member's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lessons.activities.base import ActivityView
from lessons.activities.file_check.schema import Corpus, FileCheck


@dataclass(frozen=True)
class CorpusSheet:
    """The activity's page: what is wanted, and what is known of the member's file."""

    corpus: Corpus
    accept: str
    file: Mapping[str, Any]
    has_enough: bool
    # They said that they have no file yet.
    has_none: bool
    # Picked once more, and it was the same.
    is_confirmed: bool


def page(view: ActivityView) -> CorpusSheet:
    """Lay out a file check for one member."""
    activity: FileCheck = view.activity
    memory = view.standing.memory
    file = memory.file
    return CorpusSheet(
        corpus=activity.corpus,
        accept=",".join(f".{each}" for each in activity.corpus.types),
        file=file,
        has_enough=bool(file) and file["words"] >= activity.corpus.min_words,
        has_none=memory.none,
        is_confirmed=memory.is_confirmed,
    )
