"""My data: what is kept in short, the file, and who looked."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from classroom import looks, services
from classroom.models import Cohort, Look, Membership
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

PAGE = "/accounts/data/"


def words(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])))


def unzipped(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        found: dict[str, Any] = json.loads(archive.read("data.json"))
    return found


def test_the_page_names_what_is_kept_and_changes_nothing(student: Membership, client_of: Callable[..., Client]) -> None:
    said = words(client_of(student.user))

    assert "Your username (sam) and your display name (Sam)" in said
    assert "Your place in Our class, since" in said
    assert "Nobody in the last 90 days." in said
    assert not Look.objects.exists()


def test_the_file_comes_by_a_press_and_is_ones_own(student: Membership, client_of: Callable[..., Client]) -> None:
    answer = client_of(student.user).post(PAGE)

    data = unzipped(answer)
    assert [each["username"] for each in data["account"]] == ["sam"]
    assert f"downhill-sam-{timezone.now():%Y-%m-%d}.zip" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    assert not Look.objects.exists()


def test_whoever_was_removed_still_gets_theirs(
    student: Membership, instructor: Membership, client_of: Callable[..., Client]
) -> None:
    services.remove(instructor, student, keep_out=True)
    client = client_of(student.user)

    assert "Your work in Our class, until" in words(client)
    assert unzipped(client.post(PAGE))["classes"][0]["removed_at"]


def test_a_fourth_file_within_a_minute_is_for_later_and_nobody_elses_is(
    student: Membership, client_of: Callable[..., Client]
) -> None:
    client = client_of(student.user)

    answers = [client.post(PAGE) for __ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert "Try again in a minute." in answers[-1].text
    assert client_of(MembershipFactory(cohort=student.cohort).user).post(PAGE).status_code == 200


def test_who_looked_is_told_by_day_in_the_zone_of_the_class_with_name_and_role(
    student: Membership, instructor: Membership, client_of: Callable[..., Client]
) -> None:
    Cohort.objects.update(time_zone="Asia/Tokyo")
    late = timezone.now().replace(hour=20, minute=0, second=0, microsecond=0) - timedelta(days=5)
    for kind, at in (("page", late), ("text", late + timedelta(hours=1)), ("page", late - timedelta(days=90))):
        Look.objects.create(viewer=instructor.user, membership=student, kind=kind, at=at)
    Look.objects.create(viewer=None, membership=student, kind="work", at=late)
    looks.at_members(instructor.user, Look.Kind.PAGE, [MembershipFactory(cohort=student.cohort).pk])

    said = words(client_of(student.user))

    next_day = f"{late + timedelta(days=1):%-d %B %Y}"
    assert f"Ines (instructor) {next_day} · Our class · a text to review; page of one student" in said
    assert f"Somebody whose account is deleted (admin) {next_day}" in said
    assert said.count("Ines (instructor)") == 1
