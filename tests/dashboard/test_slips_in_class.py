"""What the instructor sees of slips: in words beside a student, as counts across the class."""

from __future__ import annotations

import html
import importlib
import re
import uuid
from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import Client
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from lessons import services
from lessons.activities.hand_steps.maths import misconceptions
from lessons.authoring.loader import LoadedLesson
from lessons.models import Submission
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

RIGHT = {
    "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
    "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
    "mean": "-14.925",
    "w": "0.7463",
}
SUM = RIGHT | {"mean": "-59.7", "w": "2.985"}
NO_X = RIGHT | {"mean": "-5", "w": "0.25"}
PART = "/c/ours/class/parts/by-hand/"

HandIn = Callable[..., None]


@pytest.fixture
def hand_in(lesson: LoadedLesson) -> HandIn:
    def send(membership: Membership, *answers: dict[str, object]) -> None:
        for answer in answers:
            services.submit(membership, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)

    return send


@pytest.fixture
def text_of(client_of: Callable[[User], Client], instructor: Membership) -> Callable[[str], str]:
    """A page as the instructor reads it."""

    def read(address: str) -> str:
        answer = client_of(instructor.user).get(address)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.getvalue().decode())))

    return read


def test_slips_are_counted_by_students_and_not_by_tries_most_frequent_first(
    cohort: Cohort, student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, NO_X, SUM, RIGHT | {"w": "1"}, SUM)
    hand_in(MembershipFactory(cohort=cohort), SUM, RIGHT)

    text = text_of(PART)

    assert re.search(r"forgot to average 2 .*did not multiply by x 1 ", text)
    assert str(student.user) not in text


def test_slips_of_as_many_students_keep_their_order_however_often_they_are_made(
    cohort: Cohort, student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, NO_X, SUM)
    before = text_of(PART)

    hand_in(MembershipFactory(cohort=cohort), RIGHT)
    hand_in(student, SUM | {"w": "3"}, SUM)

    for text in (before, text_of(PART)):
        assert re.search(r"did not multiply by x 1 .*forgot to average 1 ", text)


@pytest.mark.parametrize("n_students", [1, 3])
def test_the_same_slip_three_times_counts_its_student_once(
    cohort: Cohort, hand_in: HandIn, text_of: Callable[[str], str], n_students: int
) -> None:
    for student in MembershipFactory.create_batch(n_students, cohort=cohort):
        hand_in(student, SUM, SUM | {"w": "3"}, SUM)

    assert f"forgot to average {n_students} " in text_of(PART)


