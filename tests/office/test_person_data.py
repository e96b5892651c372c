"""Everything that is kept of a person, as an admin takes it: written down, and seen by whose it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from classroom.models import Look, Membership, User
from office import roles
from tests.downhill.test_my_data import unzipped, words
from tests.factories import UserFactory

pytestmark = pytest.mark.services


@pytest.fixture
def admin(db: None) -> User:
    found = UserFactory(username="ada", display_name="Ada")
    roles.give(found, roles.SCHOOL_ADMIN.key)
    return found


def test_an_admin_takes_it_and_that_is_written_down_and_seen(
    student: Membership, admin: User, client_of: Callable[..., Client]
) -> None:
    desk, address = client_of(admin), f"/admin/classroom/user/{student.user_id}/data/"
    page = desk.get(f"/admin/classroom/user/{student.user_id}/change/").text
    assert "Their data (zip)" in page
    assert desk.get(address).status_code == 200
    assert not Look.objects.exists()

    data = unzipped(desk.post(address))

    assert [each["username"] for each in data["account"]] == ["sam"]
    assert [each["how"] for each in data["admin_log"]] == ["All their data was downloaded."]
    assert [(each["who"], each["role"], each["kind"]) for each in data["looks"]] == [("Ada", "admin", "data")]
    assert LogEntry.objects.get().user == admin
    assert "Ada (admin)" in words(client_of(student.user))


@pytest.mark.parametrize("role", [roles.AUDITOR.key, roles.CLASS_ADMIN.key])
def test_an_auditor_and_a_class_admin_take_nobodys(
    student: Membership, instructor: Membership, client_of: Callable[..., Client], role: str
) -> None:
    roles.give(instructor.user, role)
    desk, address = client_of(instructor.user), f"/admin/classroom/user/{student.user_id}/"

    assert "Their data (zip)" not in desk.get(f"{address}change/").text
    assert {desk.get(f"{address}data/").status_code, desk.post(f"{address}data/").status_code} == {403}
    assert not LogEntry.objects.exists()


def test_a_school_admin_takes_no_superusers(admin: User, client_of: Callable[..., Client]) -> None:
    top = UserFactory(is_staff=True, is_superuser=True)

    assert client_of(admin).post(f"/admin/classroom/user/{top.pk}/data/").status_code == 403
    assert client_of(admin).get("/admin/classroom/user/999999/data/").status_code == 404
