"""Who is here: whoever looks at a page or works over the API, and no program that reads for somebody else."""

from __future__ import annotations

import ast
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from classroom.selectors import is_here
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.factories import version_of
from tests.lessons import runs

LESSONS = "/api/v1/lessons/"
BY_HAND = f"{LESSONS}data-rules-everything/activities/by-hand/"


def hand_in(client: APIClient, w: str = "3") -> None:
    sent = {"id": str(uuid.uuid4()), "step": 1, "answer": {**pupils.STEPS[0], "w": w}}
    assert client.post(f"{BY_HAND}submissions/", sent, format="json").status_code == 201


@pytest.mark.parametrize("address", [LESSONS, f"{LESSONS}data-rules-everything/", BY_HAND, "/api/v1/awards/"])
def test_whoever_asks_the_api_is_here(
    student: Membership, cohort: Cohort, api_of: Callable[[User], APIClient], address: str
) -> None:
    before = version_of(cohort)

    assert api_of(student.user).get(address).status_code == 200

    student.refresh_from_db()
    assert is_here(student)
    assert version_of(cohort) == before + 1


def test_whoever_hands_in_over_the_api_stays_here(
    student: Membership, api_of: Callable[[User], APIClient], clock: Callable[[datetime], None]
) -> None:
    client, began = api_of(student.user), timezone.now()
    for minutes, w in ((0, "3"), (2, "4"), (4, "5")):
        clock(began + timedelta(minutes=minutes))
        hand_in(client, w)

    student.refresh_from_db()

    assert is_here(student)


def test_whoever_waits_for_a_run_over_the_api_is_here(
    instructor: Membership, student: Membership, lesson: LoadedLesson, api_of: Callable[[User], APIClient]
) -> None:
    runs.guess(student, lesson, "lowest")
    (run,) = runs.ask(student, lesson)

    assert api_of(student.user).get(f"/api/v1/runs/{run.pk}/").status_code == 200
    assert api_of(instructor.user).get(f"/api/v1/runs/{run.pk}/").status_code == 200

    student.refresh_from_db()
    instructor.refresh_from_db()
    assert is_here(student)
    assert not is_here(instructor)  # they looked at a student's run


def test_being_here_is_noted_once_a_minute_and_costs_nothing_in_between(
    student: Membership, api_of: Callable[[User], APIClient], clock: Callable[[datetime], None]
) -> None:
    client, began = api_of(student.user), timezone.now()
    client.get(BY_HAND)
    noted = []
    for seconds in (30, 59, 61):
        clock(began + timedelta(seconds=seconds))
        with CaptureQueriesContext(connection) as asked:
            client.get(BY_HAND)
        noted.append(sum("last_active_at" in query["sql"] and "UPDATE" in query["sql"] for query in asked))

    assert noted == [0, 0, 1]


def test_what_is_typed_is_noted_with_being_here_and_changes_nothing_about_that(
    student: Membership, client_of: Callable[[User], Client], clock: Callable[[datetime], None]
) -> None:
    client, began = client_of(student.user), timezone.now()
    address = "/c/ours/lessons/data-rules-everything/by-hand/since/"
    times = []
    for seconds, sent in ((0, {}), (30, {"typed": "yes"}), (61, {"typed": "yes"}), (90, {"typed": "yes"}), (122, {})):
        clock(began + timedelta(seconds=seconds))
        client.get(address, sent)
        student.refresh_from_db()
        assert student.last_active_at is not None
        typed = student.typed_at and round((student.typed_at - began).total_seconds())
        times.append((round((student.last_active_at - began).total_seconds()), typed))

    assert times == [(0, None), (0, None), (61, 61), (61, 61), (122, 61)]


def test_members_are_found_for_the_api_in_one_place() -> None:
    callers = {
        str(path)
        for package in ("badges", "classroom", "dashboard", "experiments", "lessons", "rehearsal")
        for path in Path(package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "only_membership"
    }

    assert callers == {"classroom/api.py"}
