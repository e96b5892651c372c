"""Small numbers: a wall, a replay or a page that may be shown says the same whatever fewer than five people gave.

Each test looks at the same class twice. In between only what a few gave is changed; if a page changes with it, it tells
on them. The addresses come from the permission table, so that a new wall is asked too.
"""

from __future__ import annotations

import ast
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from classroom.models import Cohort, GradientRule, Membership, User
from lessons import pacing, small_numbers
from lessons.activities.predict import answers
from lessons.activities.predict.answers import ClassQuestion
from lessons.authoring.loader import LoadedLesson
from lessons.models import Counts, Prediction, Reconciliation, RevealOpening, Stage, Submission, Vote
from tests.conventions.permission_table import PAGES
from tests.factories import MembershipFactory

ROOT = Path(__file__).parents[2]
# What may stand before a class or be handed out, beside the projector's own pages.
SHOWN = {"dashboard:replay", "dashboard:after"}
WALLS = sorted(
    row.path for row in PAGES if "GET" in row.answers and (row.name in SHOWN or row.path.startswith("/present/"))
)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 5, "b": 6}, {"a": 5, "b": 6}),
        ({"a": 4, "b": 9, "c": 7}, {"a": None, "b": 9, "c": None}),  # 20 less 16 would tell
        ({"a": 3, "b": 3, "c": 9}, {"a": None, "b": None, "c": 9}),
        ({"a": 1, "b": 1, "c": 9, "d": 8}, {"a": None, "b": None, "c": 9, "d": None}),
        ({}, {}),
    ],
)
def test_what_is_kept_back_is_neither_one_count_alone_nor_fewer_than_five(
    counts: Mapping[str, int], shown: Mapping[str, int | None]
) -> None:
    assert small_numbers.shown_together(counts) == shown


@pytest.mark.pure
def test_five_answers_are_shown_and_four_are_not() -> None:
    assert [small_numbers.are_enough(n) for n in (0, 4, 5)] == [False, False, True]
    assert [small_numbers.shown(n) for n in (4, 5)] == [None, 5]


