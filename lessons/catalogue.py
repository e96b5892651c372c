"""The lessons that there are: read from their folders, and again when something in these changes.

Each process looks for itself, once a second at most while it is asked for lessons, and reads in a thread of its own:
whoever asks meanwhile gets what was there before. A folder that cannot be used takes no other with it, and what it held
before stays in use.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from types import MappingProxyType

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from lessons.activities import base
from lessons.authoring.lint import Findings, warnings
from lessons.authoring.loader import LoadedLesson, load
from lessons.authoring.source import LessonError, LessonProblem

# Those that come with Downhill.
LESSONS_FOLDER = Path(__file__).parent / "content"

EVERY = 1.0  # seconds between two looks
QUIET = 1.0  # seconds that a file has been left alone before it is read: it may be half written
UNSEEN = 2.0  # seconds after which whoever asks waits for a look: few ask, and nothing older is shown to anybody
FILES = (".yaml", ".md", ".svg", ".ipynb")

# What tells whether a folder has changed: the name, the time and the size of each file.
Signature = tuple[tuple[str, int, int], ...]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Broken:
    """A folder whose files cannot be used as they are. `is_kept`: what they held before still is."""

    slug: str
    folder: Path
    problems: tuple[LessonProblem, ...]
    is_kept: bool


@dataclass(frozen=True, eq=False)
class _Reading:
    """What a folder held when it was read: its lesson, or the one before and what is wrong with it now."""

    signature: Signature
    loaded: LoadedLesson | None
    problems: tuple[LessonProblem, ...] = ()


@dataclass(frozen=True)
class _Shelf:
    """All lessons at one moment."""

    roots: Sequence[Path]
    looked_at: float
    readings: Mapping[Path, _Reading] = field(default_factory=dict)
    lessons: Mapping[str, LoadedLesson] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()


_shelf: _Shelf | None = None
_reader: Thread | None = None


def all_lessons() -> Mapping[str, LoadedLesson]:
    """Give every lesson that can be used, by slug."""
    return _now().lessons


def get(slug: str) -> LoadedLesson | None:
    return all_lessons().get(slug)


def broken() -> tuple[Broken, ...]:
    """Give the folders whose files cannot be used as they are."""
    return _now().broken


def folders(root: Path | None = None) -> list[Path]:
    """List the folders that hold a lesson, those of one root by name."""
    roots = [root] if root else settings.LESSONS_FOLDERS
    return [folder for each in roots for folder, signature in _look(Path(each)) if _has_lesson(signature)]


def refresh() -> None:
    """Look at the folders now, and read again what has changed in them."""
    _renew(_shelf)


def forget() -> None:
    """Read everything again when somebody asks next: something else has changed than files."""
    global _shelf
    _shelf = None


def lint(loaded: LoadedLesson) -> Findings:
    """Find what an author has to mend, may want to think about again, or should know."""
    found = Findings(warnings=list(warnings(loaded)))
    for kind in base.types().values():
        found.warnings += kind.lint_lesson(loaded.lesson)
    for activity in loaded.lesson.activities:
        at = loaded.places[activity.key]
        found.add(base.type_of(activity).lint(activity), f"{at.file.name}:{at.line}: {at.where}")
    return found


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check: the folders are there, and the lessons in them can be used. No error: the others can be."""
    lost = [root for root in settings.LESSONS_FOLDERS if not Path(root).is_dir()]
    return [
        *(Warning(f"LESSONS_FOLDERS names a folder that is not there: {root}", id="lessons.W001") for root in lost),
        *(Warning(str(problem), id="lessons.W002") for each in broken() for problem in each.problems),
    ]


def _now() -> _Shelf:
    global _reader
    shelf, age = _shelf, 0.0
    if shelf is not None:
        age = time.monotonic() - shelf.looked_at
    if shelf is None or age > UNSEEN or shelf.roots != settings.LESSONS_FOLDERS:
        return _renew(shelf)
    if age > EVERY and not (_reader and _reader.is_alive()):
        _reader = Thread(target=_renew, args=(shelf,), name="lessons", daemon=True)
        _reader.start()
    return shelf


