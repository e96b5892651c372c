"""What an admin does with classes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from classroom import services
from classroom.models import Cohort, GradientRule, LearningEvent, Membership, Pace, Rehearsal, Role, User
from lessons.authoring.loader import LoadedLesson
from lessons.services import submit
from tests.factories import CohortFactory, MembershipFactory, UserFactory, version_of
from tests.office.conftest import as_shown

pytestmark = pytest.mark.services

LIST, ADD = "/admin/classroom/cohort/", "/admin/classroom/cohort/add/"


def address_of(cohort: Cohort) -> str:
    return f"{LIST}{cohort.pk}/change/"


@pytest.fixture
def save(desk: Client, cohort: Cohort) -> Callable[..., Any]:
    """Open the page of the class and send it back with some changes."""
    return lambda **changes: desk.post(address_of(cohort), as_shown(desk, address_of(cohort)) | changes)


@pytest.fixture
def graded(student: Membership, lesson: LoadedLesson) -> None:
    """Somebody's answer has been graded."""
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})


def act(desk: Client, action: str, *chosen: Cohort, **more: Any) -> Any:
    return desk.post(LIST, {"action": action, "_selected_action": [each.pk for each in chosen], **more}, follow=True)


def test_a_new_class_opens_with_a_code_and_a_version(desk: Client) -> None:
    code = desk.get(ADD).context["adminform"].form["join_code"].initial
    form = {
        "name": "Evening class",
        "slug": "evening",
        "join_code": code,
        "lessons": ["data-rules-everything", "sampler"],
        "gradient_rule": "full",
        "time_zone": "Europe/Berlin",
    }

    answer = desk.post(ADD, form)

    assert answer.status_code == 302, answer.context["errors"]
    cohort = Cohort.objects.get(slug="evening")
    assert (cohort.gradient_rule, cohort.pace, cohort.time_zone) == (GradientRule.FULL, Pace.SELF, "Europe/Berlin")
    assert cohort.lessons == ["data-rules-everything", "sampler"]
    assert version_of(cohort) >= 1
    assert Client().get(f"/join/{code}").status_code == 200


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("time_zone", "Atlantis"),
        ("time_zone", "localtime"),
        ("time_zone", "Factory"),
        ("join_code", "short"),
        ("join_code", "ACDÉ-3467"),
        ("name", "Nine\u202e"),
        ("lessons", ["no-such-lesson"]),
        ("gradient_rule", "third"),
        ("name", ""),
        ("day", "tomorrow"),
    ],
)
def test_what_a_class_cannot_have_is_said_beside_the_field(save: Callable[..., Any], field: str, typed: Any) -> None:
    page = save(**{field: typed})

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


def test_a_join_code_is_read_as_the_join_page_reads_it(save: Callable[..., Any], cohort: Cohort) -> None:
    save(join_code="bcdf 6789")

    cohort.refresh_from_db()
    assert cohort.join_code == "BCDF-6789"


def test_a_join_code_of_another_class_is_refused_beside_the_field(save: Callable[..., Any]) -> None:
    CohortFactory(join_code="BCDF-6789")

    page = save(join_code="BCDF-6789")

    assert page.context["adminform"].form.errors == {"join_code": ["Another class has this join code."]}


def test_the_next_session_is_typed_and_shown_in_the_zone_of_the_class(
    save: Callable[..., Any], desk: Client, cohort: Cohort
) -> None:
    save(time_zone="Asia/Tokyo", day="2026-12-01", hour="18:30")

    cohort.refresh_from_db()
    assert cohort.next_session_at == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    form = desk.get(address_of(cohort)).context["adminform"].form
    assert (f"{form['day'].value()}", f"{form['hour'].value():%H:%M}") == ("2026-12-01", "18:30")


def test_an_hour_that_the_clocks_skip_is_refused(save: Callable[..., Any]) -> None:
    page = save(time_zone="Europe/Berlin", day="2027-03-28", hour="02:30")

    assert list(page.context["adminform"].form.errors) == ["hour"]


def test_the_rule_changes_while_nothing_has_been_graded(save: Callable[..., Any], cohort: Cohort) -> None:
    save(gradient_rule="full")

    cohort.refresh_from_db()
    assert cohort.gradient_rule == GradientRule.FULL


def test_a_rule_that_a_first_answer_fixed_while_the_page_was_open_stays(
    desk: Client, cohort: Cohort, student: Membership, lesson: LoadedLesson
) -> None:
    open_page = as_shown(desk, address_of(cohort))
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})

    answer = desk.post(address_of(cohort), open_page | {"gradient_rule": "full", "name": "Renamed"})

    cohort.refresh_from_db()
    assert (answer.status_code, cohort.gradient_rule, cohort.name) == (302, GradientRule.HALF, "Renamed")


