"""What an admin does with people, and with their places in classes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from classroom import cards, services, tokens
from classroom.models import Cohort, LearningEvent, LoginCard, Membership, Rehearsal, Role, User
from classroom.refusals import NotFound
from lessons.authoring.loader import LoadedLesson
from lessons.models import Submission
from lessons.moving import move
from lessons.services import submit
from office import roles
from tests.factories import CohortFactory, MembershipFactory, UserFactory, version_of
from tests.office.conftest import as_shown

pytestmark = pytest.mark.services

PEOPLE, MEMBERS = "/admin/classroom/user/", "/admin/classroom/membership/"
NEW = {
    "username": "Nora",
    "display_name": "Nora",
    "usable_password": "true",
    "password1": "three plain words",
    "password2": "three plain words",
}


def act(desk: Client, action: str, *chosen: Membership, **more: Any) -> Any:
    return desk.post(MEMBERS, {"action": action, "_selected_action": [each.pk for each in chosen], **more}, follow=True)


def test_a_person_made_by_the_admin_logs_in(desk: Client) -> None:
    answer = desk.post(f"{PEOPLE}add/", NEW)

    assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.get(username="nora").display_name == "Nora"
    assert Client().post("/accounts/login/", {"login": "nora", "password": "three plain words"}).status_code == 302


def test_a_username_taken_in_another_case_is_said_beside_the_field(desk: Client) -> None:
    page = desk.post(f"{PEOPLE}add/", NEW | {"username": "ADA"})

    assert page.status_code == 200
    assert page.context["adminform"].form.errors == {
        "username": ["Somebody already has that username. Add a letter or a number."]
    }


def test_the_admin_gives_a_student_a_new_password(desk: Client, student: Membership) -> None:
    new = {"usable_password": "true", "password1": "four quite plain words", "password2": "four quite plain words"}

    desk.post(f"{PEOPLE}{student.user_id}/password/", new)

    answer = Client().post("/accounts/login/", {"login": "sam", "password": "four quite plain words"})
    assert answer.status_code == 302


def test_a_log_in_by_password_that_is_closed_ends_what_it_had_opened(desk: Client, student: Membership) -> None:
    key, card = tokens.make(student.user), cards.make([UserFactory(username="other")])[0]

    desk.post(f"{PEOPLE}{student.user_id}/password/", {"usable_password": "false", "unset-password": ""})
    desk.post(f"{PEOPLE}{card.user.pk}/password/", {"usable_password": "false", "unset-password": ""})

    assert not User.objects.get(username="sam").has_usable_password()
    assert tokens.with_key(key) is None
    assert not LoginCard.objects.exists()


def test_a_class_admin_makes_no_student_of_an_instructor(
    admin_of: Client, cohort: Cohort, client_of: Callable[[User], Client]
) -> None:
    colleague = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR)
    address = f"{MEMBERS}{colleague.pk}/change/"

    admin_of.post(address, as_shown(admin_of, address) | {"role": "student", "student_id": "17"})

    colleague.refresh_from_db()
    assert (colleague.role, colleague.student_id) == (Role.INSTRUCTOR, "17")


def test_who_teaches_is_not_said_to_be_removed(desk: Client, instructor: Membership) -> None:
    page = act(desk, "remove", instructor)

    assert "Only students are removed." in page.text
    assert not LogEntry.objects.exists()


def test_an_answer_that_waited_while_its_student_was_moved_is_refused(
    student: Membership, lesson: LoadedLesson
) -> None:
    old_page = Membership.objects.select_related("cohort", "user").get(pk=student.pk)
    move(student, CohortFactory())

    with pytest.raises(NotFound):
        submit(old_page, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})

    assert not Submission.objects.exists()


def test_no_page_of_a_person_shows_how_their_password_is_kept(desk: Client, student: Membership) -> None:
    page = desk.get(f"{PEOPLE}{student.user_id}/change/").text

    assert student.user.password not in page
    assert not {"algorithm", "salt", "hash", "iterations"} & set(page.lower().split())


def test_a_username_is_kept_in_lower_case_when_it_is_changed_too(desk: Client) -> None:
    person = UserFactory(username="mira")
    address = f"{PEOPLE}{person.pk}/change/"

    desk.post(address, as_shown(desk, address) | {"username": "MiraBel"})

    person.refresh_from_db()
    assert person.username == "mirabel"


def test_of_two_admins_who_change_one_person_both_are_kept(desk: Client, student: Membership) -> None:
    address = f"{PEOPLE}{student.user_id}/change/"
    first, second = (as_shown(desk, address) for __ in range(2))

    desk.post(address, first | {"display_name": "Samira"})
    desk.post(address, second | {"username": "samira"})

    student.user.refresh_from_db()
    assert (student.user.display_name, student.user.username) == ("Samira", "samira")


def test_a_password_that_was_set_while_the_page_was_open_stays(desk: Client, student: Membership) -> None:
    address = f"{PEOPLE}{student.user_id}/change/"
    open_page = as_shown(desk, address)
    student.user.set_password("four quite plain words")
    student.user.save()

    desk.post(address, open_page | {"display_name": "Samira"})

    student.user.refresh_from_db()
    assert student.user.check_password("four quite plain words")


def test_the_page_of_a_person_leads_to_their_classes_and_the_list_to_their_work(
    desk: Client, student: Membership
) -> None:
    assert f'href="{MEMBERS}{student.pk}/change/"' in desk.get(f"{PEOPLE}{student.user_id}/change/").text
    assert f'href="/admin/lessons/submission/?person={student.user_id}"' in desk.get(PEOPLE).text


def test_people_are_found_by_class(desk: Client, student: Membership) -> None:
    stranger = UserFactory(username="stranger")

    page = desk.get(f"{PEOPLE}?class={student.cohort_id}").text

    assert (">sam<" in page, stranger.username in page) == (True, False)


def test_nobody_deletes_a_person_or_locks_themself_out(desk: Client, student: Membership) -> None:
    me = User.objects.get(username="ada")
    address = f"{PEOPLE}{me.pk}/change/"

    assert desk.post(f"{PEOPLE}{student.user_id}/delete/", {"post": "yes"}).status_code == 403
    page = desk.post(address, {name: value for name, value in as_shown(desk, address).items() if name != "is_active"})

    assert page.context["adminform"].form.errors == {"is_active": ["You cannot lock yourself out."]}
    assert User.objects.filter(is_active=True).count() == 2


def test_a_member_added_by_the_admin_shows_on_open_pages(desk: Client, cohort: Cohort) -> None:
    before, newcomer = version_of(cohort), UserFactory()

    desk.post(f"{MEMBERS}add/", {"user": newcomer.pk, "cohort": cohort.pk, "role": "student", "student_id": "17"})

    assert Membership.objects.get(user=newcomer, cohort=cohort).student_id == "17"
    assert version_of(cohort) > before


def test_whose_place_it_is_never_changes(desk: Client, student: Membership) -> None:
    address, other = f"{MEMBERS}{student.pk}/change/", UserFactory()

    desk.post(address, as_shown(desk, address) | {"user": other.pk, "cohort": CohortFactory().pk, "student_id": "17"})

    was, student = student, Membership.objects.get(pk=student.pk)
    assert (student.user_id, student.cohort_id, student.student_id) == (was.user_id, was.cohort_id, "17")


def test_a_student_id_of_somebody_else_in_the_class_is_refused(desk: Client, student: Membership) -> None:
    Membership.objects.filter(pk=MembershipFactory(cohort=student.cohort).pk).update(student_id="17")
    address = f"{MEMBERS}{student.pk}/change/"

    page = desk.post(address, as_shown(desk, address) | {"student_id": "17"})

    assert page.status_code == 200
    assert "Somebody else in this class has that student ID." in page.text


def test_members_are_removed_and_taken_back_with_their_work(desk: Client, student: Membership) -> None:
    before = version_of(student.cohort)

    act(desk, "remove", student)
    student.refresh_from_db()
    assert not student.is_present
    assert version_of(student.cohort) > before

    act(desk, "take_back", student)
    student.refresh_from_db()
    assert student.is_present
    told = LearningEvent.objects.filter(membership=student).order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["cohort_joined", "member_removed", "member_returned"]


def test_a_student_moves_with_all_work_and_both_classes_are_told(
    desk: Client, student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})
    old, new = student.cohort, CohortFactory(name="The other class")
    before = version_of(old), version_of(new)

    asked = act(desk, "move", student)
    assert "To which class?" in asked.text
    act(desk, "move", student, to=new.pk)

    student = Membership.objects.get(pk=student.pk)
    assert (student.cohort, Submission.objects.get().membership) == (new, student)
    assert (version_of(old) > before[0], version_of(new) > before[1]) == (True, True)
    event = LearningEvent.objects.get(kind="member_moved")
    assert event.facts["was"] == "ours"
    assert LogEntry.objects.get().get_change_message() == "Moved from Our class to The other class."
    new.refresh_from_db()
    assert new.rule_fixed_at is not None
    mine = client_of(student.user)
    assert mine.get(f"/c/{new.slug}/lessons/data-rules-everything/").status_code == 200
    assert mine.get("/c/ours/lessons/data-rules-everything/").status_code == 404
    teacher = client_of(MembershipFactory(cohort=new, role=Role.INSTRUCTOR).user)
    assert "Moved here from Our class" in teacher.get(f"/c/{new.slug}/class/students/{student.pk}/").text


@pytest.mark.parametrize(
    "why", ["rule", "lesson", "there", "student_id", "archived", "instructor", "removed", "rehearsal"]
)
def test_who_cannot_move_stays_and_the_reason_is_said(
    desk: Client, student: Membership, instructor: Membership, lesson: LoadedLesson, why: str
) -> None:
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})
    settings: dict[str, dict[str, Any]] = {
        "rule": {"gradient_rule": "full"},
        "lesson": {"lessons": ["sampler"]},
        "archived": {"archived": True},
    }
    new, moved = CohortFactory(**settings.get(why, {})), student
    if why == "there":
        MembershipFactory(user=student.user, cohort=new)
    if why == "student_id":
        Membership.objects.filter(pk=student.pk).update(student_id="17")
        Membership.objects.filter(pk=MembershipFactory(cohort=new).pk).update(student_id="17")
    if why == "instructor":
        moved = instructor
    if why == "removed":
        services.remove(instructor, student)
    if why == "rehearsal":
        Rehearsal.objects.create(cohort=new, seed=1, speed=5)
    says = {
        "rehearsal": "Nobody is moved into one or out of it.",
        "rule": "That class works by another gradient rule",
        "lesson": "That class lacks a lesson that they worked in: data-rules-everything.",
        "there": "They are in that class already",
        "student_id": "Somebody else in that class has their student ID.",
        "archived": "This class is archived.",
        "instructor": "Only students who are in their class now can be moved.",
        "removed": "Only students who are in their class now can be moved.",
    }

    page = act(desk, "move", moved, to=new.pk)

    moved.refresh_from_db()
    assert moved.cohort.slug == "ours"
    assert says[why] in page.text
    assert not LearningEvent.objects.filter(kind="member_moved").exists()


def test_roles_are_given_on_the_page_of_a_person(desk: Client, student: Membership) -> None:
    address = f"{PEOPLE}{student.user_id}/change/"

    desk.post(address, as_shown(desk, address) | {"role": "auditor"})
    assert roles.of(User.objects.get(pk=student.user_id)) == "auditor"

    desk.post(address, as_shown(desk, address) | {"role": "superuser"})
    assert User.objects.get(pk=student.user_id).is_superuser

    form = {name: value for name, value in as_shown(desk, address).items() if name != "role"}
    desk.post(address, form | {"role": ""})
    assert (roles.of(person := User.objects.get(pk=student.user_id)), person.is_staff) == ("", False)


@pytest.fixture
def unfolded(db: None) -> User:
    """Somebody whose username is not as names are compared now: another one had that when all were folded."""
    UserFactory(username="straße".casefold())
    person = UserFactory()
    User.objects.filter(pk=person.pk).update(username="straße")
    return User.objects.get(pk=person.pk)


def test_a_person_keeps_the_username_they_have_when_something_else_is_changed(desk: Client, unfolded: User) -> None:
    address = f"{PEOPLE}{unfolded.pk}/change/"

    answer = desk.post(address, as_shown(desk, address) | {"display_name": "Samira"})

    assert answer.status_code == 302, answer.context["errors"]
    unfolded.refresh_from_db()
    assert (unfolded.username, unfolded.display_name) == ("straße", "Samira")


@pytest.mark.parametrize("wished", ["strasse", "Straße", "two words"])
def test_a_username_that_is_changed_is_checked(desk: Client, unfolded: User, wished: str) -> None:
    address = f"{PEOPLE}{unfolded.pk}/change/"

    page = desk.post(address, as_shown(desk, address) | {"username": wished})

    assert list(page.context["adminform"].form.errors) == ["username"]
    unfolded.refresh_from_db()
    assert unfolded.username == "straße"


def test_a_username_of_before_is_freely_exchanged_for_one_of_now(desk: Client, unfolded: User) -> None:
    address = f"{PEOPLE}{unfolded.pk}/change/"

    desk.post(address, as_shown(desk, address) | {"username": "Allee", "display_name": "Samira"})

    unfolded.refresh_from_db()
    assert (unfolded.username, unfolded.display_name) == ("allee", "Samira")
