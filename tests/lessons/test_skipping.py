"""A question that a led class skips: done for everybody, open to whoever wants it, and taken up after all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from classroom.models import Cohort, LearningEvent, Membership, Pace, User
from classroom.refusals import Conflict, NotFound
from lessons import pacing, selectors, skipping, stage, voting
from lessons.activities.base import type_of
from lessons.activities.predict import sealing, states
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState, SkippedQuestion
from tests import pupils
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

SLUG = "data-rules-everything"
EARLY = ("half-a", "half-b", "half-d")


@pytest.fixture
def cohort(cohort: Cohort) -> Cohort:
    cohort.pace = Pace.LED
    cohort.save()
    return cohort


@pytest.fixture
def skip(instructor: Membership, lesson: LoadedLesson) -> Callable[..., None]:
    def act(item: str, activity: str = "rates") -> None:
        skipping.skip(instructor, lesson, activity, item)

    return act


@pytest.fixture
def take_up(instructor: Membership, lesson: LoadedLesson) -> Callable[..., None]:
    def act(item: str, activity: str = "rates") -> None:
        skipping.take_up(instructor, lesson, activity, item)

    return act


@pytest.fixture
def vote(instructor: Membership, lesson: LoadedLesson) -> Callable[..., None]:
    """Hold a vote in which these members answer."""

    def hold(item: str, *people: Membership, activity: str = "rates", choice: Any = "settles", **more: Any) -> None:
        voting.open_vote(instructor, lesson, activity, item)
        for each in people:
            pupils.seal(each, lesson, activity, item, choice, **more)
        voting.close_vote(instructor, lesson, activity, item)

    return hold


def note(membership: Membership, lesson: LoadedLesson, part: str = "rates", activity: str = "rates") -> str:
    """What stands in the grid's cell, and the state of the part."""
    row = PartProgress.objects.filter(membership=membership, part=part).first()
    found = selectors.as_met(membership, lesson, lesson.find_activity(activity)[1])  # type: ignore[index]
    (said,) = type_of(found).note(found, selectors.standing_of(row, found), "")
    return f"{said} {row.state if row else PartState.NOT_STARTED}"


def test_what_is_skipped_counts_as_done_for_everybody_and_not_as_answered(
    cohort: Cohort, lesson: LoadedLesson, vote: Callable[..., None], skip: Callable[..., None], student: Membership
) -> None:
    other, idle = MembershipFactory.create_batch(2, cohort=cohort)
    vote("half-a", student, other)
    vote("half-d", student)
    before = [note(each, lesson) for each in (student, other, idle)]

    skip("half-b")
    one = [note(each, lesson) for each in (student, other, idle)]
    skip("half-c")

    assert before == ["2 of 4 working", "1 of 4 working", "0 of 4 not_started"]
    assert one == ["2 of 3 working", "1 of 3 working", "0 of 4 not_started"]
    assert [note(each, lesson) for each in (student, other, idle)] == [
        "2 of 2 done",
        "1 of 2 working",
        "0 of 4 not_started",
    ]
    done = LearningEvent.objects.get(kind="part_done")
    assert (done.membership, done.facts["part"]) == (student, "rates")
    assert LearningEvent.objects.filter(kind="question_skipped").count() == 2


def test_a_latecomer_needs_no_more_than_the_others(
    cohort: Cohort, lesson: LoadedLesson, skip: Callable[..., None], vote: Callable[..., None]
) -> None:
    for item in ("half-b", "half-c", "half-d"):
        skip(item)
    vote("half-a")
    late = MembershipFactory(cohort=cohort)

    pupils.seal(late, lesson, "rates", "half-a", "settles")

    assert note(late, lesson) == "1 of 1 done"


def test_whoever_answers_what_is_skipped_has_done_it_and_sees_what_is_behind_it_at_once(
    student: Membership, lesson: LoadedLesson, skip: Callable[..., None], instructor: Membership
) -> None:
    pacing.open_part(instructor, lesson, "rates")
    skip("half-b")

    receipt = pupils.seal(student, lesson, "rates", "half-b", "settles")
    behind = sealing.open_reveal(student, lesson, "rates", "half-b")

    assert receipt.prediction.counts == "own_pace"
    assert behind.answer
    assert note(student, lesson) == "1 of 4 working"


def test_the_api_and_the_page_agree_on_what_is_skipped(
    student: Membership,
    lesson: LoadedLesson,
    skip: Callable[..., None],
    instructor: Membership,
    client_of: Callable[[User], Client],
) -> None:
    pacing.open_part(instructor, lesson, "rates")
    skip("half-b")

    told = {each["key"]: each for each in selectors.activity_facts(student, lesson, "rates")["items"]}
    page = client_of(student.user).get(f"/c/ours/lessons/{SLUG}/rates/?item=half-b").content.decode()

    assert [(told[key]["state"], told[key]["skipped"]) for key in ("half-a", "half-b")] == [
        ("closed", False),
        ("form", True),
    ]
    assert "Your class skips this question. It counts as done. You can still answer it." in page


