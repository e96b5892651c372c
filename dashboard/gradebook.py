"""The gradebook: a row for each student, and a column for each part and for each thing to choose from in one.

Marks are for what is committed and reconciled, never for being right. A part gives as many points as its activities do,
without the extras; the part that shows a badge gives one for it. What came late counts in full.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Count, Prefetch

from badges.models import Award
from classroom import selectors
from classroom.models import Cohort, GradientRule, Membership
from dashboard.exports import Line, neutral
from lessons.activities.base import type_of
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.models import Counts, PartProgress, Prediction
from lessons.selectors import standing_of

Format = Literal["plain", "canvas", "moodle"]
# By part or by choice.
Marks = Mapping[str, int]


@dataclass(frozen=True)
class Column:
    """One part of the lesson, and how many points it gives."""

    key: str
    title: str
    possible: int
    # What members choose from in it, as “part/key”.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudentMarks:
    """One student's marks; how many predictions came late, and at how many steps help was used."""

    name: str
    username: str
    student_id: str
    points: Marks
    chosen: Marks
    late: int
    help: int

    @property
    def total(self) -> int:
        return sum(self.points.values())


@dataclass(frozen=True)
class Gradebook:
    """All marks of a class in one lesson."""

    lesson: str
    section: str
    columns: tuple[Column, ...]
    rows: tuple[StudentMarks, ...]

    @property
    def possible(self) -> int:
        return sum(column.possible for column in self.columns)


def gradebook_of(cohort: Cohort, lesson: LoadedLesson) -> Gradebook:
    """Mark everybody in the class. The number of queries does not depend on the class."""
    marking = _Marking(cohort, lesson)
    return Gradebook(lesson.lesson.title, cohort.name, marking.columns, tuple(marking.rows()))


class _Marking:
    """What the marks of a class rest on, read once."""

    def __init__(self, cohort: Cohort, lesson: LoadedLesson) -> None:
        self.cohort, self.lesson, slug = cohort, lesson.lesson, lesson.lesson.slug
        self.parts = [part for part in lesson.lesson.parts if not part.soon]
        self.core = {part.key: self._core(part) for part in self.parts}
        self.columns = tuple(self._column(part) for part in self.parts)
        theirs = selectors.by_students(cohort)
        self.awarded = set(Award.objects.filter(theirs, revoked_at=None).values_list("membership", "badge"))
        late = Prediction.objects.filter(theirs, lesson=slug, counts=Counts.LATE)
        self.late = dict(late.values_list("membership").annotate(n=Count("pk")))
        self.chosen = self._chosen()

    def rows(self) -> Iterator[StudentMarks]:
        progress = Prefetch("progress", PartProgress.objects.filter(lesson=self.lesson.slug), to_attr="in_lesson")
        for student in selectors.students_of(self.cohort).prefetch_related(progress):
            by_part = {row.part: row for row in student.in_lesson}
            helped = Counter(
                {
                    part.key: sum(self._helped(each, by_part.get(part.key)) for each in part.activities)
                    for part in self.parts
                }
            )
            yield StudentMarks(
                name=str(student.user),
                username=student.user.get_username(),
                student_id=student.student_id,
                points={part.key: self._points(student, part, by_part.get(part.key)) for part in self.parts},
                chosen=self.chosen.get(student.pk, {}),
                late=self.late.get(student.pk, 0),
                help=helped.total(),
            )

    def _core(self, part: Part) -> list[AnyActivity]:
        """Activities that give points, as a class of this rule meets them."""
        rule = GradientRule(self.cohort.gradient_rule)
        return [each.for_member("", rule) for each in part.activities if not each.extra]

    def _column(self, part: Part) -> Column:
        core = self.core[part.key]
        possible = 1 if part.badge else sum(type_of(each).points(each) for each in core)
        choices = tuple(f"{part.key}/{key}" for each in core for key in type_of(each).choices(each))
        return Column(part.key, part.title, possible, choices)

    def _points(self, student: Membership, part: Part, row: PartProgress | None) -> int:
        if part.badge:
            return int((student.pk, part.badge) in self.awarded)
        return sum(type_of(each).earned(each, standing_of(row, each)) for each in self.core[part.key])

    def _helped(self, activity: AnyActivity, row: PartProgress | None) -> int:
        return len(standing_of(row, activity).helped)

    def _chosen(self) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        for part in self.parts:
            for each in self.core[part.key]:
                kind = type_of(each)
                if not kind.choices(each):
                    continue
                for member, keys in kind.chosen(self.cohort, self.lesson, each).items():
                    found.setdefault(member, {}).update({f"{part.key}/{key}": 1 for key in keys})
        return found


def lines(book: Gradebook, form: Format) -> Iterator[str]:
    """The gradebook, line by line, with the mark that tells spreadsheets of its encoding."""
    write = csv.writer(Line()).writerow
    for number, row in enumerate(TABLES[form](book)):
        yield ("" if number else "\ufeff") + str(write([neutral(cell) for cell in row]))


def _plain(book: Gradebook) -> Iterator[Sequence[Any]]:
    choices = {column.key: column.choices for column in book.columns}
    heads = [head for column in book.columns for head in (column.key, *choices[column.key])]
    yield ("student", "username", "student_id", "section", *heads, "late", "help", "total", "possible")
    for row in book.rows:
        marks = {**dict.fromkeys(heads, 0), **row.chosen, **row.points}
        who = (row.name, row.username, row.student_id, book.section)
        yield (*who, *(marks[head] for head in heads), row.late, row.help, row.total, book.possible)


def _canvas(book: Gradebook) -> Iterator[Sequence[Any]]:
    """What Canvas's gradebook reads: its five columns in this order, and points possible in the second row.

    It finds a student by the SIS user ID, then by the SIS login ID, then by the name.
    """
    yield ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *_titles(book))
    yield ("    Points Possible", "", "", "", "", *(column.possible for column in book.columns))
    for row in book.rows:
        who = (row.name, "", row.student_id, row.username, book.section)
        yield (*who, *(row.points[column.key] for column in book.columns))


def _moodle(book: Gradebook) -> Iterator[Sequence[Any]]:
    """What Moodle's grade import reads: whoever imports it maps a column to a user, and the others to grade items."""
    yield ("Username", "ID number", "Full name", *_titles(book), f"{book.lesson}: total")
    for row in book.rows:
        yield (row.username, row.student_id, row.name, *(row.points[each.key] for each in book.columns), row.total)


def _titles(book: Gradebook) -> list[str]:
    """Names of assignments: no brackets, for Canvas reads what is in them as an assignment's number."""
    return [f"{book.lesson}: {column.title}".translate({ord("("): "", ord(")"): ""}) for column in book.columns]


TABLES = {"plain": _plain, "canvas": _canvas, "moodle": _moodle}
