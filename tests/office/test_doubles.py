"""Two accounts of one person, merged on the admin site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from classroom import services
from classroom.models import Cohort, LearningEvent, Membership, User
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory, version_of

pytestmark = pytest.mark.services

MEMBERS = "/admin/classroom/membership/"


@pytest.fixture
def double(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort, user__username="sam2", user__display_name="Sam")


def press(desk: Client, *chosen: Membership, **more: Any) -> Any:
    sent = {"action": "merge", "_selected_action": [each.pk for each in chosen], **more}
    return desk.post(MEMBERS, sent, follow=True)


def words(page: Any) -> str:
    return " ".join(page.text.split())


def test_it_is_shown_and_then_done_told_to_the_class_and_logged(
    desk: Client,
    student: Membership,
    double: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
) -> None:
    pupils.seal(double, lesson, "rates", "half-b", "settles")
    before = version_of(student.cohort)

    asked = press(desk, student, double, instead=student.pk)
    merged_yet = Membership.objects.filter(merged_into=student).exists()
    done = press(desk, student, double, keep=student.pk)

    assert 'Predictions: <b class="number">1</b>' in words(asked)
    assert not merged_yet
    assert "The account sam2 was merged into sam." in words(done)
    assert Membership.objects.get(merged_into=student) == double
    assert Prediction.objects.get().membership == student
    assert version_of(student.cohort) > before
    facts = LearningEvent.objects.get(kind="accounts_merged", membership=student).facts
    assert (facts["username"], facts["moved"]["predictions"]) == ("sam2", 1)
    log = {entry.object_id: entry.get_change_message() for entry in LogEntry.objects.all()}
    # By number: whoever is erased is named nowhere, and the file of who merged them names nobody.
    assert log == {
        str(student.pk): f"Got the work of member {double.pk}.",
        str(double.pk): f"Merged into member {student.pk}.",
    }
    page = client_of(instructor.user).get(f"/c/ours/class/students/{student.pk}/")
    assert "Got the work of the account sam2" in words(page)


def test_the_account_used_last_stays_unless_the_other_one_is_asked_for(
    desk: Client, student: Membership, double: Membership
) -> None:
    Membership.objects.filter(pk=double.pk).update(last_active_at=timezone.now() + timedelta(minutes=1))

    first = press(desk, student, double)
    other = press(desk, student, double, instead=student.pk)

    assert "Merge sam into sam2" in words(first)
    assert "Merge sam2 into sam" in words(other)
    assert not Membership.objects.exclude(merged_into=None).exists()


def test_what_is_still_sealed_is_sealed_on_the_page_that_asks(
    desk: Client, student: Membership, double: Membership, lesson: LoadedLesson
) -> None:
    for item in ("half-a", "half-c"):
        pupils.seal(student, lesson, "rates", item, "crawls")
        pupils.seal(double, lesson, "rates", item, "explodes")
    sealing.open_reveal(student, lesson, "rates", "half-c")

    rows = press(desk, student, double).context["preview"].aside

    assert [(each.counts, each.aside) for each in rows] == [("sealed", "sealed"), ("crawls", "sealed")]


@pytest.mark.parametrize("why", ["one", "three", "classes", "instructor", "removed", "archived", "merged", "stranger"])
def test_what_cannot_be_merged_is_said_above_the_list(
    desk: Client, student: Membership, double: Membership, instructor: Membership, why: str
) -> None:
    chosen, more = [student, double], {"keep": student.pk}
    match why:
        case "one":
            chosen = [student]
        case "three":
            chosen.append(MembershipFactory(cohort=student.cohort))
        case "classes":
            chosen[1] = MembershipFactory(cohort=CohortFactory())
        case "instructor":
            chosen[1] = instructor
        case "removed":
            services.remove(None, double)
        case "archived":
            Cohort.objects.update(archived=True)
        case "merged":
            third = MembershipFactory(cohort=student.cohort)
            press(desk, double, third, keep=third.pk)
            LogEntry.objects.all().delete()
        case "stranger":
            more = {"keep": instructor.pk}
    says = {
        "one": "Choose two members: the two accounts of one person.",
        "three": "Choose two members: the two accounts of one person.",
        "classes": "These two are in different classes. Move one of them first, then merge.",
        "instructor": "Only accounts of students are merged.",
        "removed": "One of them is no longer in this class.",
        "archived": "This class is archived.",
        "merged": "One of them is no longer in this class.",
        "stranger": "Choose two members: the two accounts of one person.",
    }

    page = press(desk, *chosen, **more)

    assert says[why] in words(page)
    assert not Membership.objects.filter(merged_into=student).exists()
    assert not LogEntry.objects.exists()


def test_a_second_press_is_logged_once(desk: Client, student: Membership, double: Membership) -> None:
    press(desk, student, double, keep=student.pk)
    press(desk, student, double, keep=student.pk)

    assert LogEntry.objects.count() == 2
    assert LearningEvent.objects.filter(kind="accounts_merged").count() == 1


def test_a_class_admin_merges_in_their_own_class_by_their_name_and_in_no_other(
    admin_of: Client, student: Membership, double: Membership, instructor: Membership, desk_of: Callable[..., Client]
) -> None:
    elsewhere = [MembershipFactory(cohort=cohort) for cohort in [CohortFactory()] for __ in range(2)]

    press(admin_of, *elsewhere, keep=elsewhere[0].pk)
    press(desk_of("auditor"), student, double, keep=student.pk)
    assert not Membership.objects.exclude(merged_into=None).exists()
    press(admin_of, student, double, keep=student.pk)

    merged = Membership.objects.get(merged_into=student)
    assert merged.removed_by == instructor
    assert LearningEvent.objects.get(kind="accounts_merged").facts["entered_by"] == instructor.pk


def test_the_class_reads_that_an_admin_removed_somebody(
    client_of: Callable[[User], Client], student: Membership, instructor: Membership
) -> None:
    services.remove(None, student)

    page = words(client_of(instructor.user).get("/c/ours/class/people/"))

    assert "by an admin" in page
