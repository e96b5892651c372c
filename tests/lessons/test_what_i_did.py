"""What a student did, on a page of theirs to print: their steps, slips, guesses and runs, and nothing sealed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from classroom.models import Membership, User
from lessons import services
from lessons.activities.predict import sealing
from lessons.activities.predict.schema import Predict
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.factories import MembershipFactory
from tests.lessons import runs

pytestmark = pytest.mark.services

LESSON = "/c/ours/lessons/data-rules-everything/"
PAGE = f"{LESSON}what-i-did.html"


@pytest.fixture
def said(student: Membership, client_of: Callable[[User], Client]) -> Callable[[], str]:
    """The page as its reader reads it."""

    def read() -> str:
        main = client_of(student.user).get(PAGE).content.decode().partition("<main")[2]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace(" .", ".")

    return read


def test_before_anything_is_done_it_says_that_it_fills_up(said: Callable[[], str]) -> None:
    assert "Nothing here yet. It fills up as you go." in said()


def test_the_steps_and_the_first_slip_with_its_mending(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str]
) -> None:
    lost = {**pupils.STEPS[0], "errors": ["2.1", "-3.9", "-6.2", "-7.8"]}
    for step, answer in ((1, lost), (1, pupils.STEPS[0]), (2, pupils.STEPS[1]), (3, pupils.STEPS[2])):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)

    page = said()

    for n, w in enumerate(("0.7463", "1.2127", "1.5042"), start=1):
        assert f"Step {n} w = {w}" in page
    # In the words of the sheet.
    assert "Your first slip, in step 1: error in row 1 = 2.1. “You lost the minus: 0 − 2.1 = −2.1.”" in page
    assert "You fixed it: error in row 1 = −2.1." in page


def test_a_slip_that_no_number_tells_apart_is_told_in_the_sheets_own_words_too(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str]
) -> None:
    services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "-0.7463"})

    assert "Your first slip, in step 1: new w = −0.7463. “The size is right, the sign is not:" in said()


def test_guesses_stand_beside_truths_once_they_were_seen_and_judged(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str]
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")
    pupils.seal(student, lesson, "rates", "half-c", "explodes")
    before = said()
    sealing.open_reveal(student, lesson, "rates", "half-a")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    looked = said()
    sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces")

    after = said()

    assert "zigzags" not in before
    assert "settles smoothly" not in before
    assert "zigzags, settles settles smoothly" in looked
    assert "explodes" not in looked
    assert "explodes bounces for ever" in after or "explodes bounces forever" in after


def test_nothing_of_a_seal_that_can_still_be_taken_back(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str], settings: Settings
) -> None:
    settings.UNDO_SECONDS = 60
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")

    assert "settles smoothly" not in said()


def test_what_a_run_measured_comes_after_the_guesses_about_it(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str]
) -> None:
    pupils.measure(student, lesson, before=0.5, after=0.9)
    pupils.write(student, lesson, "It bends to each of its own dots. New dots lie elsewhere.")

    page = said()

    assert "Recall for 8 over all models: 50 of 100 before, 90 after" in page
    assert "“It bends to each of its own dots. New dots lie elsewhere.”" in page
    assert "1 run, your own." in page


def test_a_run_tells_nothing_before_its_guess_was_looked_at(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str]
) -> None:
    runs.guess(student, lesson, *runs.BEFORE_THE_RUN)
    pupils.keep(
        student,
        lesson,
        "bias-run",
        {
            "runs": {"starve": 1},
            "evidence": {
                "digit": 8,
                "before": {"run": str(uuid.uuid4()), "accuracy": 0.9, "recall": 0.97},
                "after": {"run": str(uuid.uuid4()), "accuracy": 0.9, "recall": 0.53},
            },
        },
    )

    page = said()

    assert "1 run, your own." in page
    assert "recall" not in page.lower()


def test_it_is_its_members_alone_and_reached_from_the_badge(
    student: Membership, client_of: Callable[[User], Client], lesson: LoadedLesson
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")
    sealing.open_reveal(student, lesson, "rates", "half-a")
    neighbour = MembershipFactory(cohort=student.cohort)

    theirs = client_of(neighbour.user).get(PAGE).content.decode()

    assert "zigzags" not in theirs
    assert PAGE in client_of(student.user).get(f"{LESSON}badge/").content.decode()


def test_a_question_that_several_have_is_told_once(
    student: Membership, lesson: LoadedLesson, said: Callable[[], str]
) -> None:
    for item, choice in (("half-a", "settles"), ("half-b", "zigzags")):
        pupils.seal(student, lesson, "rates", item, choice)
        sealing.open_reveal(student, lesson, "rates", item)

    page = said()

    rates = lesson.lesson.activity("rates")
    assert isinstance(rates, Predict)
    (question,) = {item.question for item in rates.items if item.key in ("half-a", "half-b")}
    assert page.count(question) == 1
    assert "?:" not in page
