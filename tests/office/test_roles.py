"""Who may do what on the admin site."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from classroom.models import Cohort, Membership, Role, User
from classroom.refusals import Conflict
from office import roles
from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.conventions.permission_table import ADMIN, METHODS, ROWS, Row
from tests.factories import CohortFactory, MembershipFactory, UserFactory
from tests.office.conftest import as_shown

pytestmark = pytest.mark.services

STAFF = ("superuser", "school admin", "class admin", "auditor", "staff without a role")
# What each may do in a list, in the order of STAFF: see it, add to it, change a row, see the page to delete it.
# "own" means the rows of the classes that they teach. Nothing is deleted but a class.
SEES, ADDS, CHANGES, DELETES = range(4)
NO = "-"
TABLE: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "user": (("all", "yes", "all", NO), ("all", "yes", "all", NO), ("own", NO, NO, NO), ("all", NO, NO, NO), (NO,) * 4),
    "cohort": (
        ("all", "yes", "all", "all"),
        ("all", "yes", "all", "all"),
        ("own", NO, "own", NO),
        ("all", NO, NO, NO),
        (NO,) * 4,
    ),
    "membership": (
        ("all", "yes", "all", NO),
        ("all", "yes", "all", NO),
        ("own", NO, "own", NO),
        ("all", NO, NO, NO),
        (NO,) * 4,
    ),
    **dict.fromkeys(
        ("submission", "prediction", "review", "award", "learningevent", "look"),
        (("all", NO, NO, NO), ("all", NO, NO, NO), ("own", NO, NO, NO), ("all", NO, NO, NO), (NO,) * 4),
    ),
    # Nobody of this class has asked for the run of the table.
    "run": (("all", NO, NO, NO), ("all", NO, NO, NO), (NO,) * 4, ("all", NO, NO, NO), (NO,) * 4),
    "logentry": (("all", NO, NO, NO), ("all", NO, NO, NO), (NO,) * 4, ("all", NO, NO, NO), (NO,) * 4),
}
KEYS = {
    "user": "user_id",
    "cohort": "cohort_id",
    "membership": "student",
    "submission": "submission",
    "prediction": "prediction",
    "review": "review",
    "award": "award_id",
    "run": "made_run",
    "learningevent": "event_id",
    "look": "look",
    "logentry": "entry",
}


@pytest.fixture
def world(db: None) -> World:
    return matrix.build_world()


@pytest.fixture
def staff(world: World, client_of: Callable[[User], Client]) -> dict[str, Client]:
    ours = Cohort.objects.get(slug="ours")
    people = {name: UserFactory(is_staff=True) for name in STAFF}
    for name, user in people.items():
        if name != "staff without a role":
            roles.give(user, name)
    MembershipFactory(user=people["class admin"], cohort=ours, role=Role.INSTRUCTOR)
    return {name: client_of(user) for name, user in people.items()}


def test_the_table_speaks_of_every_list() -> None:
    assert set(TABLE) == {model._meta.model_name for model in admin.site._registry}


@pytest.mark.parametrize("model", sorted(TABLE))
def test_every_role_may_do_in_a_list_what_the_table_says(world: World, staff: dict[str, Client], model: str) -> None:
    app = next(each._meta.app_label for each in admin.site._registry if each._meta.model_name == model)
    here, key = f"/admin/{app}/{model}/", world.names[KEYS[model]]
    Cohort.objects.update(archived=True)  # only then a class can be deleted
    found = {}
    for name, client in staff.items():
        listed = client.get(here)
        shown = client.get(f"{here}{key}/change/")
        added = client.get(f"{here}add/").status_code == 200
        # A form that is shown to be changed has a button; it is refused by itself below.
        changes = shown.status_code == 200 and 'name="_save"' in shown.text
        deleted = client.get(f"{here}{key}/delete/").status_code == 200
        reach = "own" if name == "class admin" else "all"
        sees = listed.status_code == 200 and shown.status_code == 200
        found[name] = (
            reach if sees else NO,
            "yes" if added else NO,
            reach if changes else NO,
            reach if deleted else NO,
        )

    assert found == dict(zip(STAFF, TABLE[model], strict=True))


def test_what_a_role_does_not_show_is_refused_when_it_is_sent(world: World, staff: dict[str, Client]) -> None:
    """The table once more, by what is posted: nothing changes for whoever may only look."""
    key, address = world.names["user_id"], f"/admin/classroom/user/{world.names['user_id']}/change/"
    sent = as_shown(staff["superuser"], address) | {"display_name": "Changed"}
    for name in ("class admin", "auditor", "staff without a role"):
        assert staff[name].post(address, sent).status_code in (302, 403), name
        chosen = {"action": "archive", "_selected_action": world.names["cohort_id"]}
        staff[name].post("/admin/classroom/cohort/", chosen) if name != "class admin" else None
        assert staff[name].post("/admin/classroom/user/add/", {"username": "x"}).status_code == 403

    assert User.objects.get(pk=key).display_name != "Changed"
    assert not Cohort.objects.filter(archived=True).exists()


# Whether each may say how long a class is kept, in the order of STAFF: it is deleted then.
SETS_DAYS = (True, True, False, False, False)


def test_whoever_may_not_delete_a_class_sets_no_days_after_which_it_is_deleted(
    world: World, staff: dict[str, Client]
) -> None:
    address = f"/admin/classroom/cohort/{world.names['cohort_id']}/change/"
    found = []
    for client in staff.values():
        Cohort.objects.update(keep_for=None, keep_for_set_at=None)
        sent = as_shown(staff["superuser"], address) | {"keep_for": "1"}
        client.post(address, sent)
        is_set = Cohort.objects.filter(slug="ours", keep_for=1).exists()
        assert ('name="keep_for"' in client.get(address).text) == is_set
        found.append(is_set)

    assert tuple(found) == SETS_DAYS


def test_a_class_admin_reads_the_days_and_saves_the_rest(world: World, staff: dict[str, Client]) -> None:
    address = f"/admin/classroom/cohort/{world.names['cohort_id']}/change/"
    Cohort.objects.filter(slug="ours").update(keep_for=77)
    client = staff["class admin"]
    assert "77" in client.get(address).text

    client.post(address, as_shown(client, address) | {"name": "Renamed"})

    assert Cohort.objects.filter(slug="ours", name="Renamed", keep_for=77).exists()


@pytest.mark.parametrize("name", ["school admin", "class admin", "auditor"])
def test_a_role_opens_nothing_outside_the_admin_site(world: World, staff: dict[str, Client], name: str) -> None:
    """On pages and API whoever has a role is whoever they are in a class: here nobody, or the instructor they are."""
    like = "instructor" if name == "class admin" else "admin"
    of_admin = {row.path for row in ADMIN}
    rows = [row for row in ROWS if row.path not in of_admin and not _makes_classes(row)]
    found = []
    for row in rows:
        for method in METHODS:
            world.clients[name] = staff[name]
            got = matrix.in_short(matrix.ask(world, row, method, name))
            expected = row.expected(method)[matrix.ROLES.index(like)]
            if got != expected and not (like == "instructor" and "{run}" in row.path):
                found.append(f"{method} {row.path} as {name}: {got}, and the table says {expected}")

    assert found == []


def _makes_classes(row: Row) -> bool:
    return row.name == "dashboard:new-class"


@pytest.mark.parametrize("other", ["superuser", "school admin"])
def test_a_school_admin_does_not_come_by_a_higher_role(
    staff: dict[str, Client], desk_of: Callable[..., Client], other: str
) -> None:
    """Neither by giving it, nor by the password of somebody who has it."""
    school = staff["school admin"]
    person = UserFactory(username="boss")
    roles.give(person, other)
    page = f"/admin/classroom/user/{person.pk}/"
    mine = User.objects.exclude(pk=person.pk).get(groups__name="school admin", is_staff=True)
    student = UserFactory()
    address = f"/admin/classroom/user/{student.pk}/change/"
    new = {"usable_password": "true", "password1": "four quite plain words", "password2": "four quite plain words"}

    school.post(f"{page}password/", new)
    school.post(f"{page}change/", {"username": "boss", "display_name": "Mine", "role": ""})
    refused = school.post(address, as_shown(school, address) | {"role": other})
    school.post(f"/admin/classroom/user/{mine.pk}/change/", {"display_name": "x", "is_active": "on", "role": other})

    person.refresh_from_db()
    assert (person.display_name != "Mine", person.check_password("four quite plain words")) == (True, False)
    assert list(refused.context["adminform"].form.errors) == ["role"]
    assert roles.of(User.objects.get(pk=student.pk)) == ""
    assert roles.of(User.objects.get(pk=mine.pk)) == "school admin"


def test_a_school_admin_gives_the_roles_below_their_own(staff: dict[str, Client]) -> None:
    student = UserFactory()
    address = f"/admin/classroom/user/{student.pk}/change/"

    staff["school admin"].post(address, as_shown(staff["school admin"], address) | {"role": "class admin"})

    assert roles.of(User.objects.get(pk=student.pk)) == "class admin"


def test_a_class_admin_finds_and_moves_nobody_of_another_class(
    admin_of: Client, cohort: Cohort, student: Membership
) -> None:
    other = MembershipFactory(cohort=CohortFactory(name="Elsewhere"), user__display_name="Olga")
    everywhere = [f"/admin/{each._meta.app_label}/{each._meta.model_name}/" for each in admin.site._registry]

    for address in everywhere:
        assert "Olga" not in admin_of.get(address).text
        assert "Elsewhere" not in admin_of.get(address).text
    members = "/admin/classroom/membership/"
    admin_of.post(members, {"action": "remove", "_selected_action": other.pk})
    admin_of.post(members, {"action": "move", "_selected_action": student.pk, "to": other.cohort_id})
    admin_of.post(f"/admin/classroom/cohort/{other.cohort_id}/page/")
    asked = {"app_label": "classroom", "model_name": "membership", "field_name": "cohort", "term": "else"}
    found = admin_of.get(f"/admin/autocomplete/?{urlencode(asked)}")

    other.refresh_from_db()
    student.refresh_from_db()
    assert (other.is_present, student.cohort) == (True, cohort)
    assert json.loads(found.text)["results"] == []
    assert Membership.objects.filter(cohort=other.cohort, role=Role.INSTRUCTOR).count() == 0


def test_a_class_admin_who_no_longer_teaches_a_class_has_it_no_longer(
    admin_of: Client, instructor: Membership, student: Membership
) -> None:
    assert admin_of.get(f"/admin/classroom/membership/{student.pk}/change/").status_code == 200

    instructor.delete()

    assert admin_of.get(f"/admin/classroom/membership/{student.pk}/change/").status_code == 302


def test_a_superuser_whose_page_is_old_does_not_take_the_last_one_away(
    desk: Client, client_of: Callable[[User], Client]
) -> None:
    """Two superusers, each with the page of the other open; the second one's press comes too late."""
    ada, bea = User.objects.get(username="ada"), UserFactory(username="bea", is_staff=True, is_superuser=True)
    of_ada, of_bea = (f"/admin/classroom/user/{user.pk}/change/" for user in (ada, bea))
    by_bea = client_of(bea)
    open_page = as_shown(by_bea, of_ada)

    desk.post(of_bea, as_shown(desk, of_bea) | {"role": ""})
    by_bea.post(of_ada, open_page | {"role": ""})

    assert list(User.objects.filter(is_superuser=True)) == [ada]


@pytest.mark.parametrize("taken", [{"is_superuser": False}, {"is_active": False}])
def test_the_last_superuser_keeps_role_and_log_in(desk: Client, taken: dict[str, bool]) -> None:
    User.objects.filter(username="ada").update(**taken)

    with transaction.atomic(), pytest.raises(Conflict):
        roles.refuse_if_no_superuser_is_left()


def test_permissions_of_the_roles_are_brought_up_to_date_by_every_migration(db: None) -> None:
    group = Group.objects.get(name="auditor")
    group.permissions.clear()

    roles.keep()

    kept: Any = group.permissions
    assert kept.count() == len(roles.AUDITOR.permissions)
