"""After a led class: whoever missed something finds everything open, and hears honestly how long it takes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from classroom.models import Membership, User
from lessons import pacing, services, voting
from lessons.activities.predict import sealing
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import RevealOpening
from tests import pupils
from tests.factories import MembershipFactory

LESSON = "/c/ours/lessons/data-rules-everything/"


@pytest.fixture
def ended(instructor: Membership, student: Membership, lesson: LoadedLesson) -> Membership:
    """A student who was absent: the class has voted on 4/15, seen what happens, and ended."""
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-c")
    for each in MembershipFactory.create_batch(5, cohort=instructor.cohort):
        pupils.seal(each, lesson, "rates", "half-c", "bounces")
    voting.close_vote(instructor, lesson, "rates", "half-c")
    voting.reveal(instructor, lesson, "rates", "half-c")
    RevealOpening.objects.update(opens_at=timezone.now())
    pacing.end_class(instructor)
    return fresh(student)


def fresh(student: Membership) -> Membership:
    return Membership.objects.select_related("cohort__version", "user").get(pk=student.pk)


def minutes(student: Membership, lesson: LoadedLesson) -> int:
    return arc_of(student, lesson).minutes_left


def test_who_missed_it_all_is_told_the_minutes_that_the_parts_are_planned_for(
    ended: Membership, lesson: LoadedLesson
) -> None:
    planned = sum(part.minutes for part in lesson.lesson.parts if not part.homework and part.badge is None)

    assert minutes(ended, lesson) == 5 * round(planned / 5)


def test_what_is_done_is_no_longer_counted_step_by_step_and_question_by_question(
    ended: Membership, lesson: LoadedLesson
) -> None:
    told = [minutes(ended, lesson)]
    for step, answer in enumerate(pupils.STEPS, start=1):
        services.submit(ended, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
        told.append(minutes(ended, lesson))
    for item, choice in (("half-a", "settles"), ("half-b", "zigzags")):
        pupils.seal(ended, lesson, "rates", item, choice)
        sealing.open_reveal(ended, lesson, "rates", item)
        told.append(minutes(ended, lesson))

    # 98 minutes; a third of 25 each step; a quarter of 15 each of the four rates.
    assert told == [100, 90, 80, 75, 70, 65]


def test_the_arc_speaks_of_missing_it_only_to_who_has_begun_nothing(
    ended: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client = client_of(ended.user)
    before = client.get(LESSON).content.decode()
    services.submit(ended, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=pupils.STEPS[0])

    after = client.get(LESSON).content.decode()

    assert "Missed it? Everything is open. It takes about 100 min, at your own pace." in before
    assert "Missed it?" not in after
    assert "Everything is open. What is left takes about 90 min, at your own pace." in after


def test_a_vote_held_without_them_is_no_reproach_and_its_bars_come_with_the_reveal(
    ended: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client, page = client_of(ended.user), f"{LESSON}rates/?item=half-c"
    asked = client.get(page).content.decode()
    pupils.seal(ended, lesson, "rates", "half-c", "settles")
    sealing.open_reveal(ended, lesson, "rates", "half-c")
    sealing.reconcile(ended, lesson, "rates", "half-c", saw="bounces")

    seen = " ".join(re.sub(r"<[^>]+>", " ", client.get(page).content.decode()).split())

    assert "Your class has voted on this one." in asked
    assert "The vote is closed" not in asked
    assert "How 5 in the class answered" not in asked
    assert "After class: you get full credit. The class’s count stays as it was." in seen
    assert "Late:" not in seen
    assert "How 5 in the class answered" in seen