@pytest.mark.pure
def test_nobody_has_a_five_of_their_own() -> None:
    """A comparison with a literal five, or with a constant that is one, is a second rule."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for package in ("dashboard", "lessons", "badges")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "small_numbers.py" and "maths" not in path.parts
        for line in _fives(ast.parse(path.read_text()))
    ]

    assert found == []


def _fives(tree: ast.Module) -> Iterator[int]:
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value == 5
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Constant) and side.value == 5 for side in sides) or any(
                isinstance(side, ast.Name) and side.id in constants for side in sides
            ):
                yield node.lineno


class Room:
    """A class in which every question was voted on and revealed, and its walls."""

    def __init__(self, leader: Membership, lesson: LoadedLesson, client: Client) -> None:
        self.leader, self.lesson, self.client = leader, lesson, client
        pacing.lead_class(leader)
        for part in lesson.lesson.parts:
            if not part.soon:
                pacing.open_part(leader, lesson, part.key)
        self.questions = answers.class_questions(lesson.lesson.parts, GradientRule(leader.cohort.gradient_rule))
        stage, now = Stage.objects.get(cohort=leader.cohort), timezone.now()
        for question in self.questions:
            place = {"stage": stage, "activity": question.activity.key, "item": question.item.key}
            for round_ in range(1, question.item.votes + 1):
                Vote.objects.create(**place, round=round_, opened_at=now, closed_at=now)
            RevealOpening.objects.create(**place, opens_at=now)

    def fill(self, n: int, cohort: Cohort) -> list[Membership]:
        """Let `n` students answer everything, reconcile it, and forget to average."""
        students = MembershipFactory.create_batch(n, cohort=cohort)
        for student in students:
            of = {"membership": student, "lesson": self.lesson.lesson.slug}
            for question in self.questions:
                self._answer(question, of)
            Submission.objects.create(
                **of,
                client_id=uuid.uuid4(),
                activity="by-hand",
                step=1,
                answer={},
                reply={"cells": {}},
                accepted=False,
                is_try=True,
                slip="sum",
                lesson_hash="",
            )
        return students

    def _answer(self, question: ClassQuestion, of: Mapping[str, object]) -> None:
        place = {"activity": question.activity.key, "item": question.item.key}
        first, *_rest = _said(question)
        second = question.item.second.choices[0].key if question.item.second else ""
        for round_ in range(1, question.item.votes + 1):
            Prediction.objects.create(
                **of,
                **place,
                client_id=uuid.uuid4(),
                round=round_,
                choice=first,
                second=second,
                confidence="sure",
                counts=Counts.VOTE,
                lesson_hash="",
            )
        saw = question.seen[0].key if question.seen else ""
        idea = question.ideas[0].key if question.ideas else ""
        Reconciliation.objects.create(**of, **place, saw=saw, idea=idea, reconciled_at=timezone.now())

    def change_answers(self, students: list[Membership]) -> None:
        """Let these students have said, seen and thought something else each time."""
        for question in self.questions:
            place = {"membership__in": students, "activity": question.activity.key, "item": question.item.key}
            *_rest, last = _said(question)
            second = question.item.second.choices[-1].key if question.item.second else ""
            Prediction.objects.filter(**place).update(choice=last, second=second)
            saw = question.seen[-1].key if question.seen else ""
            idea = question.ideas[-1].key if question.ideas else ""
            Reconciliation.objects.filter(**place).update(saw=saw, idea=idea)

    def look(self) -> dict[str, str]:
        """Every wall as it reads, with each question on it, by its address."""
        names = {"cohort": self.leader.cohort.slug}
        self.client.get("/present/{cohort}/".format(**names))  # from now on a projector is open
        addresses = [path.format(**names) for path in WALLS]
        pinned = ["/".join(question.key) for question in self.questions]
        addresses += [f"/present/{self.leader.cohort.slug}/since/?question={pin}" for pin in pinned]
        return {each: _as_read(self.client.get(each).content.decode()) for each in addresses}


def _said(question: ClassQuestion) -> list[str]:
    number = question.item.number
    return [str(number.min), str(number.max)] if number else [choice.key for choice in question.item.choices]


def _as_read(page: str) -> str:
    """A page without what changes by itself: its tokens and its clock."""
    page = re.sub(r'id="clock">[^<]*<', "<", page)
    return re.sub(r'(csrfmiddlewaretoken" value|nonce|hx-headers)="[^"]*"|\bv=[\w.]+', "", page)


@pytest.fixture
def room(instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]) -> Room:
    return Room(instructor, lesson, client_of(instructor.user))


def test_there_are_walls_to_look_at() -> None:
    assert {"/present/{cohort}/", "/present/{cohort}/since/", "/c/{cohort}/class/replay/"} <= set(WALLS)


def test_what_four_said_saw_and_thought_stands_on_no_wall(room: Room, cohort: Cohort) -> None:
    four = room.fill(4, cohort)
    before = room.look()
    room.change_answers(four)

    after = room.look()

    assert [each for each in before if before[each] != after[each]] == []


def test_from_five_on_a_question_is_shown_whole(room: Room, cohort: Cohort) -> None:
    five = room.fill(5, cohort)
    before = room.look()
    room.change_answers(five[:1])

    after = room.look()

    changed = {each for each in before if before[each] != after[each]}
    assert "/c/ours/class/replay/" in changed
    assert "/present/ours/since/?question=rates/half-a" in changed


@pytest.mark.parametrize("fewer", [1, 4])
def test_how_sure_a_few_were_stands_on_no_wall_nor_can_it_be_worked_out(room: Room, cohort: Cohort, fewer: int) -> None:
    nine = room.fill(9, cohort)
    Prediction.objects.filter(membership__in=nine[:fewer]).update(confidence="guess")
    before = room.look()
    Prediction.objects.filter(membership__in=nine[:fewer]).update(confidence="think_so")

    after = room.look()

    assert [each for each in before if before[each] != after[each]] == []


def test_a_slip_of_four_stands_on_no_wall(room: Room, cohort: Cohort) -> None:
    nine = room.fill(9, cohort)
    Submission.objects.filter(membership__in=nine[:4]).update(slip="sign")
    before = room.look()
    Submission.objects.filter(membership__in=nine[:4]).update(slip="step-only")

    after = room.look()

    assert [each for each in before if before[each] != after[each]] == []
    assert "forgot to average" in after["/c/ours/class/replay/"]
