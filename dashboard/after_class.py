"""After class: what each student did, to be printed; who missed it; and what the next session begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Prefetch
from django.utils.translation import gettext as _

from classroom import selectors
from classroom.models import Cohort, LearningEvent, Membership
from dashboard import slip_counts
from dashboard.grid_options import name_by_number
from lessons import small_numbers, stage
from lessons.activities.base import Account, type_of
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import PredictionSealed, Reconciled, RunAsked
from lessons.models import FINISHED, PartOpening, PartProgress, PartState, Submission
from lessons.selectors import accounts_of, standing_of

MOST_SLIPS = 3
# Parts that one act opened, each with a time of its own, are no further apart.
ONE_ACT = timedelta(seconds=10)
# What a student does that is not handed in.
ACTS = (PredictionSealed.kind, Reconciled.kind, RunAsked.kind)


@dataclass(frozen=True)
class Did:
    """What one student did, part by part, compared with nobody."""

    id: int
    name: str
    parts: Sequence[tuple[Part, Sequence[tuple[str, Account]]]]


def did(student: Membership, lesson: LoadedLesson, *, name: str = "", at: stage.StageView | None = None) -> Did:
    """One student's page: about twenty queries, however much they did."""
    return Did(student.pk, name or str(student.user), accounts_of(student, lesson, at))


def did_by_all(cohort: Cohort, lesson: LoadedLesson) -> tuple[Did, ...]:
    """A page for each student who has done something; the stage is read once, the rest for each (sixteen queries)."""
    at = stage.read_for_room(cohort, lesson.lesson.slug)
    students = list(selectors.students_of(cohort))
    names = selectors.told_apart(students)
    pages = []
    for student in students:
        student.cohort = cohort
        pages.append(did(student, lesson, name=names[student.pk], at=at))
    return tuple(page for page in pages if page.parts)


@dataclass(frozen=True)
class Person:
    """A student, as they may be named, and what is said of them."""

    id: int
    name: str
    says: str = ""


@dataclass(frozen=True)
class Missed:
    """Who was absent or late, what of the class is left for each, and how many have caught up."""

    n_absent: int
    n_late: int
    caught_up: tuple[Person, ...]
    behind: tuple[Person, ...]

    @property
    def n(self) -> int:
        return self.n_absent + self.n_late


@dataclass(frozen=True)
class Task:
    """Something to do between two sessions: who has done it, and who lacks something for it."""

    title: str
    n_done: int
    n_waiting: int
    # By what they lack, in words.
    lacking: tuple[tuple[str, tuple[Person, ...]], ...]
    open: tuple[Person, ...]


@dataclass(frozen=True)
class AfterClass:
    n_students: int
    hides_names: bool
    # Nothing before a led class has ended.
    missed: Missed | None
    tasks: tuple[Task, ...]
    n_to_review: int
    # The slips that most students made, and how many did: counts that may be shown.
    slips: tuple[tuple[str, int], ...]


def after_class(membership: Membership, lesson: LoadedLesson) -> AfterClass:
    """What is left of a class, and what the next one begins with. The number of queries depends on neither."""
    cohort, slug = membership.cohort, lesson.lesson.slug
    class_ = _Class(cohort, lesson)
    return AfterClass(
        n_students=len(class_.students),
        hides_names=class_.hides_names,
        missed=class_.missed(),
        tasks=tuple(class_.tasks()),
        n_to_review=class_.n_to_review(),
        slips=_commonest(cohort, slug),
    )


def missed_by(cohort: Cohort, lesson: LoadedLesson) -> Missed | None:
    """Who missed a led class that has ended: five queries; before that, nothing and none."""
    return _Class(cohort, lesson).missed() if cohort.ended_at else None


