"""What an admin does on the admin site."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from classroom.models import Cohort, GradientRule, Membership, Pace, Rehearsal, Role, User
from lessons import services
from lessons.authoring.loader import LoadedLesson
from tests.factories import CohortFactory, UserFactory, version_of

pytestmark = pytest.mark.services

ADD, CHANGE_LIST = "/admin/classroom/cohort/add/", "/admin/classroom/cohort/"
INLINES = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}


@pytest.fixture
def desk(db: None, client_of: Callable[[User], Client]) -> Client:
    return client_of(UserFactory(username="ada", is_staff=True, is_superuser=True))


@pytest.fixture
def save(desk: Client, cohort: Cohort) -> Callable[..., Any]:
    """Send the cohort's form as it stands, with some changes."""

    def send(**changes: Any) -> Any:
        form = {
            "name": cohort.name,
            "join_code": cohort.join_code,
            "lessons": cohort.lessons,
            "gradient_rule": cohort.gradient_rule,
            "pace": cohort.pace,
            "time_zone": cohort.time_zone,
            **INLINES,
        }
        return desk.post(f"/admin/classroom/cohort/{cohort.pk}/change/", form | changes)

    return send


@pytest.fixture
def graded(student: Membership, lesson: LoadedLesson) -> None:
    """Somebody's answer has been graded."""
    services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})


def test_a_new_cohort_opens_with_a_code_a_version_and_its_people(desk: Client) -> None:
    instructor = UserFactory()
    code = desk.get(ADD).context["adminform"].form["join_code"].initial
    form = {
        "name": "Evening class",
        "slug": "evening",
        "join_code": code,
        "lessons": ["data-rules-everything", "sampler"],
        "gradient_rule": "full",
        "pace": "self",
        "time_zone": "Europe/Berlin",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-user": instructor.pk,
        "memberships-0-role": "instructor",
    }

    answer = desk.post(ADD, form)

    assert answer.status_code == 302, answer.context["errors"]
    cohort = Cohort.objects.get(slug="evening")
    assert (cohort.gradient_rule, cohort.pace, cohort.time_zone) == (GradientRule.FULL, Pace.SELF, "Europe/Berlin")
    assert cohort.lessons == ["data-rules-everything", "sampler"]
    assert version_of(cohort) >= 1
    assert Membership.objects.get(cohort=cohort).role == Role.INSTRUCTOR
    assert Client().get(f"/join/{code}").status_code == 200


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("time_zone", "Berlin"),
        ("join_code", "short"),
        ("join_code", "acde-3467"),
        ("lessons", ["no-such-lesson"]),
        ("gradient_rule", "third"),
        ("pace", "fast"),
        ("name", ""),
    ],
)
def test_what_a_class_cannot_have_is_said_beside_the_field(save: Callable[..., Any], field: str, typed: Any) -> None:
    page = save(**{field: typed})

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


def test_the_next_session_is_typed_and_shown_in_the_zone_of_the_class(
    save: Callable[..., Any], desk: Client, cohort: Cohort
) -> None:
    when = {"next_session_at_0": "2026-12-01", "next_session_at_1": "18:30:00"}

    save(time_zone="Asia/Tokyo", **when)

    cohort.refresh_from_db()
    assert cohort.next_session_at == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    shown = desk.get(f"/admin/classroom/cohort/{cohort.pk}/change/").text
    assert 'value="2026-12-01"' in shown
    assert 'value="18:30:00"' in shown
    page = save(time_zone="Mars/Base", **when)
    assert list(page.context["adminform"].form.errors) == ["time_zone"]


def test_the_rule_changes_while_nothing_has_been_graded(save: Callable[..., Any], cohort: Cohort) -> None:
    save(gradient_rule="full")

    cohort.refresh_from_db()
    assert cohort.gradient_rule == GradientRule.FULL


@pytest.mark.usefixtures("graded")
def test_the_rule_stays_once_answers_were_graded_by_it(save: Callable[..., Any], cohort: Cohort) -> None:
    page = save(gradient_rule="full")

    assert page.context["adminform"].form.errors == {
        "gradient_rule": ["The gradient rule cannot change now: answers have been graded with it."]
    }
    cohort.refresh_from_db()
    assert cohort.gradient_rule == GradientRule.HALF


@pytest.mark.usefixtures("graded")
def test_everything_else_still_changes_once_answers_were_graded(save: Callable[..., Any], cohort: Cohort) -> None:
    before = version_of(cohort)

    answer = save(name="Our renamed class")

    cohort.refresh_from_db()
    assert answer.status_code == 302
    assert (cohort.name, cohort.slug) == ("Our renamed class", "ours")
    assert cohort.rule_fixed_at is not None
    assert version_of(cohort) > before


def test_the_slug_stays_since_people_have_kept_its_addresses(save: Callable[..., Any], cohort: Cohort) -> None:
    save(slug="other")

    cohort.refresh_from_db()
    assert cohort.slug == "ours"