@pytest.mark.usefixtures("graded")
def test_everything_else_still_changes_once_answers_were_graded(save: Callable[..., Any], cohort: Cohort) -> None:
    before = version_of(cohort)

    answer = save(name="Our renamed class", slug="other")

    cohort.refresh_from_db()
    assert answer.status_code == 302
    assert (cohort.name, cohort.slug) == ("Our renamed class", "ours")
    assert cohort.rule_fixed_at is not None
    assert version_of(cohort) > before


def test_a_page_that_was_open_when_the_class_was_led_does_not_stop_it(desk: Client, cohort: Cohort) -> None:
    open_page = as_shown(desk, address_of(cohort))
    services.lead_class(cohort)

    desk.post(address_of(cohort), open_page | {"name": "Renamed", "pace": "self"})

    cohort.refresh_from_db()
    assert (cohort.name, cohort.pace, cohort.led_at is not None) == ("Renamed", Pace.LED, True)


def test_of_two_admins_who_change_different_things_both_are_kept(desk: Client, cohort: Cohort) -> None:
    first, second = (as_shown(desk, address_of(cohort)) for __ in range(2))

    desk.post(address_of(cohort), first | {"name": "By the first"})
    desk.post(address_of(cohort), second | {"time_zone": "Asia/Tokyo"})

    cohort.refresh_from_db()
    assert (cohort.name, cohort.time_zone) == ("By the first", "Asia/Tokyo")


def test_of_two_admins_who_change_the_same_the_second_is_told_and_decides(desk: Client, cohort: Cohort) -> None:
    first, second = (as_shown(desk, address_of(cohort)) for __ in range(2))
    desk.post(address_of(cohort), first | {"name": "By the first"})

    page = desk.post(address_of(cohort), second | {"name": "By the second"})

    form = page.context["adminform"].form
    says = "Somebody else just changed this to “By the first”. Save again to use what you see here."
    assert form.errors == {"name": [says]}
    cohort.refresh_from_db()
    assert cohort.name == "By the first"
    again = desk.post(address_of(cohort), second | {"name": "By the second", "seen": form["seen"].value()})
    cohort.refresh_from_db()
    assert (again.status_code, cohort.name) == (302, "By the second")


@pytest.mark.parametrize(("action", "archived"), [("archive", True), ("reopen", False)])
def test_classes_are_archived_and_reopened_from_the_list(
    desk: Client, cohort: Cohort, action: str, archived: bool
) -> None:
    Cohort.objects.update(archived=not archived)
    before = version_of(cohort)

    act(desk, action, cohort)

    cohort.refresh_from_db()
    assert cohort.archived is archived
    assert version_of(cohort) > before
    assert LogEntry.objects.get().object_id == str(cohort.pk)


def test_joining_is_closed_and_opened_from_the_list(desk: Client, cohort: Cohort) -> None:
    act(desk, "close_joining", cohort)
    cohort.refresh_from_db()
    assert not cohort.is_joining_open

    act(desk, "open_joining", cohort)
    cohort.refresh_from_db()
    assert cohort.is_joining_open


def test_an_archived_class_is_named_among_those_that_nothing_was_done_to(desk: Client, cohort: Cohort) -> None:
    archived = CohortFactory(name="Long ago", archived=True)

    page = act(desk, "new_code", cohort, archived)

    cohort.refresh_from_db()
    assert cohort.join_code != "ACDE-3467"
    assert "Long ago: This class is archived." in page.text
    assert "New join code." in page.text


def test_a_copy_has_the_settings_and_instructors_and_nobody_else(
    desk: Client, cohort: Cohort, student: Membership, instructor: Membership
) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(gradient_rule="full", time_zone="Asia/Tokyo")

    asked = act(desk, "copy", cohort)
    assert "Name for the copy of Our class" in asked.text
    act(desk, "copy", cohort, copied="yes", **{f"name-{cohort.pk}": "Our class, spring"})

    made = Cohort.objects.get(name="Our class, spring")
    assert (made.gradient_rule, made.time_zone, made.join_code != cohort.join_code) == ("full", "Asia/Tokyo", True)
    assert [each.user for each in Membership.objects.filter(cohort=made)] == [instructor.user]


def test_the_list_counts_those_who_are_in_the_class_and_leads_to_them(
    desk: Client, cohort: Cohort, student: Membership, instructor: Membership
) -> None:
    services.remove(instructor, MembershipFactory(cohort=cohort))

    page = desk.get(LIST).text

    assert f'<td class="field-students"><a href="/admin/classroom/membership/?class={cohort.pk}">1</a></td>' in page
    assert '<td class="field-instructors">1</td>' in page


