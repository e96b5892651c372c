"""Who looked at whose work: once an hour, at the cost of one statement, and never in the way of a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from classroom import looks, services
from classroom.models import Cohort, Look, Membership, User
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from office import roles
from tests import pupils
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.services

NOON = datetime(2026, 12, 1, 12, 34, 56, tzinfo=UTC)
PAGE = Look.Kind.PAGE


def kept() -> list[tuple[str, str, str, datetime]]:
    rows = Look.objects.order_by("pk").select_related("viewer", "membership__user")
    return [(str(each.viewer), str(each.membership.user), each.kind, each.at) for each in rows]


def test_who_looks_twice_within_an_hour_has_looked_once(
    student: Membership, instructor: Membership, clock: Callable[[datetime], None]
) -> None:
    clock(NOON)
    looks.at_members(instructor.user, PAGE, [student.pk])
    clock(NOON + timedelta(minutes=25))
    looks.at_members(instructor.user, PAGE, [student.pk])
    looks.at_members(instructor.user, Look.Kind.TEXT, [student.pk])
    clock(NOON + timedelta(minutes=26))
    looks.at_members(instructor.user, PAGE, [student.pk])

    noon, one = (NOON.replace(hour=hour, minute=0, second=0) for hour in (12, 13))
    assert kept() == [
        ("Ines", "Sam", "page", noon),
        ("Ines", "Sam", "text", noon),
        ("Ines", "Sam", "page", one),
    ]


def test_whoever_looks_at_themself_or_at_synthetic_people_has_looked_at_nobody(
    cohort: Cohort, student: Membership, instructor: Membership
) -> None:
    player = MembershipFactory(cohort=cohort, user__is_synthetic=True)

    looks.at_members(student.user, PAGE, [student.pk])
    looks.at_members(instructor.user, PAGE, [player.pk, 10**9])
    looks.at_class(instructor.user, Look.Kind.TABLE, cohort)

    assert [row[1:3] for row in kept()] == [("Sam", "table")]


def test_a_table_of_the_class_is_a_look_at_everybody_who_is_in_it_now(
    cohort: Cohort, student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    gone = MembershipFactory(cohort=cohort)
    services.remove(instructor, gone)
    MembershipFactory(cohort=cohort, user__display_name="Tom")
    MembershipFactory()

    for name in ("export", "gradebook"):
        answer = client_of(instructor.user).get(f"/api/v1/cohorts/ours/{name}.csv")
        assert answer.status_code == 200
        assert "Sam" in answer.getvalue().decode() or name == "export"

    assert sorted(row[1:3] for row in kept()) == [
        ("Sam", "gradebook"),
        ("Sam", "table"),
        ("Tom", "gradebook"),
        ("Tom", "table"),
    ]


@pytest.mark.parametrize("role", ["instructor", "admin"])
def test_two_accounts_side_by_side_are_a_look_at_both(
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    role: str,
) -> None:
    double = MembershipFactory(cohort=student.cohort, user__display_name="Sam 2")
    for each, choice in ((student, "settles"), (double, "explodes")):
        pupils.seal(each, lesson, "rates", "half-a", choice)
        sealing.open_reveal(each, lesson, "rates", "half-a")
    if role == "instructor":
        viewer = instructor.user
        client_of(viewer).get(f"/c/ours/class/students/{student.pk}/merge/?other={double.pk}")
    else:
        viewer = UserFactory(is_staff=True, is_superuser=True)
        sent = {"action": "merge", "_selected_action": [student.pk, double.pk]}
        client_of(viewer).post("/admin/classroom/membership/", sent)

    assert set(Look.objects.values_list("viewer", "membership")) == {(viewer.pk, student.pk), (viewer.pk, double.pk)}


def test_looks_stay_when_who_looked_is_deleted_and_go_with_the_work(student: Membership) -> None:
    viewer, other = UserFactory(), UserFactory()
    looks.at_members(viewer, PAGE, [student.pk])
    looks.at_members(other, PAGE, [student.pk])
    User.objects.filter(pk__in=(viewer.pk, other.pk)).delete()

    assert list(Look.objects.values_list("viewer", "membership")) == [(None, student.pk)] * 2
    student.delete()
    assert not Look.objects.exists()


def test_old_looks_are_forgotten(student: Membership, instructor: Membership, settings: Settings) -> None:
    settings.LOOKS_DAYS = 30
    looks.at_members(instructor.user, PAGE, [student.pk])
    for days in (29, 31):
        at = timezone.now() - timedelta(days=days)
        Look.objects.create(viewer=instructor.user, membership=student, kind=PAGE, at=at)

    looks.old(timezone.now()).delete()

    assert Look.objects.count() == 2
    assert min(Look.objects.values_list("at", flat=True)) > timezone.now() - timedelta(days=30)


def test_the_pages_of_one_student_are_told_apart_by_what_they_show(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    client, base = client_of(instructor.user), f"/c/ours/class/students/{student.pk}/"
    for address in ("", "did/", "page/data-rules-everything/by-hand/", "member/", "password/"):
        assert client.get(base + address).status_code == 200
    client.get("/c/ours/class/")
    client.get("/present/ours/")

    assert [row[2] for row in kept()] == ["page", "did", "lesson"]


# --- what it costs --------------------------------------------------------------------------------


@pytest.fixture
def committed(transactional_db: None, lesson: object) -> Callable[..., int]:
    """The statements about looks of an act, where each is a transaction of its own as on a server."""

    def by(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as asked:
            act()
        return sum("classroom_look" in each["sql"] for each in asked.captured_queries)

    return by


def test_a_look_costs_one_statement_and_one_that_is_known_none(
    committed: Callable[..., int], student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    client, address = client_of(instructor.user), f"/c/ours/class/students/{student.pk}/"

    assert [committed(lambda: client.get(address)) for __ in range(3)] == [1, 0, 0]
    assert len(kept()) == 1


def test_a_page_is_shown_although_its_look_cannot_be_written(
    committed: Callable[..., int], student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(instructor.user)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE classroom_look RENAME TO classroom_elsewhere")
    try:
        shown = client.get(f"/c/ours/class/students/{student.pk}/did/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE classroom_elsewhere RENAME TO classroom_look")

    assert shown.status_code == 200
    assert kept() == []


# --- on the admin site ----------------------------------------------------------------------------


@pytest.fixture
def admin(db: None) -> User:
    found = UserFactory(username="ada", display_name="Ada")
    roles.give(found, roles.SUPERUSER)
    return found


def test_a_list_of_work_is_a_look_at_everybody_on_the_page_and_a_row_at_its_owner(
    student: Membership, admin: User, client_of: Callable[[User], Client]
) -> None:
    classmate = MembershipFactory(cohort=student.cohort, user__display_name="Tom")
    event = student.events.get()

    client_of(admin).get(f"/admin/classroom/learningevent/?person={student.user_id}")
    client_of(admin).get(f"/admin/classroom/learningevent/{event.pk}/change/")
    client_of(admin).get("/admin/classroom/membership/")

    assert [row[:3] for row in kept()] == [("Ada", "Sam", "list"), ("Ada", "Sam", "work")]
    client_of(admin).get("/admin/classroom/learningevent/")
    assert [row[:3] for row in kept()][2:] == [("Ada", "Tom", "list")]
    assert classmate.looks.exists()


def test_the_list_of_looks_is_filtered_and_a_class_admin_sees_their_own(
    student: Membership, instructor: Membership, admin: User, client_of: Callable[[User], Client]
) -> None:
    elsewhere = MembershipFactory()
    looks.at_members(instructor.user, PAGE, [student.pk])
    looks.at_members(admin, Look.Kind.WORK, [student.pk, elsewhere.pk])
    roles.give(instructor.user, roles.CLASS_ADMIN.key)

    def shown(user: User, query: str = "") -> list[tuple[str, str]]:
        page = client_of(user).get(f"/admin/classroom/look/?{query}")
        return sorted((str(look.viewer), look.membership.user.username) for look in page.context["cl"].result_list)

    mine, others = [("Ada", "sam"), ("Ines", "sam")], ("Ada", elsewhere.user.username)
    assert shown(admin) == sorted([*mine, others])
    assert shown(instructor.user) == mine
    assert shown(admin, f"by={instructor.user_id}") == [("Ines", "sam")]
    assert shown(admin, f"person={elsewhere.user_id}") == [others]
    assert shown(admin, f"class={student.cohort_id}&kind=work") == [("Ada", "sam")]
    assert len(kept()) == 3
