"""What is sealed stays on the server until its moment: no page and no call gives it away."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from classroom.models import Membership, User
from lessons import catalogue, services
from lessons.authoring import loader, schema
from lessons.authoring.loader import LoadedLesson
from tests.conventions.permission_table import API, PAGES
from tests.factories import CohortFactory, MembershipFactory

CANARY = "the canary sings"
# The sampler's two steps by the half rule.
STEPS = (
    {"products": ["1", "2", "6"], "mean": "3", "w": "3.7"},
    {"mean": "2.4", "w": "3.46"},
)


@pytest.fixture
def sampler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadedLesson]:
    """The sampler with a canary in every sealed text, as the only lesson there is."""
    folder = tmp_path / "sampler"
    shutil.copytree(catalogue.LESSONS_FOLDER / "sampler", folder)
    for name in sealed_texts(loader.load(folder)):
        with (folder / name).open("a", encoding="utf-8") as text:
            text.write(f"\n\n{CANARY}\n")
    monkeypatch.setattr(catalogue, "LESSONS_FOLDER", tmp_path)
    catalogue.all_lessons.cache_clear()
    yield catalogue.all_lessons()["sampler"]
    catalogue.all_lessons.cache_clear()


@pytest.fixture
def member(db: None, sampler: LoadedLesson) -> Membership:
    return MembershipFactory(cohort=CohortFactory(slug="ours", lessons=["sampler"]))


def sealed_texts(lesson: LoadedLesson) -> list[str]:
    """Name the files of a lesson's sealed fields."""
    activities = [activity for part in lesson.lesson.parts for activity in part.activities]
    found = [getattr(activity, field) for activity in activities for field in schema.sealed_fields(type(activity))]
    return [name for name in found if name]


def addresses(lesson: LoadedLesson, membership: Membership) -> set[str]:
    """Spell out every address of the permission table that this student may open, for each part and activity."""
    parts = lesson.lesson.parts
    activities = [activity.key for part in parts for activity in part.activities]
    names: Mapping[str, Any] = {
        "cohort": membership.cohort.slug,
        "code": membership.cohort.join_code,
        "student": membership.pk,
        "lesson": lesson.lesson.slug,
    }
    rows = [row for row in PAGES + API if row.expected("GET")[1] == 200 and row.name != "readyz"]
    return {
        row.path.format(**names, part=part.key, activity=activity)
        for row in rows
        for part in parts
        for activity in activities
    }


def pages_with(text: str, client: Client, where: set[str]) -> list[str]:
    """Name the addresses whose answer holds the text."""
    answers = {address: client.get(address) for address in sorted(where)}
    assert {answer.status_code for answer in answers.values()} == {200}
    # A number is not the end of another one, such as a pixel of a drawing.
    wanted = re.compile((r"(?<![\d.])" if text[0].isdigit() else "") + re.escape(text))
    return [address for address, answer in answers.items() if wanted.search(answer.getvalue().decode(errors="replace"))]


def hand_in(membership: Membership, lesson: LoadedLesson, activity: str, step: int, answer: dict[str, Any]) -> str:
    """Send an answer; give the reply as text."""
    receipt = services.submit(membership, lesson, activity, client_id=uuid.uuid4(), step=step, answer=answer)
    return str(receipt.submission.reply)


def test_there_are_sealed_texts_to_guard(sampler: LoadedLesson) -> None:
    assert sealed_texts(sampler) == ["two_steps_closing.md"]
    assert CANARY in sampler.texts["two_steps_closing.md"]


def test_nothing_sealed_is_anywhere_before_the_activity_is_done(
    member: Membership, sampler: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client, where = client_of(member.user), addresses(sampler, member)
    assert len(where) > 10

    at_first = pages_with(CANARY, client, where)
    replies = [hand_in(member, sampler, "two-steps", 1, {"w": "1"}), hand_in(member, sampler, "two-steps", 1, STEPS[0])]
    half_way = pages_with(CANARY, client, where)

    assert at_first == half_way == []
    assert CANARY not in "".join(replies)


def test_what_was_sealed_is_shown_once_the_activity_is_done(
    member: Membership, sampler: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    for step, answer in enumerate(STEPS, start=1):
        hand_in(member, sampler, "two-steps", step, answer)

    found = pages_with(CANARY, client_of(member.user), addresses(sampler, member))

    assert found == [
        "/api/v1/lessons/sampler/activities/two-steps/?cohort=ours",
        "/c/ours/lessons/sampler/two-steps/",
    ]


def test_what_one_student_unsealed_stays_sealed_for_the_next(
    member: Membership, sampler: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    for step, answer in enumerate(STEPS, start=1):
        hand_in(member, sampler, "two-steps", step, answer)
    neighbour = MembershipFactory(cohort=member.cohort)

    assert pages_with(CANARY, client_of(neighbour.user), addresses(sampler, neighbour)) == []


def test_the_sealed_texts_of_the_session_are_nowhere_at_first(
    student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client, where = client_of(student.user), addresses(lesson, student)
    # The longest run of plain letters reads the same in HTML and in JSON.
    sealed = [max(re.findall(r"[A-Za-z ,]+", lesson.texts[name]), key=len) for name in sealed_texts(lesson)]
    assert sealed

    for text in sealed:
        assert len(text) > 30
        assert pages_with(text, client, where) == []


@pytest.mark.parametrize(
    ("n_taken", "values"),
    [
        (0, ["14.925", "18.6", "31.2", "0.746", "1.212", "1.2127", "1.504"]),
        (1, ["1.212", "1.2127", "1.504"]),
    ],
)
def test_no_value_that_is_asked_for_is_anywhere_before_it_was_found(
    student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client], n_taken: int, values: list[str]
) -> None:
    step_1 = {
        "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
        "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
        "mean": "-14.925",
        "w": "0.7463",
    }
    replies = [hand_in(student, lesson, "by-hand", 1, step_1)][:n_taken]
    if not n_taken:
        student = MembershipFactory(cohort=student.cohort)
        replies = [hand_in(student, lesson, "by-hand", 1, {"w": "99"})]

    for value in values:
        assert pages_with(value, client_of(student.user), addresses(lesson, student)) == []
        assert value not in replies[0]