def test_the_page_of_a_class_leads_to_its_page_people_and_work_once(desk: Client, cohort: Cohort) -> None:
    page = desk.get(address_of(cohort)).text

    for address in (f"{LIST}{cohort.pk}/page/", f"/admin/lessons/submission/?class={cohort.pk}"):
        assert page.count(f'<a href="{address}">') == (2 if address.endswith("/page/") else 1)


def test_no_list_of_people_or_classes_offers_to_delete(desk: Client, cohort: Cohort, student: Membership) -> None:
    for name in ("cohort", "user", "membership"):
        assert "delete_selected" not in desk.get(f"/admin/classroom/{name}/").text
        desk.post(
            f"/admin/classroom/{name}/", {"action": "delete_selected", "_selected_action": [student.pk], "post": "yes"}
        )

    assert Membership.objects.filter(pk=student.pk).exists()


def test_an_open_class_is_not_deleted(desk: Client, cohort: Cohort) -> None:
    answer = desk.post(f"{LIST}{cohort.pk}/delete/", {"name": cohort.name})

    assert (answer.status_code, Cohort.objects.exists()) == (409, True)
    assert "Archive the class first." in answer.text


@pytest.mark.django_db(transaction=True)  # PostgreSQL is dumped in a transaction of its own
@pytest.mark.usefixtures("graded")
def test_an_archived_class_is_deleted_after_a_backup_by_whoever_types_its_name(
    desk: Client, cohort: Cohort, student: Membership, settings: Any, tmp_path: Path
) -> None:
    Cohort.objects.update(archived=True)
    address = f"{LIST}{cohort.pk}/delete/"

    asked = desk.get(address)
    wrong = desk.post(address, {"name": "Another class"})
    assert "1 students’ places, 1 answers" in " ".join(asked.text.split())
    assert (wrong.status_code, Cohort.objects.exists()) == (400, True)

    settings.VAR_DIR = tmp_path
    desk.post(address, {"name": " Our class "})

    assert not Cohort.objects.exists()
    assert len(list(tmp_path.glob("backups/downhill-*.zip"))) == 1
    assert User.objects.filter(pk=student.user_id).exists()
    assert LogEntry.objects.filter(object_repr="Our class").count() == 1


def test_without_a_backup_a_class_is_deleted_only_by_who_says_so(
    desk: Client, cohort: Cohort, settings: Any, tmp_path: Path
) -> None:
    Cohort.objects.update(archived=True)
    settings.VAR_DIR = tmp_path / "no folder"
    settings.VAR_DIR.write_text("a file")
    address = f"{LIST}{cohort.pk}/delete/"

    refused = desk.post(address, {"name": "Our class"})

    assert (refused.status_code, Cohort.objects.exists()) == (400, True)
    assert "No backup was made." in refused.text
    assert "Delete it without a backup" in refused.text
    desk.post(address, {"name": "Our class", "without": "on"})
    assert not Cohort.objects.exists()


def test_an_admin_comes_to_the_page_of_a_class_by_teaching_it(desk: Client, cohort: Cohort) -> None:
    asked = desk.get(f"{LIST}{cohort.pk}/page/")
    assert "Teach this class too" in asked.text
    assert not Membership.objects.exists()

    desk.post(f"{LIST}{cohort.pk}/page/")

    assert Membership.objects.get().role == Role.INSTRUCTOR
    assert LearningEvent.objects.get().kind == "cohort_joined"
    assert desk.get(f"{LIST}{cohort.pk}/page/").headers["Location"] == "/c/ours/class/"


def test_a_rehearsal_is_marked_among_the_classes_and_can_be_left_out(desk: Client) -> None:
    rehearsal, real = CohortFactory(name="Evening"), CohortFactory(name="Morning")
    Rehearsal.objects.create(cohort=rehearsal, seed=1, speed=5)

    both = desk.get(LIST).text
    alone = desk.get(f"{LIST}?kind=class").text

    assert both.count('class="field-kind">rehearsal<') == both.count('class="field-kind">class<') == 1
    assert (real.name in alone, rehearsal.name in alone) == (True, False)


def test_a_class_of_three_hundred_is_saved_like_any_other(
    desk: Client, cohort: Cohort, save: Callable[..., Any]
) -> None:
    users = [UserFactory.build(username=f"s{n}") for n in range(300)]
    Membership.objects.bulk_create(Membership(user=user, cohort=cohort) for user in User.objects.bulk_create(users))

    answer = save(name="A lecture")

    cohort.refresh_from_db()
    assert (answer.status_code, cohort.name) == (302, "A lecture")