def _renew(before: _Shelf | None) -> _Shelf:
    global _shelf
    roots = tuple(map(Path, settings.LESSONS_FOLDERS))
    known = before.readings if before else {}
    seen = dict(each for root in roots for each in _look(root))
    # A file that is being replaced is away for a moment, and a lesson with it.
    readings = {
        folder: _read(folder, signature, known.get(folder))
        for folder, signature in seen.items()
        if folder in known or _has_lesson(signature)
    }
    now = time.monotonic()
    if before and list(readings.items()) == list(known.items()):
        shelf = replace(before, roots=settings.LESSONS_FOLDERS, looked_at=now)
    else:
        lessons, wrong = _by_slug(readings)
        shelf = _Shelf(settings.LESSONS_FOLDERS, now, readings, MappingProxyType(lessons), tuple(wrong))
    _shelf = shelf  # in one step: nobody sees half of it
    return shelf


def _look(root: Path) -> Iterator[tuple[Path, Signature]]:
    """Look at the folders below a root, by name."""
    try:
        with os.scandir(root) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return  # it is not there, or not any more; `check` says so
    for name in names:
        files = []
        try:
            with os.scandir(root / name) as entries:
                for entry in entries:
                    if entry.name.endswith(FILES):
                        stat = entry.stat()
                        files.append((entry.name, stat.st_mtime_ns, stat.st_size))
        except OSError:
            pass  # taken away while it was looked at; the next look tells
        yield root / name, tuple(sorted(files))


def _has_lesson(signature: Signature) -> bool:
    return any(name == "lesson.yaml" for name, __, ___ in signature)


def _read(folder: Path, signature: Signature, before: _Reading | None) -> _Reading:
    """Read a folder, unless it is as it was or somebody is writing to it at this moment."""
    now = time.time_ns()
    is_written = any(0 <= now - changed < QUIET * 1e9 for __, changed, ___ in signature)
    if before is not None and (signature == before.signature or is_written):
        return before
    try:
        return _Reading(signature, _loaded(folder))
    except LessonError as error:
        kept = before.loaded if before else None
        for problem in error.problems:
            logger.warning("%s%s", problem, " (as it was before, the lesson is still in use)" if kept else "")
        return _Reading(signature, kept, tuple(error.problems))


def _loaded(folder: Path) -> LoadedLesson:
    """Load a lesson. What no reader foresaw, such as a thousand nested lists, is a fault of this folder alone."""
    try:
        return load(folder)
    except (RecursionError, LookupError, AttributeError, TypeError, ValueError) as error:
        logger.exception("%s cannot be read", folder)
        says = f"cannot be read ({type(error).__name__}); look for what is nested too deeply, or begins with “!!”"
        raise LessonError([LessonProblem(folder / "lesson.yaml", says)]) from error


def _by_slug(readings: Mapping[Path, _Reading]) -> tuple[dict[str, LoadedLesson], list[Broken]]:
    """Lessons by their slugs, the first of those that share one, and the folders in which something is wrong."""
    lessons: dict[str, LoadedLesson] = {}
    wrong: list[Broken] = []
    for folder, each in readings.items():
        slug = each.loaded.lesson.slug if each.loaded else ""
        if each.loaded and slug in lessons:
            says = f"“{slug}” is the slug of another lesson too"
            problem = LessonProblem(folder / "lesson.yaml", says, "slug", line=_slug_in(folder)[1], where="slug")
            wrong.append(Broken(slug, folder, (problem,), is_kept=False))
            continue
        if each.loaded:
            lessons[slug] = each.loaded
        if each.problems:
            wrong.append(Broken(slug or _slug_in(folder)[0], folder, each.problems, is_kept=bool(slug)))
    return lessons, wrong


def _slug_in(folder: Path) -> tuple[str, int | None]:
    """The slug that a lesson.yaml seems to have, whatever else is wrong with it, and its line."""
    try:
        text = (folder / "lesson.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return folder.name, None
    found = re.search(r"^slug:\s*[\"']?([a-z0-9-]+)", text, re.MULTILINE)
    return (found[1], text[: found.start()].count("\n") + 1) if found else (folder.name, None)