@pytest.mark.parametrize(("action", "archived"), [("archive", True), ("reopen", False)])
def test_classes_are_archived_and_reopened_from_the_list(
    desk: Client, cohort: Cohort, action: str, archived: bool
) -> None:
    Cohort.objects.update(archived=not archived)

    answer = desk.post(CHANGE_LIST, {"action": action, "_selected_action": [cohort.pk]})

    cohort.refresh_from_db()
    assert answer.status_code == 302
    assert cohort.archived is archived


def test_the_list_counts_students_and_instructors(desk: Client, student: Membership, instructor: Membership) -> None:
    page = desk.get(CHANGE_LIST).content.decode()

    assert '<td class="field-students">1</td>' in page
    assert '<td class="field-instructors">1</td>' in page


def test_a_user_made_by_the_admin_logs_in(desk: Client) -> None:
    form = {
        "username": "Nora",
        "display_name": "Nora",
        "usable_password": "true",
        "password1": "three plain words",
        "password2": "three plain words",
    }

    answer = desk.post("/admin/classroom/user/add/", form)

    assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.get(username="nora").display_name == "Nora"
    assert Client().post("/accounts/login/", {"login": "nora", "password": "three plain words"}).status_code == 302


def test_a_username_taken_in_another_case_is_said_and_not_an_error(desk: Client) -> None:
    form = {
        "username": "ADA",
        "display_name": "Ada",
        "usable_password": "true",
        "password1": "three plain words",
        "password2": "three plain words",
    }

    page = desk.post("/admin/classroom/user/add/", form)

    assert page.status_code == 200
    assert "Somebody already has that username." in page.content.decode()


def test_the_admin_gives_a_student_a_new_password(desk: Client, student: Membership) -> None:
    new = {"usable_password": "true", "password1": "four quite plain words", "password2": "four quite plain words"}

    desk.post(f"/admin/classroom/user/{student.user_id}/password/", new)

    answer = Client().post("/accounts/login/", {"login": "sam", "password": "four quite plain words"})
    assert answer.status_code == 302


def test_a_membership_added_by_the_admin_shows_on_open_pages(desk: Client, cohort: Cohort) -> None:
    before, newcomer = version_of(cohort), UserFactory()

    desk.post("/admin/classroom/membership/add/", {"user": newcomer.pk, "cohort": cohort.pk, "role": "student"})

    assert Membership.objects.filter(user=newcomer, cohort=cohort).exists()
    assert version_of(cohort) > before


def test_a_membership_taken_away_shows_on_open_pages(desk: Client, student: Membership, cohort: Cohort) -> None:
    before = version_of(cohort)

    desk.post(f"/admin/classroom/membership/{student.pk}/delete/", {"post": "yes"})

    assert not Membership.objects.filter(pk=student.pk).exists()
    assert version_of(cohort) > before


def test_memberships_taken_away_from_the_list_show_on_open_pages(
    desk: Client, student: Membership, cohort: Cohort
) -> None:
    before = version_of(cohort)

    chosen = {"action": "delete_selected", "_selected_action": [student.pk], "post": "yes"}
    desk.post("/admin/classroom/membership/", chosen)

    assert not Membership.objects.filter(pk=student.pk).exists()
    assert version_of(cohort) > before


def test_a_class_with_answers_is_still_deleted_if_the_admin_says_so_twice(
    desk: Client, student: Membership, cohort: Cohort, graded: None
) -> None:
    asked = desk.get(f"/admin/classroom/cohort/{cohort.pk}/delete/")
    desk.post(f"/admin/classroom/cohort/{cohort.pk}/delete/", {"post": "yes"})

    assert "Are you sure" in asked.content.decode()
    assert not Cohort.objects.exists()


@pytest.mark.parametrize("query", ["?q=\0", "?cohort__id__exact=x", "?o=999", "?p=999", "?nonsense=1"])
@pytest.mark.parametrize("model", ["user", "cohort", "membership", "learningevent"])
def test_a_strange_query_does_not_break_a_list(desk: Client, model: str, query: str) -> None:
    assert desk.get(f"/admin/classroom/{model}/{query}").status_code in (200, 302)


def test_a_username_is_kept_in_lower_case_when_it_is_changed_too(db: None, client_of: Callable[[User], Client]) -> None:
    admin = client_of(UserFactory(is_staff=True, is_superuser=True))
    person = UserFactory(username="mira")

    admin.post(
        f"/admin/classroom/user/{person.pk}/change/",
        {"username": "MiraBel", "display_name": "Mira", "is_active": "on"},
    )

    person.refresh_from_db()
    assert person.username == "mirabel"


@pytest.mark.django_db
def test_a_rehearsal_is_marked_among_the_classes_and_can_be_left_out() -> None:
    rehearsal, real = CohortFactory(name="Evening"), CohortFactory(name="Morning")
    Rehearsal.objects.create(cohort=rehearsal, seed=1, speed=5)
    client = Client()
    client.force_login(
        UserFactory(is_staff=True, is_superuser=True), "allauth.account.auth_backends.AuthenticationBackend"
    )

    both = client.get("/admin/classroom/cohort/").content.decode()
    alone = client.get("/admin/classroom/cohort/?rehearsal__isempty=1").content.decode()

    assert both.count('class="field-kind">rehearsal<') == both.count('class="field-kind">class<') == 1
    assert (real.name in alone, rehearsal.name in alone) == (True, False)
