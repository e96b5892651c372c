"""The lessons that come with Downhill, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from lessons.activities import base
from lessons.authoring.lint import Findings, warnings
from lessons.authoring.loader import LessonError, LessonProblem, LoadedLesson, load

LESSONS_FOLDER = Path(__file__).parent / "content"


def folders(root: Path = LESSONS_FOLDER) -> list[Path]:
    """List the folders below `root` that hold a lesson, by name."""
    return sorted(file.parent for file in root.glob("*/lesson.yaml"))


def load_all(root: Path = LESSONS_FOLDER) -> Mapping[str, LoadedLesson]:
    """Load every lesson below `root`, by slug. One that cannot be used, or a slug taken twice, is a `LessonError`."""
    lessons: dict[str, LoadedLesson] = {}
    for folder in folders(root):
        loaded = load(folder)
        if loaded.lesson.slug in lessons:
            message = f"“{loaded.lesson.slug}” is the slug of another lesson too"
            raise LessonError([LessonProblem(folder / "lesson.yaml", message, "slug")])
        lessons[loaded.lesson.slug] = loaded
    return MappingProxyType(lessons)


@cache
def all_lessons() -> Mapping[str, LoadedLesson]:
    """Give every lesson by slug."""
    return load_all(LESSONS_FOLDER)


def get(slug: str) -> LoadedLesson | None:
    return all_lessons().get(slug)


def lint(loaded: LoadedLesson) -> Findings:
    """Find what an author has to mend, may want to think about again, or should know."""
    found = Findings(warnings=list(warnings(loaded)))
    for kind in base.types().values():
        found.warnings += kind.lint_lesson(loaded.lesson)
    for activity in loaded.lesson.activities:
        found.add(base.type_of(activity).lint(activity), f"activity “{activity.key}”")
    return found
