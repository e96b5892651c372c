"""A removed student is nowhere in the room: each of its pages is as if they had never been there, until they are back.

What the class said in a vote while they were there stays what it was.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from classroom import services
from classroom.models import Cohort, CohortVersion, Membership, User
from experiments.models import Run, RunRequest
from lessons import help_calls, pacing, reviews, stage, voting
from lessons import services as lessons_services
from lessons.activities.predict import answers
from lessons.authoring.loader import LoadedLesson
from lessons.models import Review
from tests import pupils, walks
from tests.conventions.permission_table import API_INSTRUCTORS, INSTRUCTORS, ROWS
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

NAME = "Canary Clementine"
# Every address that shows an instructor their class as a whole.
ROOMS = sorted(
    row.path for row in ROWS if row.answers.get("GET") in (INSTRUCTORS, API_INSTRUCTORS) and "{student}" not in row.path
)
# What no student is on: they look the same whoever is there.
EMPTY = {
    "/c/{cohort}/class/ready/",
    "/c/{cohort}/class/ready/since/",
    "/c/{cohort}/class/ready/slide/",
    "/c/{cohort}/class/rehearse/",
    "/c/{cohort}/class/copy/",
    "/c/{cohort}/class/settings/",
    "/print/{cohort}/",
    "/print/{cohort}/worksheets/",
    "/c/{cohort}/class/lead/",
    "/c/{cohort}/class/lead/since/",
    "/c/{cohort}/class/code/",
}
# Who was removed stands here, so that they can be taken back.
BACK = {"/c/{cohort}/class/people/"}
PARTS = ("by-hand", "rates", "u-curve", "bias", "cases", "mission")


def rooms() -> list[str]:
    names = {"cohort": "ours", "part": "{part}"}
    found = [path.format(**names) for path in ROOMS if path not in BACK]
    return [each.replace("{part}", part) for each in found for part in (PARTS if "{part}" in each else ("",))]


def looked_at(client: Client) -> dict[str, str]:
    """Every room as text, without what changes with each look."""
    found = {}
    for address in rooms():
        CohortVersion.objects.update(projected_at=None)  # one of them is a projector, which hides names in others
        page = client.get(address)
        assert page.status_code == 200, address
        text = (page.getvalue() if page.streaming else page.content).decode()
        text = re.sub(
            r"data-seconds=\"\d+\"|[?&;](amp;)?v=[^&\"]*|csrfmiddlewaretoken[^>]*|\d\d:\d\d:\d\d|\"version\":\d+",
            "",
            text,
        )
        found[address] = re.sub(r"row-\d+", "row", text)
    return found


def everything(student: Membership, instructor: Membership, lesson: LoadedLesson) -> None:
    """Let a student have something in every list and every count of the room."""
    walks.fill(student, instructor, lesson)
    student.user.refresh_from_db()
    for n in range(3):
        sent = {"w": str(-0.7463 - n / 10), "mean": "14.925"}
        lessons_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=3, answer=sent)
    pupils.write(student, lesson)
    failed = Run.objects.create(
        kind="u_curve", params={"model": "tree"}, seed=3, fingerprint="f", state="failed", failure="No luck."
    )
    context = "data-rules-everything/u-curve-run/tree"
    RunRequest.objects.create(membership=student, run=failed, context=context)
    help_calls.give_help(instructor, lesson, student=student.pk, reason="slip", occasion="one")
    Membership.objects.filter(pk=student.pk).update(last_active_at=timezone.now())


@pytest.fixture
def others(cohort: Cohort, instructor: Membership, lesson: LoadedLesson) -> list[Membership]:
    """A class in which a little was done, so that its rooms are not empty."""
    cohort.lessons = list(walks.LESSONS)
    cohort.save()
    found = MembershipFactory.create_batch(3, cohort=cohort)
    for each in found:
        lessons_services.submit(each, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "3", "mean": "1"})
        pupils.seal(each, lesson, "rates", "half-a", "zigzags")
    reviews.decide(instructor, pupils.write(found[0], lesson).pk, decision="approved", met=[True] * 3, comment="")
    Review.objects.update(decided_at=timezone.now() - timedelta(minutes=2))  # too long ago to be undone
    return found


@pytest.mark.slow
def test_every_room_is_as_if_a_removed_student_had_never_been_there(
    cohort: Cohort,
    instructor: Membership,
    others: list[Membership],
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
) -> None:
    desk = client_of(instructor.user)
    before = looked_at(desk)
    student = MembershipFactory(cohort=cohort, user__display_name=NAME)
    everything(student, instructor, lesson)
    during = looked_at(desk)

    services.remove(instructor, student)
    after = looked_at(desk)
    services.take_back(instructor, Membership.objects.select_related("cohort").get(pk=student.pk))
    again = looked_at(desk)

    same = {address for address in before if before[address] == during[address]}
    assert same == {path.format(cohort="ours") for path in EMPTY} & set(before)
    assert {address for address in before if before[address] != after[address]} == set()
    assert {address for address in before if during[address] != again[address]} == set()


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_vote_that_was_closed_keeps_the_answer_of_whoever_is_removed_later(
    cohort: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson, is_closed: bool
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    for each in (student, *MembershipFactory.create_batch(4, cohort=cohort)):
        pupils.seal(Membership.objects.get(pk=each.pk), lesson, "rates", "half-a", "zigzags")
    if is_closed:
        voting.close_vote(instructor, lesson, "rates", "half-a")

    services.remove(instructor, student)
    if not is_closed:
        voting.close_vote(instructor, lesson, "rates", "half-a")

    at = stage.read_for_room(cohort, lesson.lesson.slug)
    counted = answers.tallies(cohort, lesson.lesson.slug, at)["rates", "half-a"]
    assert sum(n for *__, n in counted) == (5 if is_closed else 4)