def test_an_instructors_own_tries_and_other_classes_are_not_counted(
    instructor: Membership, student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(instructor, SUM)
    hand_in(MembershipFactory(), SUM)

    assert "No slip has been named here yet." in text_of(PART)


def test_the_part_view_counts_where_everyone_is(
    cohort: Cohort, student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    MembershipFactory(cohort=cohort)
    hand_in(MembershipFactory(cohort=cohort), RIGHT)
    hand_in(student, *(RIGHT | {"w": w} for w in ("1", "2", "3")))

    assert "not started 1 working 1 needs help 1 done 0 checked tries 4" in text_of(PART)


def test_the_grid_says_the_last_slip_in_words_until_it_is_mended(
    student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, SUM)
    assert "1 try · forgot to average" in text_of("/c/ours/class/")

    hand_in(student, RIGHT)

    assert "try · forgot to average" not in text_of("/c/ours/class/")


def test_the_grid_says_of_whoever_saw_a_solution_that_they_did(
    student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, SUM, SUM | {"mean": "-59.7005"}, SUM, RIGHT)
    assert "saw a solution" not in text_of("/c/ours/class/")

    other = MembershipFactory(cohort=student.cohort)
    hand_in(other, SUM, SUM | {"mean": "-59.7005"}, SUM, SUM | {"solution": "mean"}, RIGHT)

    assert text_of("/c/ours/class/").count("saw a solution") == 1


def test_the_api_names_the_slip_by_its_slug(
    instructor: Membership, student: Membership, hand_in: HandIn, api_of: Callable[[User], APIClient]
) -> None:
    hand_in(student, SUM)

    report = api_of(instructor.user).get("/api/v1/cohorts/ours/progress/").json()

    assert report["students"][0]["parts"]["by-hand"]["slip"] == "sum"


def test_the_timeline_says_the_slip_the_help_and_the_going_on(
    student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, SUM, NO_X, SUM, SUM | {"solution": "mean"}, SUM | {"go_on": True})

    text = text_of(f"/c/ours/class/students/{student.pk}/")

    assert text.count("forgot to average · saw a solution") == 1
    assert "step 1 · forgot to average · continued with their own value" in text


def test_the_part_with_the_badge_can_be_looked_at_and_an_unknown_one_is_not_there(
    instructor: Membership, client_of: Callable[[User], Client], text_of: Callable[[str], str]
) -> None:
    assert "Badge: Data Scientist" in text_of("/c/ours/class/parts/badge/")
    assert client_of(instructor.user).get("/c/ours/class/parts/nothing/").status_code == 404


# --- slips that no number tells apart -------------------------------------------------------------

LOST_MINUS = RIGHT | {"w": "-0.7463"}  # from w = 0 the step alone is the step taken the wrong way
TURNED = RIGHT | {"errors": ["2.1", "3.9", "6.2", "7.8"], "products": ["2.1", "7.8", "18.6", "31.2"], "mean": "14.925"}


def test_a_lost_minus_from_zero_is_counted_as_what_its_slips_have_in_common(
    instructor: Membership,
    student: Membership,
    text_of: Callable[[str], str],
    api_of: Callable[[User], APIClient],
) -> None:
    sent = {"id": str(uuid.uuid4()), "step": 1, "answer": {"w": "-0.7463"}}
    address = "/api/v1/lessons/data-rules-everything/activities/by-hand/submissions/"
    reply = api_of(student.user).post(address, sent, format="json").json()
    report = api_of(instructor.user).get("/api/v1/cohorts/ours/progress/").json()

    assert reply["cells"]["w"]["slip"] is None
    assert reply["cells"]["w"]["candidates"] == ["sign", "step-only", "y-for-error"]
    assert report["students"][0]["parts"]["by-hand"]["slip"] == "wrong-way"
    assert "went the wrong way 1 " in text_of(PART)
    assert "1 try · went the wrong way" in text_of("/c/ours/class/")
    assert re.search(r"Slips .*went the wrong way 1 ", text_of("/c/ours/class/"))
    assert "· went the wrong way" in text_of(f"/c/ours/class/students/{student.pk}/")
    # Of a single student.
    assert "went the wrong way" not in text_of("/c/ours/class/replay/")


def test_the_replay_and_the_next_session_tell_the_slip_that_five_students_have_in_common(
    cohort: Cohort, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    for student, answer in zip(
        MembershipFactory.create_batch(5, cohort=cohort), (TURNED | {"w": "-0.7463"}, *[LOST_MINUS] * 4), strict=True
    ):
        hand_in(student, answer)

    assert "went the wrong way 5 5 " in text_of("/c/ours/class/replay/")
    assert "The most common slip: went the wrong way . 5 students made it." in text_of("/c/ours/class/after/")


def test_who_turned_the_sign_and_who_lost_it_count_as_one_slip_and_each_student_once(
    cohort: Cohort, student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, TURNED | {"w": "-0.7463"}, LOST_MINUS)
    hand_in(MembershipFactory(cohort=cohort), LOST_MINUS)

    text = text_of(PART)

    assert "went the wrong way 2 " in text
    assert "wrong direction" not in text


def test_slips_that_meet_in_a_number_by_chance_are_not_counted(
    student: Membership, hand_in: HandIn, text_of: Callable[[str], str]
) -> None:
    hand_in(student, {"w": "1"})

    assert "No slip has been named here yet." in text_of(PART)


def test_what_was_sent_before_families_were_counted_gets_its_family(
    student: Membership, hand_in: HandIn, lesson: LoadedLesson
) -> None:
    hand_in(student, LOST_MINUS, {"w": "1"}, SUM, RIGHT | {"errors": ["x", "1", "2", "3"], "w": "-0.7463"}, RIGHT)
    expected = list(Submission.objects.order_by("pk").values_list("slip", flat=True))
    Submission.objects.filter(slip="wrong-way").update(slip="")
    migration = importlib.import_module("lessons.migrations.0009_calls_and_families")

    migration.count_families(apps, None)

    assert list(Submission.objects.order_by("pk").values_list("slip", flat=True)) == expected
    assert expected[0] == "wrong-way"
    assert {key: set(members) for key, members in misconceptions.FAMILIES.items()} == migration.FAMILIES
