"""Times on the admin site: written as everywhere else, in the zone of the class or of this Downhill, which is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.test import Client
from django.utils.formats import date_format

from classroom.models import Cohort, LearningEvent, Membership, User

pytestmark = pytest.mark.services

MIDNIGHT = datetime(2026, 12, 1, 0, 15, tzinfo=UTC)


@pytest.fixture
def told(desk: Client, student: Membership, settings: Any) -> Membership:
    """A student, of whom something was told at a quarter past midnight; their class is in Berlin."""
    settings.TIME_ZONE = "Pacific/Auckland"
    Cohort.objects.update(time_zone="Europe/Berlin")
    LearningEvent.objects.update(at=MIDNIGHT)
    User.objects.update(last_login=MIDNIGHT)
    Membership.objects.update(joined_at=MIDNIGHT)
    entries = LogEntry.objects.log_actions(User.objects.get(username="ada").pk, [student.cohort], CHANGE, "Archived.")
    LogEntry.objects.filter(pk__in=[each.pk for each in entries]).update(action_time=MIDNIGHT)
    return student


def test_dates_and_times_are_written_as_on_other_pages() -> None:
    at = datetime(2026, 12, 1, 0, 15)

    assert date_format(at, "DATETIME_FORMAT") == "1 December 2026, 00:15"
    assert (date_format(at, "DATE_FORMAT"), date_format(at, "TIME_FORMAT")) == ("1 December 2026", "00:15")


@pytest.mark.parametrize(
    "address",
    [
        "classroom/learningevent/?class={cohort}",
        "classroom/membership/?class={cohort}",
        "classroom/user/?class={cohort}",
        "classroom/learningevent/{event}/change/",
        "classroom/membership/{member}/change/",
        "classroom/cohort/{cohort}/history/",
    ],
)
def test_a_page_about_one_class_tells_the_time_there(desk: Client, told: Membership, address: str) -> None:
    names = {"cohort": told.cohort_id, "member": told.pk, "event": LearningEvent.objects.get().pk}

    page = desk.get("/admin/" + address.format(**names)).text

    assert "1 December 2026, 01:15" in page
    assert "Times are in Europe/Berlin." in page


@pytest.mark.parametrize("address", ["classroom/learningevent/", "classroom/user/", "admin/logentry/"])
def test_a_page_about_several_tells_the_time_of_this_downhill(desk: Client, told: Membership, address: str) -> None:
    page = desk.get("/admin/" + address).text

    assert "1 December 2026, 13:15" in page
    assert "Times are in Pacific/Auckland." in page


def test_a_list_without_times_names_no_zone(desk: Client, told: Membership) -> None:
    assert "Times are in" not in desk.get("/admin/classroom/cohort/").text
    assert "Times are in" not in desk.get("/admin/classroom/membership/add/").text
