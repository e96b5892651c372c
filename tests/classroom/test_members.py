"""Removed and taken back, renamed, named by the school: whatever is done to a member, their work stays theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from classroom import access, selectors, services
from classroom.models import Cohort, LearningEvent, Membership, User
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from lessons import pacing
from lessons.authoring.loader import LoadedLesson
from lessons.models import Submission
from tests import pupils
from tests.factories import MembershipFactory, UserFactory, version_of

pytestmark = pytest.mark.services

GONE = "You are no longer in this class. Your work is kept. Ask your instructor."
LESSON = "/c/ours/lessons/data-rules-everything/"


def now(membership: Membership) -> Membership:
    return Membership.objects.select_related("cohort", "user").get(pk=membership.pk)


# --- removed ---


@pytest.mark.parametrize(
    "address", ["/c/ours/", LESSON, f"{LESSON}by-hand/", f"{LESSON}by-hand/since/?v=x", f"{LESSON}what-i-did.html"]
)
def test_the_pages_of_a_class_are_closed_to_whoever_was_removed_and_say_so(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client], address: str
) -> None:
    services.remove(instructor, student)

    page = client_of(student.user).get(address)

    assert page.status_code == 404
    assert GONE in page.content.decode()


def test_the_api_is_closed_to_whoever_was_removed(
    student: Membership, instructor: Membership, api_of: Callable[[User], APIClient]
) -> None:
    services.remove(instructor, student)
    client = api_of(student.user)

    asked = client.get("/api/v1/lessons/data-rules-everything/?cohort=ours")

    assert asked.status_code == 404
    assert asked.json()["detail"] == GONE
    assert client.get("/api/v1/lessons/data-rules-everything/").status_code == 404
    assert client.get("/api/v1/me/").json()["memberships"] == []


def test_nothing_is_taken_from_somebody_who_was_removed_while_they_were_sending(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    found = access.membership_in(student.user, "ours")
    services.remove(instructor, student)

    with pytest.raises(NotFound, match="no longer in this class"):
        pupils.seal(found, lesson, "rates", "half-a", "zigzags")


def test_the_home_page_says_which_class_is_over_for_them(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    services.remove(instructor, student)

    assert "You are no longer in Our class." in client_of(student.user).get("/").content.decode()


def test_joining_again_finds_the_same_place_with_all_the_work(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    submission = pupils.write(student, lesson)
    services.remove(instructor, student)

    answer = client_of(student.user).post("/join/ACDE-3467")

    assert answer.headers["Location"] == "/c/ours/"
    assert now(student).is_present
    assert list(Submission.objects.filter(membership=student)) == [submission]
    assert client_of(student.user).get(f"{LESSON}u-curve/").status_code == 200


def test_whoever_is_kept_out_does_not_come_back_by_the_code(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    services.remove(instructor, student, keep_out=True)

    answer = client_of(student.user).post("/join/ACDE-3467")

    assert answer.status_code == 403
    assert "Your instructor has taken you out of this class." in answer.content.decode()
    assert not now(student).is_present


def test_whoever_is_kept_out_reads_so_before_they_press_anything(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    services.remove(instructor, student, keep_out=True)

    answer = client_of(student.user).get("/join/ACDE-3467")
    page = answer.content.decode()

    assert answer.status_code == 403
    assert "Your instructor has taken you out of this class. Ask them." in page
    assert "Join as" not in page
    assert "data-log-out" in page


def test_of_two_instructors_who_remove_somebody_at_once_the_one_who_keeps_them_out_does(
    student: Membership, instructor: Membership
) -> None:
    as_the_other_sees_them = now(student)
    services.remove(instructor, student)

    services.remove(instructor, as_the_other_sees_them, keep_out=True)
    services.remove(instructor, as_the_other_sees_them)

    assert now(student).kept_out


@pytest.mark.parametrize("keep_out", [False, True])
def test_an_instructor_takes_somebody_back(student: Membership, instructor: Membership, keep_out: bool) -> None:
    services.remove(instructor, student, keep_out=keep_out)
    services.take_back(instructor, now(student))

    assert (now(student).removed_at, now(student).removed_by, now(student).kept_out) == (None, None, False)
    assert access.membership_in(student.user, "ours") == student


def test_what_is_done_to_a_member_is_told_with_who_did_it_and_pages_hear_of_it(
    student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    before = version_of(cohort)
    services.remove(instructor, student)
    services.remove(instructor, now(student))  # pressed twice
    services.take_back(instructor, now(student))
    services.take_back(instructor, now(student))

    told = LearningEvent.objects.filter(membership=student).exclude(kind="cohort_joined").order_by("pk")
    assert [(each.kind, each.facts) for each in told] == [
        ("member_removed", {"kept_out": False, "entered_by": instructor.pk}),
        ("member_returned", {"entered_by": instructor.pk}),
    ]
    assert version_of(cohort) == before + 2


def test_a_removed_student_is_in_no_list_and_one_who_is_no_student_is_not_removed(
    student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    other = MembershipFactory(cohort=cohort)
    services.remove(instructor, student)
    services.remove(instructor, instructor)

    assert list(selectors.students_of(cohort)) == [other]
    assert list(selectors.removed_from(cohort)) == [student]
    assert now(instructor).is_present


def test_the_database_keeps_nobody_out_who_is_in(student: Membership) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=student.pk).update(kept_out=True)


# --- named ---


def test_a_rude_name_is_changed_and_what_it_was_is_told(student: Membership, instructor: Membership) -> None:
    services.rename(instructor, student, "  Sam  Student ")

    assert now(student).user.display_name == "Sam Student"
    told = LearningEvent.objects.get(membership=student, kind="member_renamed")
    assert told.facts == {"was": "Sam", "now": "Sam Student", "entered_by": instructor.pk}


@pytest.mark.parametrize(
    "name", ["", "   ", "\u200b", "\u3164", "Sam\u2800", "\u202eevil", "Z" + "\u0300" * 9, "x" * 81]
)
def test_a_name_that_cannot_be_shown_is_refused(student: Membership, instructor: Membership, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        services.rename(instructor, student, name)

    assert list(refused.value.errors) == ["display_name"]
    assert now(student).user.display_name == "Sam"


def test_an_instructor_of_another_class_keeps_their_name(student: Membership, instructor: Membership) -> None:
    MembershipFactory(user=student.user, role="instructor")

    with pytest.raises(Forbidden, match="more than a student"):
        services.rename(instructor, student, "Somebody")


@pytest.mark.parametrize("typed", ["12345", "s-0042", " A 12/b.c_d ", ""])
def test_what_the_school_calls_somebody_is_kept(student: Membership, instructor: Membership, typed: str) -> None:
    services.set_student_id(instructor, student, typed)

    assert now(student).student_id == typed.strip()


@pytest.mark.parametrize("typed", ["=1+1", "-5", "@home", "+49", "a;b", "x" * 41, "a\nb=", "é1"])
def test_a_student_id_that_a_spreadsheet_would_compute_is_refused(
    student: Membership, instructor: Membership, typed: str
) -> None:
    with pytest.raises(Refusal) as refused:
        services.set_student_id(instructor, student, typed)

    assert list(refused.value.errors) == ["student_id"]
    assert now(student).student_id == ""


def test_two_of_a_class_never_have_one_student_id_and_two_classes_may(
    student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    other, elsewhere = MembershipFactory(cohort=cohort), MembershipFactory()
    services.set_student_id(elsewhere, elsewhere, "7")
    services.set_student_id(instructor, student, "7")

    with pytest.raises(Refusal, match="Somebody else in this class has that student ID"):
        services.set_student_id(instructor, other, "7")

    assert (now(student).student_id, now(other).student_id, now(elsewhere).student_id) == ("7", "", "7")


def test_nothing_is_changed_in_an_archived_class(student: Membership, instructor: Membership, cohort: Cohort) -> None:
    cohort.archived = True
    cohort.save()
    acts = [
        lambda: services.rename(instructor, student, "Sam Student"),
        lambda: services.set_student_id(instructor, student, "7"),
        lambda: services.remove(instructor, student),
        lambda: services.take_back(instructor, student),
        lambda: services.open_joining(instructor),
        lambda: services.close_joining(instructor),
        lambda: services.change_code(instructor.cohort, cohort.join_code, by=instructor),
    ]

    for act in acts:
        with pytest.raises(Conflict, match="archived"):
            act()


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Sam", "Ada"), ["Sam", "Ada"]),
        (("Sam", "Sam"), ["Sam (one)", "Sam (two)"]),
        (("Sam", "ｓam"), ["Sam (one)", "ｓam (two)"]),
        (("Sam X", "sam  x"), ["Sam X (one)", "sam  x (two)"]),
    ],
)
def test_two_whose_names_look_alike_are_told_apart_by_their_usernames(
    cohort: Cohort, names: tuple[str, str], shown: list[str]
) -> None:
    for username, name in zip(("one", "two"), names, strict=True):
        services.enrol(UserFactory(username=username, display_name=name), cohort)

    people = selectors.students_of(cohort).order_by("pk")
    assert list(selectors.told_apart(people).values()) == shown


def test_a_removed_double_leaves_the_name_to_the_other(
    cohort: Cohort, instructor: Membership, student: Membership
) -> None:
    other = MembershipFactory(cohort=cohort, user__display_name="Sam")
    services.remove(instructor, other)

    assert selectors.told_apart(selectors.students_of(cohort)) == {student.pk: "Sam"}


def test_a_press_on_an_older_page_undoes_nothing_that_was_decided_since(cohort: Cohort, instructor: Membership) -> None:
    pacing.lead_class(instructor)
    services.close_joining(instructor)
    led_at = Cohort.objects.get(pk=cohort.pk).led_at

    pacing.lead_class(Membership.objects.select_related("cohort").get(pk=instructor.pk))

    led = Cohort.objects.get(pk=cohort.pk)
    assert not led.is_joining_open
    assert led.led_at == led_at

    pacing.end_class(instructor)
    services.open_joining(instructor)
    ended_at = Cohort.objects.get(pk=cohort.pk).ended_at

    pacing.end_class(Membership.objects.select_related("cohort").get(pk=instructor.pk))

    ended = Cohort.objects.get(pk=cohort.pk)
    assert ended.is_joining_open
    assert ended.ended_at == ended_at
