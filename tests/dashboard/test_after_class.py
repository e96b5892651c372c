"""After class: who missed it, what the next session begins with, and what each student did, to be printed."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.models import Cohort, CohortVersion, LearningEvent, Membership, User
from dashboard.after_class import AfterClass, after_class
from lessons import pacing, services, voting
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartOpening, PartProgress, Submission
from tests import pupils
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

# For each student of a printed class: the progress, answers and looks at four groups of questions, runs, the worksheet.
QUERIES_OF_A_SHEET = 16
SUM = {**pupils.STEPS[0], "mean": "-59.7", "w": "2.985"}


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


@pytest.fixture
def view(instructor: Membership, lesson: LoadedLesson) -> Callable[[], AfterClass]:
    def read() -> AfterClass:
        fresh = Membership.objects.select_related("cohort__version", "user").get(pk=instructor.pk)
        return after_class(fresh, lesson)

    return read


def said(answer: object) -> str:
    main = answer.content.decode().partition("<main")[2]  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def take_steps(student: Membership, lesson: LoadedLesson) -> None:
    for step, answer in enumerate(pupils.STEPS, start=1):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)


# --- what each student did ------------------------------------------------------------------------


def test_an_instructor_prints_what_a_student_did_and_nothing_that_is_sealed_to_them(
    desk: Client, student: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    take_steps(student, lesson)
    pupils.seal(student, lesson, "rates", "half-a", "zigzags", confidence="sure")
    sealing.open_reveal(student, lesson, "rates", "half-a")
    pupils.seal(student, lesson, "rates", "half-b", "one-jump")
    neighbour = MembershipFactory(cohort=cohort, user__display_name="Nele")
    take_steps(neighbour, lesson)

    page = said(desk.get(f"/c/ours/class/students/{student.pk}/did/"))

    assert "Sam · What I did" in page
    assert "Step 3 w = 1.5042" in page
    assert "zigzags, settles settles smoothly" in page
    # Sealed and not looked at; how sure; anybody else.
    assert "Learning rate 0.2" not in page
    assert "one jump" not in page
    assert "I think so" not in page
    assert "Nele" not in page


def test_all_pages_of_a_class_are_one_print_with_a_sheet_for_each_who_did_something(
    desk: Client, cohort: Cohort, lesson: LoadedLesson
) -> None:
    for name in ("Ann", "Bob", "Cleo"):
        student = MembershipFactory(cohort=cohort, user__display_name=name)
        if name != "Bob":
            take_steps(student, lesson)

    answer = desk.get("/c/ours/class/did/")

    assert answer.content.decode().count('<article class="did did--sheet"') == 2
    assert re.findall(r"(\w+) · What I did", said(answer)) == ["Ann", "Cleo"]
    ids = re.findall(r'\bid="([^"]+)"', answer.content.decode())
    assert sorted(ids) == sorted(set(ids))


def test_a_sheet_asks_as_often_whatever_was_done_and_a_class_once_for_its_stage(
    desk: Client, cohort: Cohort, lesson: LoadedLesson
) -> None:
    counted = []
    for _turn in range(3):
        student = MembershipFactory(cohort=cohort)
        take_steps(student, lesson)
        for item, choice in (("half-a", "settles"), ("half-b", "zigzags")):
            pupils.seal(student, lesson, "rates", item, choice)
            sealing.open_reveal(student, lesson, "rates", item)
        pupils.measure(student, lesson)
        desk.get("/c/ours/class/did/")
        with CaptureQueriesContext(connection) as asked:
            desk.get("/c/ours/class/did/")
        counted.append(len(asked))

    first, second, third = counted
    assert third - second == second - first
    assert second - first <= QUERIES_OF_A_SHEET
    # Forty students: at most 650.
    assert first <= QUERIES_OF_A_SHEET + 10


# --- who missed it --------------------------------------------------------------------------------


@pytest.fixture
def session(instructor: Membership, cohort: Cohort, lesson: LoadedLesson) -> dict[str, Membership]:
    """A class that is over: one was there, one came when it was at the second part, one did not come."""
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "by-hand")
    pacing.open_part(instructor, lesson, "rates")
    people = {
        name: MembershipFactory(cohort=cohort, user__display_name=name.title()) for name in ("there", "late", "absent")
    }
    began = timezone.now() - timedelta(hours=2)
    PartOpening.objects.filter(part="by-hand").update(opened_at=began)
    PartOpening.objects.filter(part="rates").update(opened_at=began + timedelta(minutes=25))
    Membership.objects.update(joined_at=began - timedelta(days=7))
    for name, minutes in (("there", 5), ("late", 40)):
        people[name].refresh_from_db()
        take_steps(people[name], lesson)
        at = began + timedelta(minutes=minutes)
        PartProgress.objects.filter(membership=people[name]).update(begun_at=at, moved_at=at)
    pacing.end_class(instructor)
    return people


def test_who_was_absent_or_late_is_told_with_what_is_left_for_them(
    session: dict[str, Membership], view: Callable[[], AfterClass]
) -> None:
    missed = view().missed

    assert missed is not None
    assert (missed.n_absent, missed.n_late, missed.caught_up) == (1, 1, ())
    assert [(each.name, each.says) for each in missed.behind] == [
        ("Absent", "everything"),
        ("Late", "Learning-rate chaos"),
    ]


def test_who_finishes_at_home_what_the_class_had_open_has_caught_up(
    session: dict[str, Membership], view: Callable[[], AfterClass], lesson: LoadedLesson, desk: Client
) -> None:
    absent = Membership.objects.select_related("cohort", "user").get(pk=session["absent"].pk)
    take_steps(absent, lesson)
    for item, choice in (("half-a", "settles"), ("half-b", "zigzags"), ("half-c", "bounces"), ("half-d", "explodes")):
        pupils.seal(absent, lesson, "rates", item, choice)
        sealing.open_reveal(absent, lesson, "rates", item)
        if item == "half-c":
            sealing.reconcile(absent, lesson, "rates", item, saw="bounces", idea="pattern")
    pupils.seal(absent, lesson, "rates", "half-edge", "parted")

    missed = view().missed

    assert missed is not None
    assert [each.name for each in missed.caught_up] == ["Absent"]
    assert "Absent: 1. Late: 1. 1 of 2 caught up." in said(desk.get("/c/ours/class/after/"))
    assert "1 absent, 1 late, 1 of 2 caught up" in said(desk.get("/c/ours/class/"))


def test_who_joins_in_the_middle_and_does_nothing_came_late(
    session: dict[str, Membership], view: Callable[[], AfterClass]
) -> None:
    Membership.objects.filter(pk=session["absent"].pk).update(joined_at=timezone.now() - timedelta(hours=1))

    missed = view().missed

    assert missed is not None
    assert (missed.n_absent, missed.n_late) == (0, 2)


def before_class(student: Membership, lesson: LoadedLesson, days: int = 3) -> None:
    """Let a student have begun the first part some days before the class, and have gone on with it after its end."""
    take_steps(student, lesson)
    began = timezone.now() - timedelta(days=days)
    PartProgress.objects.filter(membership=student).update(begun_at=began, moved_at=timezone.now())
    Submission.objects.filter(membership=student).update(received_at=began)
    LearningEvent.objects.filter(membership=student).update(at=began)


def test_who_began_before_a_class_and_went_on_at_home_was_absent(
    session: dict[str, Membership], view: Callable[[], AfterClass], lesson: LoadedLesson
) -> None:
    before_class(Membership.objects.get(pk=session["absent"].pk), lesson)

    missed = view().missed

    assert missed is not None
    assert (missed.n_absent, missed.n_late) == (1, 1)


@pytest.mark.parametrize(("minutes", "n_late"), [(10, 1), (60, 2)])
def test_who_began_before_a_class_and_did_something_in_it_was_there_from_then_on(
    session: dict[str, Membership], view: Callable[[], AfterClass], lesson: LoadedLesson, minutes: int, n_late: int
) -> None:
    before_class(session["absent"], lesson)
    at = timezone.now() - timedelta(hours=2) + timedelta(minutes=minutes)
    LearningEvent.objects.create(
        membership=session["absent"], kind="prediction_sealed", facts={"lesson": lesson.lesson.slug}, at=at
    )

    missed = view().missed

    assert missed is not None
    assert (missed.n_absent, missed.n_late) == (0, n_late)


def test_who_came_to_parts_that_were_opened_in_one_act_is_not_late(
    instructor: Membership, student: Membership, lesson: LoadedLesson, view: Callable[[], AfterClass]
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")  # opens what is before it, too
    pupils.seal(Membership.objects.get(pk=student.pk), lesson, "rates", "half-a", "zigzags")
    pacing.end_class(instructor)

    missed = view().missed

    assert missed is not None
    assert (missed.n_absent, missed.n_late) == (0, 0)


def test_before_a_led_class_has_ended_nobody_has_missed_it(student: Membership, view: Callable[[], AfterClass]) -> None:
    assert view().missed is None


# --- the next session -----------------------------------------------------------------------------


def test_who_has_no_corpus_is_named_and_what_was_done_is_counted(
    cohort: Cohort, lesson: LoadedLesson, view: Callable[[], AfterClass]
) -> None:
    without = MembershipFactory(cohort=cohort, user__display_name="Wanda")
    MembershipFactory(cohort=cohort, user__display_name="Xaver")
    services.submit(without, lesson, "corpus-check", client_id=uuid.uuid4(), step=1, answer={"none": True})

    *_others, corpus = view().tasks

    assert [(says, [each.name for each in who]) for says, who in corpus.lacking] == [("no file yet", ["Wanda"])]
    assert (corpus.n_done, [each.name for each in corpus.open]) == (0, ["Xaver"])


def test_the_commonest_slip_is_told_from_five_students_on(
    cohort: Cohort, lesson: LoadedLesson, view: Callable[[], AfterClass]
) -> None:
    for student in MembershipFactory.create_batch(4, cohort=cohort):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=SUM)
    with_four = view().slips
    fifth = MembershipFactory(cohort=cohort)
    services.submit(fifth, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=SUM)

    assert (with_four, view().slips) == ((), (("forgot to average", 5),))


def test_while_a_projector_shows_the_class_nobody_is_named(
    session: dict[str, Membership], desk: Client, cohort: Cohort
) -> None:
    CohortVersion.objects.update(projected_at=timezone.now())

    page = said(desk.get("/c/ours/class/after/"))

    assert "Names are hidden here" in page
    assert [name for name in ("Absent ", "Late left") if name in page] == []
    assert "Student 0" in page
