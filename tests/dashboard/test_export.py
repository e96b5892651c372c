"""The export: a row for each submission, prediction and run, safe to open and without what is nobody's business."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

import classroom.services
from classroom.models import Cohort, Membership, User
from dashboard import exports
from lessons import services
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory
from tests.lessons import runs

pytestmark = pytest.mark.services

ADDRESS = "/api/v1/cohorts/ours/export.csv"


def table(answer: object) -> list[dict[str, str]]:
    """The rows of an export, by the names of its columns."""
    text = answer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


def take_part(membership: Membership, lesson: LoadedLesson) -> None:
    answer = {**pupils.STEPS[0], "w": "−4.815"}
    services.submit(membership, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)
    pupils.seal(membership, lesson, "rates", "half-c", "crawls", confidence="sure", because='so "small",\nso slow')
    runs.guess(membership, lesson, "lowest")
    runs.ask(membership, lesson, seed=7)


def test_there_is_a_row_for_each_submission_prediction_and_run(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    take_part(student, lesson)

    rows = table(desk.get(ADDRESS))

    assert [(row["kind"], row["activity"], row["step, item or trial"]) for row in rows] == [
        ("submission", "by-hand", "1"),
        ("prediction", "rates", "half-c"),
        ("prediction", "u-curve-guess", "lowest"),
        ("run", "u-curve-run", "polynomial"),
    ]
    assert {row["student"] for row in rows} == {"Sam"}
    assert [row["result"] for row in rows] == ["not yet", "own_pace", "own_pace", "queued"]
    assert rows[1]["text"] == 'so "small", so slow'
    assert rows[3]["seed"] == "7"


def test_how_sure_somebody_was_is_in_no_cell(desk: Client, student: Membership, lesson: LoadedLesson) -> None:
    take_part(student, lesson)

    text = desk.get(ADDRESS).getvalue().decode()

    assert [
        word for word in ("sure", "think_so", "guess,", "confidence") if word in text.replace("u-curve-guess", "")
    ] == []


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-4.815", "'-4.815"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("so;=1+1", "so;'=1+1"),
        ("first; then w=2", "first; then w=2"),
        ("w=0.7463", "w=0.7463"),
        ("Sam", "Sam"),
        (12, "12"),
        (None, ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell: object, kept: str) -> None:
    assert exports.neutral(cell) == kept


def test_what_people_typed_is_neutral_in_the_file_too(desk: Client, cohort: Cohort, lesson: LoadedLesson) -> None:
    student = MembershipFactory(cohort=cohort, user__display_name="=HYPERLINK(1)")
    pupils.seal(student, lesson, "rates", "half-c", "crawls", because="@home")

    (row,) = table(desk.get(ADDRESS))

    assert (row["student"], row["text"]) == ("'=HYPERLINK(1)", "'@home")


def test_pseudonyms_stay_the_same_in_a_class_and_tell_nothing_of_another(
    desk: Client, student: Membership, lesson: LoadedLesson, cohort: Cohort
) -> None:
    take_part(student, lesson)

    one, other = (table(desk.get(ADDRESS + "?names=pseudonyms")) for __ in range(2))

    assert {row["student"] for row in one} == {exports.pseudonym(cohort, student.pk)}
    assert one == other
    assert exports.pseudonym(CohortFactory(), student.pk) != exports.pseudonym(cohort, student.pk)
    assert "Sam" not in desk.get(ADDRESS + "?names=pseudonyms").getvalue().decode()


def test_an_unknown_wish_is_refused_as_a_problem(desk: Client) -> None:
    answer = desk.get(ADDRESS + "?names=everything")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"names": ["Choose names or pseudonyms."]}


@pytest.mark.parametrize("accepts", ["text/csv", "*/*", "application/json"])
def test_whoever_asks_gets_the_table_whatever_they_accept(
    instructor: Membership, api_of: Callable[[User], APIClient], accepts: str
) -> None:
    answer = api_of(instructor.user).get(ADDRESS, headers={"accept": accepts})

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith('attachment; filename="ours-')


def test_other_classes_and_instructors_own_tries_are_not_in_it(
    desk: Client, instructor: Membership, lesson: LoadedLesson
) -> None:
    take_part(instructor, lesson)
    take_part(MembershipFactory(), lesson)

    assert table(desk.get(ADDRESS)) == []


def test_it_is_as_many_queries_for_three_students_as_for_one(
    desk: Client, cohort: Cohort, lesson: LoadedLesson
) -> None:
    desk.get(ADDRESS).getvalue()  # the first of an hour notes that an instructor has looked at the class
    counted = []
    for n in (1, 2):
        for student in MembershipFactory.create_batch(n, cohort=cohort):
            take_part(student, lesson)
        with CaptureQueriesContext(connection) as asked:
            desk.get(ADDRESS).getvalue()
        counted.append(len(asked))

    assert counted[0] == counted[1] <= 7


def test_every_row_has_the_username_and_what_the_school_calls_somebody(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    classroom.services.set_student_id(instructor, student, "A-17")
    twin = MembershipFactory(cohort=cohort, user__username="sam2", user__display_name="Sam")
    for each in (student, twin):
        take_part(each, lesson)

    rows = table(desk.get(ADDRESS))

    assert {(row["student"], row["username"], row["student_id"]) for row in rows} == {
        ("Sam", "sam", "A-17"),
        ("Sam", "sam2", ""),
    }


def test_pseudonyms_come_without_username_and_student_id_under_another_file_name(
    desk: Client, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    classroom.services.set_student_id(instructor, student, "A-17")
    take_part(student, lesson)

    named, pseudonymous = desk.get(ADDRESS), desk.get(ADDRESS + "?names=pseudonyms")

    assert {(row["username"], row["student_id"]) for row in table(pseudonymous)} == {("", "")}
    assert [word for word in ("sam", "Sam", "A-17") if word in pseudonymous.getvalue().decode()] == []
    assert named["Content-Disposition"].endswith('-names.csv"')
    assert pseudonymous["Content-Disposition"].endswith('-pseudonyms.csv"')


def test_runs_that_the_system_asked_for_are_marked(desk: Client, student: Membership, lesson: LoadedLesson) -> None:
    runs.sweep(student, lesson)
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    runs.guess(student, lesson, "louder")
    runs.ask(student, lesson, "bias-fix")

    rows = [row for row in table(desk.get(ADDRESS)) if row["kind"] == "run"]

    made = {row["step, item or trial"]: row["made by the system"] for row in rows}
    assert made == {"polynomial": "", "starve": "", "give-back": "", "give-back/beside": "yes"}
