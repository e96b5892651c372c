"""The people of a class: who is in it, who was removed, and how each is told from the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from classroom import selectors
from classroom.models import Membership
from classroom.refusals import NotFound
from dashboard.grid_options import name_by_number


@dataclass(frozen=True)
class PersonLine:
    """One student of the class. `username` is empty where it is not asked for."""

    id: int
    name: str
    username: str
    student_id: str
    joined_at: datetime
    last_active_at: datetime | None
    is_here: bool


@dataclass(frozen=True)
class RemovedLine:
    """One student who was removed, when and by whom; of a double, the account that its work went to."""

    id: int
    name: str
    removed_at: datetime | None
    by: str
    is_kept_out: bool
    merged_into: str


@dataclass(frozen=True)
class People:
    """The people of a class as its instructors see them."""

    lines: tuple[PersonLine, ...]
    removed: tuple[RemovedLine, ...]
    hides_names: bool
    shows_usernames: bool


def people_of(instructor: Membership, *, names: str, shows_usernames: bool) -> People:
    """Everybody in the class by name, and who was removed. Two queries.

    Parameters
    ----------
    names : ``shown`` or ``hidden``; else they are hidden while a projector shows the class
    """
    cohort = instructor.cohort
    is_projected = names != "shown" and selectors.is_projected(cohort.version)
    hides_names = names == "hidden" or is_projected
    students = list(selectors.students_of(cohort))
    removed = [] if hides_names else list(selectors.removed_from(cohort))
    return People(
        lines=_hidden(students) if hides_names else _shown(students, shows_usernames=shows_usernames),
        removed=tuple(_removed(each) for each in removed),
        hides_names=hides_names,
        shows_usernames=shows_usernames and not hides_names,
    )


def _shown(students: list[Membership], *, shows_usernames: bool) -> tuple[PersonLine, ...]:
    names = selectors.told_apart(students)
    return tuple(
        _line(
            each,
            name=str(each.user) if shows_usernames else names[each.pk],
            username=each.user.get_username() if shows_usernames else "",
            student_id=each.student_id,
        )
        for each in students
    )


def _hidden(students: list[Membership]) -> tuple[PersonLine, ...]:
    """By the order in which they joined, as in the grid."""
    numbers = selectors.numbers_of(each.pk for each in students)
    return tuple(
        _line(each, name=name_by_number(numbers[each.pk]), username="", student_id="")
        for each in sorted(students, key=lambda each: numbers[each.pk])
    )


def _line(student: Membership, *, name: str, username: str, student_id: str) -> PersonLine:
    return PersonLine(
        id=student.pk,
        name=name,
        username=username,
        student_id=student_id,
        joined_at=student.joined_at,
        last_active_at=student.last_active_at,
        is_here=selectors.is_here(student),
    )


def _removed(student: Membership) -> RemovedLine:
    return RemovedLine(
        id=student.pk,
        name=selectors.with_username(student),
        removed_at=student.removed_at,
        by=str(student.removed_by.user) if student.removed_by else _("an admin"),
        is_kept_out=student.kept_out,
        merged_into=selectors.with_username(student.merged_into) if student.merged_into else "",
    )


def removed_student(instructor: Membership, student_id: int) -> Membership:
    """A student who was removed from the instructor's own class.

    Raises
    ------
    NotFound
        If there is none.
    """
    found = selectors.removed_from(instructor.cohort).filter(pk=student_id).first()
    if found is None:
        raise NotFound(_("Nobody like that was removed from your class."))
    found.cohort = instructor.cohort
    return found
