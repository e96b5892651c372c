"""The page of the people: order in the room, by a press."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from classroom import services
from classroom.models import Cohort, LearningEvent, Membership, User
from lessons import pacing, voting
from lessons import services as lesson_services
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.factories import MembershipFactory, version_of

PEOPLE = "/c/ours/class/people/"


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


def words(page: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def now(membership: Membership) -> Membership:
    return Membership.objects.select_related("cohort", "user").get(pk=membership.pk)


def test_everybody_is_listed_and_usernames_come_when_they_are_asked_for(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    services.set_student_id(instructor, student, "A-17")
    MembershipFactory(cohort=cohort, user__username="ada", user__display_name="Ada")

    listed, asked = desk.get(PEOPLE), desk.get(f"{PEOPLE}?usernames=shown")

    assert [(line.name, line.username, line.student_id) for line in listed.context["people"].lines] == [
        ("Ada", "", ""),
        ("Sam", "", "A-17"),
    ]
    assert [(line.name, line.username) for line in asked.context["people"].lines] == [("Ada", "ada"), ("Sam", "sam")]
    assert "2 students" in words(listed)


def test_two_of_one_name_have_their_usernames_unasked(desk: Client, student: Membership, cohort: Cohort) -> None:
    MembershipFactory(cohort=cohort, user__username="sam2", user__display_name="Sam")

    lines = desk.get(PEOPLE).context["people"].lines

    assert [line.name for line in lines] == ["Sam (sam)", "Sam (sam2)"]


def test_names_are_hidden_while_a_projector_shows_the_class(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    services.set_student_id(instructor, student, "A-17")
    left = MembershipFactory(cohort=cohort, user__display_name="Ada")
    services.remove(instructor, left)
    desk.get("/present/ours/")

    hidden, shown = desk.get(f"{PEOPLE}?usernames=shown"), desk.get(f"{PEOPLE}?names=shown")

    assert [name for name in ("Sam", "sam", "A-17", "Ada") if name in words(hidden)] == []
    assert "Student 01" in words(hidden)
    assert [name for name in ("Sam", "A-17", "Ada") if name not in words(shown)] == []


def test_the_list_takes_as_many_queries_for_thirty_as_for_one(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    def n_queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(PEOPLE)
        return len(asked)

    n_queries()  # from the second page on it is remembered whose a session is
    with_one = n_queries()
    for member in MembershipFactory.create_batch(30, cohort=cohort)[:5]:
        services.remove(instructor, member)

    assert n_queries() == with_one


def test_a_press_closes_joining_and_another_opens_it(desk: Client, cohort: Cohort) -> None:
    at_first = words(desk.get("/c/ours/class/"))
    closed = desk.post("/c/ours/class/joining/", {"act": "close", "from": "people"}, follow=True)
    in_class = words(desk.get("/c/ours/class/"))
    opened = desk.post("/c/ours/class/joining/", {"act": "open"}, follow=True)

    assert "Joining is open · New students join at http://testserver/join/ACDE-3467" in at_first
    assert closed.redirect_chain == [(PEOPLE, 302)]
    assert "Joining is closed · Only members get in." in words(closed)
    assert "Joining is closed" in in_class
    assert opened.redirect_chain == [("/c/ours/class/", 302)]
    assert "Joining is open" in words(opened)


def test_the_class_page_says_that_ending_the_class_has_closed_joining(desk: Client, instructor: Membership) -> None:
    pacing.lead_class(instructor)
    pacing.end_class(instructor)

    assert "Joining is closed" in words(desk.get("/c/ours/class/"))


def test_a_new_code_is_asked_once_and_the_wall_follows(desk: Client, cohort: Cohort) -> None:
    wall = desk.get("/present/ours/")
    asked = desk.get("/c/ours/class/code/")
    made = desk.post("/c/ours/class/code/", {"code": "ACDE-3467"}, follow=True)

    code = Cohort.objects.get().join_code
    assert "The code ACDE-3467 stops working at once." in words(asked)
    assert code != "ACDE-3467"
    assert f"http://testserver/join/{code}" in words(made)
    after = desk.get(f"/present/ours/since/?v={wall.context['v']}")
    assert after.status_code == 200
    assert code in words(after)
    assert f"/join/{code}" in after.content.decode()  # the QR code's name
    assert "ACDE-3467" not in after.content.decode()


def test_the_wall_shows_no_way_in_while_joining_is_closed(desk: Client, instructor: Membership) -> None:
    services.close_joining(instructor)

    wall = desk.get("/present/ours/")

    assert "Joining is closed. Ask your instructor." in words(wall)
    assert "/join/" not in wall.content.decode().partition('id="first"')[2].partition("</section>")[0]


def test_a_question_on_the_wall_has_no_way_in_while_joining_is_closed(
    desk: Client, instructor: Membership, lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    while_open = words(desk.get("/present/ours/"))
    services.close_joining(instructor)

    closed = words(desk.get("/present/ours/"))

    assert "testserver/join/ ACDE-3467" in while_open
    assert "ACDE-3467" not in closed
    assert "Joining is closed" in closed


def test_a_name_and_a_student_id_are_changed_on_one_page(desk: Client, student: Membership) -> None:
    at = f"/c/ours/class/students/{student.pk}/member/"

    answer = desk.post(at, {"act": "save", "display_name": "Sam Student", "student_id": "A-17"})

    assert answer.headers["Location"] == PEOPLE
    assert (now(student).user.display_name, now(student).student_id) == ("Sam Student", "A-17")


def test_what_is_refused_stands_beside_its_field_and_what_was_typed_stays(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    services.set_student_id(instructor, MembershipFactory(cohort=cohort), "7")
    at = f"/c/ours/class/students/{student.pk}/member/"

    page = desk.post(at, {"act": "save", "display_name": "\u200b", "student_id": "7"})

    assert page.status_code == 400
    assert "This name is invisible." in words(page)
    assert "Somebody else in this class has that student ID." in words(page)
    assert 'value="7"' in page.content.decode()
    assert (now(student).user.display_name, now(student).student_id) == ("Sam", "")


def test_what_is_too_long_is_told_how_long_it_may_be(desk: Client, student: Membership) -> None:
    sent = {"act": "save", "display_name": "n" * 81, "student_id": "7" * 41}

    page = desk.post(f"/c/ours/class/students/{student.pk}/member/", sent)

    assert "This is too long. Use at most 80 characters." in words(page)
    assert "This is too long. Use at most 40 characters." in words(page)


@pytest.mark.parametrize(("name", "student_id"), [("Sam Student", "7"), ("\u200b", "A-17")])
def test_of_a_name_and_a_student_id_both_are_saved_or_neither(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort, name: str, student_id: str
) -> None:
    services.set_student_id(instructor, MembershipFactory(cohort=cohort), "7")

    page = desk.post(
        f"/c/ours/class/students/{student.pk}/member/",
        {"act": "save", "display_name": name, "student_id": student_id},
    )

    assert page.status_code == 400
    assert (now(student).user.display_name, now(student).student_id) == ("Sam", "")
    assert not LearningEvent.objects.filter(kind__in=["member_renamed", "student_id_set"], membership=student).exists()
    assert "<h1>Sam</h1>" in page.content.decode()
    assert f'value="{name}"' in page.content.decode()
    assert f'value="{student_id}"' in page.content.decode()


@pytest.mark.parametrize(("act", "is_kept_out"), [("remove", False), ("keep_out", True)])
def test_whoever_is_removed_is_listed_with_the_way_back(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort, act: str, is_kept_out: bool
) -> None:
    before = version_of(cohort)

    removed = desk.post(f"/c/ours/class/students/{student.pk}/member/", {"act": act}, follow=True)
    gone = desk.get(f"/c/ours/class/students/{student.pk}/")
    back = desk.post(PEOPLE, {"student": str(student.pk)}, follow=True)

    (line,) = removed.context["people"].removed
    assert (line.name, line.by, line.is_kept_out) == ("Sam (sam)", "Ines", is_kept_out)
    assert "Their work is kept." in words(removed)
    assert gone.status_code == 404
    assert back.context["people"].removed == ()
    assert now(student).is_present
    assert version_of(cohort) == before + 2


@pytest.mark.parametrize("typed", ["", "x", "0", "９", "9" * 30])
def test_taking_back_nobody_is_refused(desk: Client, student: Membership, typed: str) -> None:
    assert desk.post(PEOPLE, {"student": typed}).status_code == 404


def test_an_act_that_is_none_is_refused(desk: Client, student: Membership) -> None:
    assert desk.post("/c/ours/class/joining/", {"act": "x"}).status_code == 400
    assert desk.post(f"/c/ours/class/students/{student.pk}/member/", {"act": "x"}).status_code == 400


def test_the_student_page_leads_there(desk: Client, student: Membership) -> None:
    at = f"/c/ours/class/students/{student.pk}/member/"

    assert f'href="{at}"' in desk.get(f"/c/ours/class/students/{student.pk}/").content.decode()
    assert f'href="{PEOPLE}"' in desk.get("/c/ours/class/").content.decode()


# --- two of one name ---


def twins(student: Membership, cohort: Cohort) -> list[Membership]:
    """Two who look alike by their names."""
    return [student, MembershipFactory(cohort=cohort, user__username="sam2", user__display_name="Sam")]


def test_two_of_one_name_are_told_apart_in_the_grid_its_calls_and_over_the_api(
    desk: Client, student: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    both = twins(student, cohort)
    for each in both:
        for n in range(3):
            sent = {"mean": "-59.7", "w": str(2.985 + n)}
            lesson_services.submit(each, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=sent)

    page, told = desk.get("/c/ours/class/").context["page"], desk.get("/api/v1/cohorts/ours/progress/").json()

    assert [row.name for row in page.rows] == ["Sam (sam)", "Sam (sam2)"]
    assert {call.name for call in page.calls} <= {"Sam (sam)", "Sam (sam2)"}
    assert [each["name"] for each in told["students"]] == ["Sam (sam)", "Sam (sam2)"]


def test_the_grid_has_every_username_on_demand(desk: Client, student: Membership, cohort: Cohort) -> None:
    MembershipFactory(cohort=cohort, user__username="ada", user__display_name="Ada")

    usual, asked = desk.get("/c/ours/class/"), desk.get("/c/ours/class/?names=usernames")
    hidden = desk.get("/c/ours/class/?names=hidden")

    assert [row.name for row in usual.context["page"].rows] == ["Ada", "Sam"]
    assert [row.name for row in asked.context["page"].rows] == ["Ada (ada)", "Sam (sam)"]
    assert "(sam)" not in words(hidden)


def test_two_of_one_name_are_told_apart_where_their_texts_are_read(
    desk: Client, student: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    for each in twins(student, cohort):
        pupils.write(each, lesson)

    queue = desk.get("/c/ours/class/reviews/").context["queue"]

    assert [each.name for each in queue.waiting] == ["Sam (sam)", "Sam (sam2)"]


@pytest.mark.parametrize("at", ["", "member/", "password/", "merge/", "page/{lesson}/", "paper/{lesson}/by-hand/"])
def test_every_page_of_one_student_says_which_account_it_is(desk: Client, student: Membership, at: str) -> None:
    page = desk.get(f"/c/ours/class/students/{student.pk}/{at.format(lesson='data-rules-everything')}")

    assert re.search(r"logs in as sam|Sam \(sam\)", words(page))