def test_what_is_skipped_is_offered_to_nobody_as_the_next_thing_to_do(
    student: Membership, lesson: LoadedLesson, skip: Callable[..., None], vote: Callable[..., None]
) -> None:
    skip("half-b")
    vote("half-a", student)

    part, activity = selectors.find_activity(student, lesson, "rates")
    now = states.read(student, lesson, part, activity)

    assert now.default() != "half-b"
    assert {line.key for line in now.lines if line.is_extra} >= {"half-b"}


def test_what_was_skipped_is_taken_up_after_all(
    student: Membership,
    lesson: LoadedLesson,
    skip: Callable[..., None],
    take_up: Callable[..., None],
    vote: Callable[..., None],
) -> None:
    for item in EARLY:
        vote(item, student)
    skip("half-c")
    done = note(student, lesson)

    take_up("half-c")
    take_up("half-c")

    assert (done, note(student, lesson)) == ("3 of 3 done", "3 of 4 working")
    assert SkippedQuestion.objects.count() == 0
    assert LearningEvent.objects.filter(kind="question_taken_up").count() == 1


def test_all_of_an_activity_may_be_skipped_and_nobody_has_begun_by_that(
    cohort: Cohort,
    student: Membership,
    lesson: LoadedLesson,
    skip: Callable[..., None],
    take_up: Callable[..., None],
    instructor: Membership,
) -> None:
    skip("lowest", "u-curve-guess")
    pacing.open_part(instructor, lesson, "u-curve")
    row = PartProgress.objects.get(membership=student)
    states = [row.state, row.activities["u-curve-guess"]["state"]]

    take_up("lowest", "u-curve-guess")

    row.refresh_from_db()
    assert states == [PartState.NOT_STARTED, PartState.DONE]
    assert (row.state, row.activities) == (PartState.NOT_STARTED, {})


def test_a_part_of_which_all_is_skipped_is_done(
    student: Membership, lesson: LoadedLesson, skip: Callable[..., None]
) -> None:
    for item in ("half-a", "half-b", "half-c", "half-d"):
        skip(item)

    assert PartProgress.objects.get(membership=student).state == PartState.DONE
    assert next(part for part in arc_of(student, lesson).parts if part.key == "rates").state in ("soon", "done")


def test_where_students_choose_one_is_enough_once_the_rest_is_skipped(
    instructor: Membership,
    student: Membership,
    lesson: LoadedLesson,
    skip: Callable[..., None],
    vote: Callable[..., None],
) -> None:
    item = voting.find(instructor, lesson, "cases", "face-analysis")[2]
    assert item.second is not None
    second = item.second.choices[0].key
    vote("face-analysis", student, activity="cases", choice=item.choices[0].key, second=second)
    before = note(student, lesson, "cases", "cases")

    skip("", "cases")

    assert before == "1 of 2 working"
    assert note(student, lesson, "cases", "cases") == "1 of 1 done"


def test_a_question_begun_is_still_begun_when_the_rest_is_skipped(
    instructor: Membership,
    student: Membership,
    lesson: LoadedLesson,
    skip: Callable[..., None],
    vote: Callable[..., None],
) -> None:
    item = voting.find(instructor, lesson, "cases", "text-detectors")[2]  # in full: to be reconciled
    assert item.second is not None
    second = item.second.choices[0].key
    vote("text-detectors", student, activity="cases", choice=item.choices[0].key, second=second)

    skip("", "cases")

    assert note(student, lesson, "cases", "cases").startswith("0 of 1")
    assert PartProgress.objects.get(membership=student, part="cases").state == PartState.WORKING


def test_no_vote_is_held_on_what_is_skipped(
    skip: Callable[..., None], instructor: Membership, lesson: LoadedLesson
) -> None:
    skip("half-b")

    with pytest.raises(Conflict, match="Take it up first"):
        voting.open_vote(instructor, lesson, "rates", "half-b")


def test_skipping_moves_nobody(student: Membership, lesson: LoadedLesson, skip: Callable[..., None], vote: Any) -> None:
    vote("half-a", student)
    before = PartProgress.objects.get(membership=student).moved_at

    skip("half-b")

    assert PartProgress.objects.get(membership=student).moved_at == before


def test_skipping_twice_is_skipping_once(skip: Callable[..., None]) -> None:
    skip("half-b")
    skip("half-b")

    assert SkippedQuestion.objects.count() == 1
    assert LearningEvent.objects.filter(kind="question_skipped").count() == 1


def test_what_is_open_or_revealed_cannot_be_skipped(
    skip: Callable[..., None], instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    with pytest.raises(Conflict, match="Close it first"):
        skip("half-a")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    voting.reveal(instructor, lesson, "rates", "half-a")
    with pytest.raises(Conflict, match="too late to skip"):
        skip("half-a")


@pytest.mark.parametrize(("activity", "item"), [("rates", "half-z"), ("rates", ""), ("by-hand", ""), ("nope", "x")])
def test_what_is_no_question_cannot_be_skipped(skip: Callable[..., None], activity: str, item: str) -> None:
    with pytest.raises(NotFound):
        skip(item, activity)


def test_in_a_class_that_nobody_has_led_nothing_is_asked_about_skipping(
    cohort: Cohort, django_assert_num_queries: Callable[..., Any]
) -> None:
    cohort.pace = Pace.SELF

    with django_assert_num_queries(0):
        assert stage.skipped_in(cohort, SLUG) == frozenset()
