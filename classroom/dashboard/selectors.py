"""The class at a glance: a constant number of queries, however large the class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _

from classroom import selectors
from classroom.models import LearningEvent, Membership, Role
from classroom.refusals import NotFound
from lessons import slips
from lessons.authoring.loader import LoadedLesson
from lessons.hand_steps import shown_cells
from lessons.models import PartProgress, PartState, Submission
from lessons.selectors import part_of, part_state

TIMELINE_LENGTH = 200


@dataclass(frozen=True)
class GridCell:
    part: str
    state: str
    tries: int
    slip: str
    since: datetime | None

    @property
    def slip_in_words(self) -> str:
        return slips.in_words(self.slip) if self.slip else ""


@dataclass(frozen=True)
class GridRow:
    id: int
    name: str
    is_here: bool
    cells: tuple[GridCell, ...]


@dataclass(frozen=True)
class GridColumn:
    key: str
    title: str
    number: int
    n_done: int
    is_soon: bool


@dataclass(frozen=True)
class Grid:
    """Students × parts, as of `version`."""

    version: int
    n_here: int
    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]


@dataclass(frozen=True)
class TimelineEntry:
    at: datetime
    title: str
    state: str
    cells: tuple[tuple[str, str, str], ...]
    slip: str = ""
    had_worked_line: bool = False
    went_on: bool = False


@dataclass(frozen=True)
class SlipCount:
    """How many students made a slip at least once; a count and no names."""

    words: str
    n_students: int


@dataclass(frozen=True)
class ActivitySlips:
    title: str
    counts: tuple[SlipCount, ...]


@dataclass(frozen=True)
class PartView:
    """One part across the class: how far it is, and which slips were made."""

    key: str
    title: str
    number: int
    is_soon: bool
    n_students: int
    states: tuple[tuple[str, str, int], ...]
    n_tries: int
    activities: tuple[ActivitySlips, ...]


def grid(membership: Membership, lesson: LoadedLesson) -> Grid:
    """Every student of the instructor's cohort against every part of the lesson."""
    cohort, parts = membership.cohort, lesson.lesson.parts
    # The version was read with the membership, so before all of this: whatever was committed since has a higher one.
    version = cohort.version.number
    progress = Prefetch("progress", PartProgress.objects.filter(lesson=lesson.lesson.slug), to_attr="in_lesson")
    rows = []
    for student in selectors.students_of(cohort).prefetch_related(progress):
        by_part = {row.part: row for row in student.in_lesson}
        cells = []
        for part in parts:
            row = by_part.get(part.key)
            state = part_state(part, row)
            cells.append(
                GridCell(part.key, state, row.tries if row else 0, row.slip if row else "", row.since if row else None)
            )
        rows.append(GridRow(student.pk, str(student.user), selectors.is_here(student), tuple(cells)))
    columns = tuple(
        GridColumn(part.key, part.title, i + 1, sum(r.cells[i].state == PartState.DONE for r in rows), part.soon)
        for i, part in enumerate(parts)
    )
    return Grid(version, sum(row.is_here for row in rows), columns, tuple(rows))


def part_view(membership: Membership, lesson: LoadedLesson, key: str) -> PartView:
    """One part of the lesson across the instructor's class."""
    part = part_of(lesson, key)
    n_students = selectors.students_of(membership.cohort).count()
    in_class = PartProgress.objects.filter(membership__cohort=membership.cohort, membership__role=Role.STUDENT)
    rows = list(in_class.filter(lesson=lesson.lesson.slug, part=key).values_list("state", "tries"))
    counted = {state: sum(state == row_state for row_state, _tries in rows) for state in PartState.values}
    counted[PartState.NOT_STARTED] += n_students - len(rows)
    shown = [PartState.NOT_STARTED, PartState.WORKING, PartState.STUCK, PartState.DONE]
    if counted[PartState.WAITING]:
        shown.insert(3, PartState.WAITING)
    return PartView(
        key=part.key,
        title=part.title,
        number=[each.key for each in lesson.lesson.parts].index(key) + 1,
        is_soon=part.soon,
        n_students=n_students,
        states=tuple((state.value, str(state.label), counted[state]) for state in shown),
        n_tries=sum(tries for _state, tries in rows),
        activities=_slips_of(membership, lesson, key),
    )


def _slips_of(membership: Membership, lesson: LoadedLesson, key: str) -> tuple[ActivitySlips, ...]:
    activities = part_of(lesson, key).activities
    titles = {activity.key: activity.title for activity in activities if activity.type == "hand_steps"}
    made = (
        Submission.objects.filter(
            membership__cohort=membership.cohort,
            membership__role=Role.STUDENT,
            lesson=lesson.lesson.slug,
            activity__in=titles,
        )
        .exclude(slip="")
        .values_list("activity", "slip")
        .annotate(n=Count("membership", distinct=True))
        .order_by("-n", "slip")
    )
    found: dict[str, dict[str, int]] = {activity: {} for activity in titles}
    for activity, slip, n in made:
        found[activity][slip] = n
    return tuple(
        ActivitySlips(titles[activity], tuple(SlipCount(slips.in_words(slip), n) for slip, n in counts.items()))
        for activity, counts in found.items()
    )


def progress_report(found: Grid) -> dict[str, Any]:
    """The grid as the API gives it."""
    return {
        "version": found.version,
        "here": found.n_here,
        "students": [
            {
                "id": row.id,
                "name": row.name,
                "parts": {
                    cell.part: {
                        "state": cell.state,
                        "tries": cell.tries,
                        "slip": cell.slip or None,
                        "since": cell.since,
                    }
                    for cell in row.cells
                },
            }
            for row in found.rows
        ],
        "totals": {column.key: column.n_done for column in found.columns},
    }


def student_of(membership: Membership, student_id: int) -> Membership:
    """A student of the instructor's own cohort."""
    student = selectors.students_of(membership.cohort).filter(pk=student_id).first()
    if student is None:
        raise NotFound(_("Your class has no such student."))
    return student


def timeline(student: Membership, lesson: LoadedLesson) -> tuple[TimelineEntry, ...]:
    """What a student did in a lesson, newest first."""
    submissions = Submission.objects.filter(membership=student, lesson=lesson.lesson.slug).order_by("-id")
    entries = [_entry(submission, lesson) for submission in submissions[:TIMELINE_LENGTH]]
    told = LearningEvent.objects.filter(membership=student, kind__in=("cohort_joined", "part_done"))
    titles = {part.key: part.title for part in lesson.lesson.parts}
    for event in told.order_by("-at")[:TIMELINE_LENGTH]:
        if event.kind == "cohort_joined":
            entries.append(TimelineEntry(event.at, _("Joined the class"), "joined", ()))
        elif event.facts.get("lesson") == lesson.lesson.slug:
            title = _("Finished “%(part)s”") % {"part": titles.get(event.facts["part"], event.facts["part"])}
            entries.append(TimelineEntry(event.at, title, "done", ()))
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))


def _entry(submission: Submission, lesson: LoadedLesson) -> TimelineEntry:
    found = lesson.find_activity(submission.activity)
    title = found[1].title if found else submission.activity
    state = "accepted" if submission.accepted else ("not_yet" if submission.is_try else "no_try")
    return TimelineEntry(
        submission.received_at,
        _("%(activity)s, step %(step)d") % {"activity": title, "step": submission.step},
        state,
        shown_cells(submission.answer, submission.reply),
        slip=slips.in_words(submission.slip) if submission.slip and not submission.accepted else "",
        had_worked_line=bool(submission.reply.get("worked_line")),
        went_on=bool(submission.answer.get("go_on")),
    )