class _Class:
    """A class after its session: its students with their progress."""

    def __init__(self, cohort: Cohort, lesson: LoadedLesson) -> None:
        progress = Prefetch("progress", PartProgress.objects.filter(lesson=lesson.lesson.slug), to_attr="in_lesson")
        students = list(selectors.students_of(cohort).prefetch_related(progress))
        self.cohort, self.lesson, self.students = cohort, lesson, students
        self.rows = {each.pk: {row.part: row for row in each.in_lesson} for each in students}
        self.hides_names = selectors.is_projected(cohort.version)
        self.names = selectors.told_apart(students)
        if self.hides_names:
            numbers = selectors.numbers_of(each.pk for each in students)
            self.names = {pk: name_by_number(number) for pk, number in numbers.items()}

    def person(self, student: Membership, says: str = "") -> Person:
        return Person(student.pk, self.names[student.pk], says)

    def missed(self) -> Missed | None:
        """Who did nothing during the session, and who began, or joined, when the class had left its first part."""
        ended = self.cohort.ended_at
        opened = PartOpening.objects.filter(stage__cohort=self.cohort, stage__lesson=self.lesson.lesson.slug)
        since = dict(opened.order_by("opened_at").values_list("part", "opened_at"))
        begins = sorted({at for at in since.values() if ended and at <= ended})
        if ended is None or not begins:
            return None
        parts = [part for part in self.lesson.lesson.parts if part.key in since and self._is_for_class(part)]
        went_on = next((at for at in begins if at - begins[0] > ONE_ACT), ended)
        acts = self._first_acts(begins[0], ended)
        n_absent = n_late = 0
        caught_up: list[Person] = []
        behind: list[Person] = []
        for student in self.students:
            came = self._came(student, begins[0], ended, acts.get(student.pk))
            is_late = came is not None and came > went_on
            if came is not None and not is_late:
                continue
            n_absent, n_late = n_absent + (not is_late), n_late + is_late
            left = [part.title for part in parts if not self._is_finished(student, part)]
            says = _("everything") if left == [part.title for part in parts] else " · ".join(left)
            (behind if left else caught_up).append(self.person(student, says))
        return Missed(n_absent, n_late, tuple(caught_up), tuple(behind))

    @staticmethod
    def _is_for_class(part: Part) -> bool:
        return part.badge is None and not part.homework and not part.soon

    def _first_acts(self, begins: datetime, ends: datetime) -> dict[int, datetime]:
        """When each student first handed in, sealed, reconciled or asked for a run in the session. Two queries."""
        mine, lesson = selectors.by_students(self.cohort), self.lesson.lesson.slug
        sent = Submission.objects.filter(mine, lesson=lesson, received_at__range=(begins, ends))
        told = LearningEvent.objects.filter(mine, facts__lesson=lesson, kind__in=ACTS, at__range=(begins, ends))
        found: dict[int, datetime] = {}
        for rows, at in ((sent, "received_at"), (told, "at")):
            for pk, first in rows.order_by().values_list("membership").annotate(Min(at)):
                found[pk] = min(first, found.get(pk, first))
        return found

    def _came(self, student: Membership, begins: datetime, ends: datetime, act: datetime | None) -> datetime | None:
        """When a student first did something in the session, or joined. `act` is the first that is known of.

        A part that was begun before it and moved last after it tells nothing: they may have gone on at home.
        """
        keys = {part.key for part in self.lesson.lesson.parts if part.badge is None}
        rows = [row for key, row in self.rows[student.pk].items() if key in keys]
        came = [row.begun_at for row in rows if begins <= row.begun_at <= ends]
        came += [act] if act else []
        if not came and any(row.begun_at < begins <= row.moved_at <= ends for row in rows):
            came = [begins]
        joined = [student.joined_at] if begins <= student.joined_at <= ends else []
        return min(came or joined, default=None)

    def _is_finished(self, student: Membership, part: Part) -> bool:
        row = self.rows[student.pk].get(part.key)
        return row is not None and row.state in FINISHED

    def tasks(self) -> Sequence[Task]:
        return [
            self._task(part, activity.key)
            for part in self.lesson.lesson.parts
            if part.homework
            for activity in part.activities
            if not activity.extra
        ]

    def _task(self, part: Part, key: str) -> Task:
        activity = next(each for each in part.activities if each.key == key)
        n_done = n_waiting = 0
        lacking: dict[str, list[Person]] = {}
        left = []
        for student in self.students:
            standing = standing_of(self.rows[student.pk].get(part.key), activity)
            n_done += standing.state == PartState.DONE
            n_waiting += standing.state == PartState.WAITING
            if remark := type_of(activity).remark(standing):
                lacking.setdefault(remark, []).append(self.person(student))
            elif not standing.is_finished:
                left.append(self.person(student))
        return Task(
            activity.title, n_done, n_waiting, tuple((says, tuple(who)) for says, who in lacking.items()), tuple(left)
        )

    def n_to_review(self) -> int:
        return sum(
            activity.get("state") == PartState.WAITING
            for rows in self.rows.values()
            for row in rows.values()
            for activity in row.activities.values()
        )


def _commonest(cohort: Cohort, lesson: str) -> tuple[tuple[str, int], ...]:
    """The slips of most students, as they may be shown to the class. One query."""
    made = slip_counts.slips_made(Submission.objects.filter(selectors.by_students(cohort), lesson=lesson))
    return tuple(
        (each.words, each.n_students) for each in made[:MOST_SLIPS] if small_numbers.are_enough(each.n_students)
    )
