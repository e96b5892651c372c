"""CSS and scripts of a part's page: each file once, by the order of types, for all that may be exchanged into it."""

from __future__ import annotations

from collections.abc import Iterator

from lessons.activities.base import Media, type_of, types
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson

STYLES = ("lessons/css/lesson.css", "lessons/css/class_call.css")
FIRST = ("lessons/js/arrive.js",)
# Where something is sent, which is on a member's own page alone.
OWN = (
    "lessons/js/drafts.js",
    "lessons/js/caret.js",
    "lessons/js/errors.js",
    "classroom/js/poll.js",
    "lessons/js/class_call.js",
    "lessons/js/bring.js",
    "lessons/js/away.js",
    "lessons/js/typed.js",
    "classroom/js/timer.js",
)


def styles_of(lesson: LoadedLesson, part: Part) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*STYLES, *(name for each in _media(lesson, part) for name in each.css))))


def scripts_of(lesson: LoadedLesson, part: Part, *, is_own: bool) -> tuple[str, ...]:
    scripts = [script for each in _media(lesson, part) for script in each.scripts]
    names = (script.name for script in scripts if is_own or not script.is_own)
    return tuple(dict.fromkeys((*FIRST, *names, *(OWN if is_own else ()))))


def loaded_together(lesson: LoadedLesson, part: Part) -> Iterator[tuple[str, ...]]:
    """Everything that a page of this part may load in one file."""
    yield styles_of(lesson, part)
    yield scripts_of(lesson, part, is_own=True)
    yield scripts_of(lesson, part, is_own=False)


def _media(lesson: LoadedLesson, part: Part) -> list[Media]:
    drawn = [lesson.lesson.activity(key) for each in part.activities for key in type_of(each).draws(each)]
    kinds = {type_of(each) for each in (*part.activities, *filter(None, drawn))}
    return [kind.media for kind in types().values() if kind in kinds]
