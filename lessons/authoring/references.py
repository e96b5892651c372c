"""What the pieces of a lesson call each other by: keys that are used once, and names that lead somewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from lessons.authoring.base import AnyActivity, Loc
from lessons.authoring.lesson import Lesson
from lessons.authoring.near import did_you_mean


def faults(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    """What is wrong with the names in a lesson, and where."""
    found = list(_keys_used_twice(lesson)) or list(_names_that_lead_nowhere(lesson)) or list(_circles(lesson))
    yield from found


def _names_that_lead_nowhere(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    parts, keys = [part.key for part in lesson.parts], [activity.key for activity in lesson.activities]
    for number, law in enumerate(lesson.laws):
        if law.part and law.part not in parts:
            yield ("laws", number, "part"), f"there is no part “{law.part}”{did_you_mean(law.part, parts)}"
    for loc, activity in activities(lesson):
        before = activity.comes_after
        if before and before not in keys:
            yield (*loc, "after"), f"there is no activity “{before}”{did_you_mean(before, keys)}"
        yield from (((*loc, *at), says) for at, says in activity.faults(lesson))


def _circles(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    if circle := circle_in({activity.key: activity.waits_for(lesson) for activity in lesson.activities}):
        [place] = [loc for loc, activity in activities(lesson) if activity.key == circle[0]]
        yield (*place, "after"), f"nobody could ever begin: {waiting(circle)}"


def circle_in(waits: Mapping[str, Collection[str]]) -> list[str]:
    """Keys that wait for each other in a circle, each for the one after it, the first and the last the same.

    >>> circle_in({"a": ["b"], "b": ["c"], "c": ["b"]})
    ['b', 'c', 'b']
    >>> circle_in({"a": ["b"], "b": []})
    []
    """
    try:
        TopologicalSorter({key: sorted(before) for key, before in waits.items()}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]
    return []


def waiting(circle: list[str]) -> str:
    """A circle in words.

    >>> waiting(["b", "c", "b"])
    '“b” waits for “c”, “c” waits for “b”'
    """
    pairs = pairwise(circle)
    return ", ".join(f"“{one}” waits for “{other}”" for one, other in pairs)


def _keys_used_twice(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    """A key is that of one part or one activity; one activity may bear the name of its own part."""
    seen: dict[str, str] = {}
    for number, part in enumerate(lesson.parts):
        if part.key in seen:
            yield ("parts", number, "key"), f"“{part.key}” is the key of {seen[part.key]} too"
        seen.setdefault(part.key, f"part {number + 1}")
    for loc, activity in activities(lesson):
        own = f"part {int(loc[1]) + 1}"
        if seen.get(activity.key, own) != own:
            yield (*loc, "key"), f"“{activity.key}” is the key of {seen[activity.key]} too"
        seen[activity.key] = f"an activity in {own}"


def activities(lesson: Lesson) -> Iterator[tuple[Loc, AnyActivity]]:
    """Activities of a lesson, each with its place."""
    for number, part in enumerate(lesson.parts):
        for place, activity in enumerate(part.activities):
            yield ("parts", number, "activities", place), activity
