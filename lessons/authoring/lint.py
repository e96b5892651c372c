"""Lint of a lesson: what the schema allows and its author should still know, as faults, warnings and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from lessons.authoring.lesson import Lesson
from lessons.authoring.loader import LoadedLesson

MAX_CORE_MINUTES = 120


@dataclass
class Findings:
    """Findings to tell the author: faults stop a lesson, warnings do not, notes are for whoever wants to know."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, found: Findings, about: str) -> None:
        """Take in what was found about a part of the lesson, under its name."""
        self.faults += [f"{about}: {fault}" for fault in found.faults]
        self.warnings += [f"{about}: {warning}" for warning in found.warnings]
        self.notes += [f"{about}: {note}" for note in found.notes]


def core_minutes(lesson: Lesson) -> int:
    """Add up the minutes that everyone in class goes through."""
    return sum(part.minutes for part in lesson.parts)


def warnings(loaded: LoadedLesson) -> Iterator[str]:
    """What concerns the lesson as a whole."""
    yield from (str(replace(problem, file=Path(problem.file.name))) for problem in loaded.unshown)
    minutes = core_minutes(loaded.lesson)
    if minutes > MAX_CORE_MINUTES:
        yield f"the core takes {minutes} minutes, and a session has {MAX_CORE_MINUTES}"
    for name in loaded.unnamed_texts:
        yield f"{name} is in the folder, but nothing names it"
