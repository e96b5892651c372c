"""One part across the class: predictions, how sure it was, minutes, and where it is hardest."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from classroom.models import Cohort, CohortVersion, Membership
from dashboard import parts
from dashboard.parts import PartView
from lessons import pacing, services, voting
from lessons.activities.predict import answers
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, RevealOpening
from tests import pupils
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

RIGHT = pupils.STEPS[0]


@pytest.fixture
def view(instructor: Membership, lesson: LoadedLesson) -> Callable[[str], PartView]:
    def read(part: str) -> PartView:
        fresh = Membership.objects.select_related("cohort__version", "user").get(pk=instructor.pk)
        return parts.part_view(fresh, lesson, part)

    return read


def seal_all(cohort: Cohort, lesson: LoadedLesson, said: list[tuple[str, str]], item: str = "half-a") -> None:
    for choice, confidence in said:
        pupils.seal(MembershipFactory(cohort=cohort), lesson, "rates", item, choice, confidence=confidence)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"guess": 5, "think_so": 6, "sure": 7}, [5, 6, 7]),
        ({"guess": 4, "think_so": 9, "sure": 7}, [None, 9, None]),  # 20 answers less 16 would tell
        ({"guess": 3, "think_so": 3, "sure": 9}, [None, None, 9]),
        ({"guess": 1, "think_so": 0, "sure": 9}, [None, None, None]),  # one guess among ten would be known
        ({"guess": 0, "think_so": 0, "sure": 12}, [None, None, None]),
        ({}, [None, None, None]),
    ],
)
def test_how_sure_a_class_was_is_told_in_counts_of_five_or_more_alone(
    counts: dict[str, int], shown: list[int | None]
) -> None:
    assert [n for __, n in answers.confidence_counts(counts)] == shown


def test_a_question_shows_its_answers_and_how_many_were_sure_and_wrong(
    cohort: Cohort, lesson: LoadedLesson, view: Callable[[str], PartView]
) -> None:
    seal_all(cohort, lesson, [("explodes", "sure")] * 5 + [("settles", "think_so")] * 5 + [("settles", "guess")] * 6)

    (question,) = view("rates").questions

    assert question.n == 16
    assert question.bars is not None
    assert [(row.text, row.label) for row in question.bars.rows if row.label != "0"] == [
        ("settles smoothly", "11"),
        ("explodes", "5"),
    ]
    assert [n for __, n in question.confidence] == [6, 5, 5]
    assert question.sure_and_other == 5


def test_four_answers_draw_no_bar_and_four_who_were_sure_and_wrong_are_not_told(
    cohort: Cohort, lesson: LoadedLesson, view: Callable[[str], PartView]
) -> None:
    seal_all(cohort, lesson, [("explodes", "sure")] * 4)

    (question,) = view("rates").questions

    assert (question.n, question.bars, question.sure_and_other) == (4, None, None)


def test_while_a_projector_is_open_answers_wait_for_the_reveal(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson, view: Callable[[str], PartView]
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    cohort.refresh_from_db()
    seal_all(cohort, lesson, [("explodes", "sure")] * 6)
    voting.close_vote(instructor, lesson, "rates", "half-a")
    before = view("rates").questions[0]
    CohortVersion.objects.update(projected_at=timezone.now())
    projected = view("rates").questions[0]
    voting.reveal(instructor, lesson, "rates", "half-a")
    RevealOpening.objects.update(opens_at=timezone.now() - timedelta(seconds=1))
    revealed = view("rates").questions[0]

    assert [(each.is_hidden, each.bars is not None) for each in (before, projected, revealed)] == [
        (False, True),
        (True, False),
        (False, True),
    ]


def test_the_hardest_cells_and_the_minutes_of_a_part(
    cohort: Cohort, lesson: LoadedLesson, view: Callable[[str], PartView]
) -> None:
    for i, minutes in enumerate((4, 10, 20)):
        student = MembershipFactory(cohort=cohort)
        for answer in ({**RIGHT, "mean": "-59.7", "w": "2.985"}, {**RIGHT, "w": "9"})[: i or None]:
            services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)
        for step, answer in enumerate(pupils.STEPS, start=1):
            services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
        row = PartProgress.objects.get(membership=student)
        row.begun_at = row.moved_at - timedelta(minutes=minutes)
        row.save()

    found = view("by-hand")

    assert found.minutes is not None
    assert (found.minutes.low, found.minutes.median, found.minutes.high, found.minutes.n) == (7, 10, 15, 3)
    assert [(cell.step, cell.name, cell.n) for cell in found.sheets[0].hardest] == [(1, "w", 5), (1, "mean", 3)]
