"""What an instructor is told while no worker answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from classroom.models import Membership, User
from experiments import liveness, tasks
from experiments.models import Run, RunState
from lessons.authoring.loader import LoadedLesson
from tests.lessons import runs

PAGES = ("/c/ours/class/", "/c/ours/class/lead/")
SAYS = "No worker has answered since"


@pytest.fixture
def said(instructor: Membership, client_of: Callable[[User], Client]) -> Callable[[], list[bool]]:
    """Whether each of the two pages says that no worker answers."""
    client = client_of(instructor.user)
    return lambda: [SAYS in client.get(address).content.decode() for address in PAGES]


def test_both_pages_say_it_after_a_minute_without_a_sign_and_until_there_is_one(
    said: Callable[[], list[bool]], clock: Callable[[datetime], None]
) -> None:
    began, found = timezone.now(), []
    tasks.reap()  # as beat asks a worker every few seconds
    for seconds in (50, 75):
        clock(began + timedelta(seconds=seconds))
        found.append(said())
    clock(began)
    tasks.reap()
    found.append(said())

    assert found == [[False, False], [True, True], [False, False]]


def test_a_worker_that_is_at_a_long_run_is_not_silent(
    student: Membership, lesson: LoadedLesson, said: Callable[[], list[bool]], clock: Callable[[datetime], None]
) -> None:
    began = timezone.now()
    tasks.reap()
    runs.guess(student, lesson, "lowest")
    runs.ask(student, lesson)
    Run.objects.update(state=RunState.RUNNING, heartbeat_at=began + timedelta(seconds=80))
    clock(began + timedelta(seconds=90))

    assert said() == [False, False]


def test_a_server_that_never_had_a_worker_says_so(instructor: Membership, client_of: Callable[[User], Client]) -> None:
    assert "No worker is running." in client_of(instructor.user).get(PAGES[0]).content.decode()


def test_the_lead_page_that_is_open_hears_of_it_by_its_own_poll(
    instructor: Membership, client_of: Callable[[User], Client], clock: Callable[[datetime], None]
) -> None:
    tasks.reap()
    client, began = client_of(instructor.user), timezone.now()
    v = client.get(PAGES[1]).content.decode().split("?v=")[1].split("&")[0]
    quiet = client.get(f"{PAGES[1]}since/?v={v}").status_code
    clock(began + timedelta(seconds=75))
    loud = client.get(f"{PAGES[1]}since/?v={v}")

    assert quiet == 204
    assert SAYS in loud.content.decode()


def test_to_tell_costs_one_query_while_a_worker_answers(db: None, django_assert_num_queries: Callable) -> None:
    tasks.reap()

    with django_assert_num_queries(1):
        assert liveness.silence() is None
