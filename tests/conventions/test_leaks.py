"""What is sealed stays on the server until its moment: no page and no call gives it away."""

from __future__ import annotations

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
from tests.conventions.permission_table import ROWS
from tests.factories import CohortFactory, MembershipFactory

CANARY = "the canary sings"
# Every answer that the hand steps of a lesson accept, by rule; the sampler's, then the session's.
RIGHT = {
    "sampler": [
        {"products": ["1", "6"], "mean": "3.5", "gradient": "7", "w": "3.3"},
        {"mean": "1.75", "gradient": "3.5", "w": "2.95"},
    ],
}


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
    rows = [row for row in ROWS if row.expected("GET")[1] in (200, 302)]
    return {
        row.path.format(**names, part=part.key, activity=activity)
        for row in rows
        for part in parts
        for activity in activities
    }


def pages_with(text: str, client: Client, where: set[str]) -> list[str]:
    """Name the addresses whose answer, or where it leads, holds the text."""
    answers = {address: client.get(address, follow=True) for address in sorted(where)}
    assert {answer.status_code for answer in answers.values()} == {200}
    return [address for address, answer in answers.items() if text in answer.getvalue().decode(errors="replace")]


def hand_in(membership: Membership, lesson: LoadedLesson, step: int, answer: dict[str, Any]) -> dict[str, Any]:
    receipt = services.submit(membership, lesson, "two-steps", client_id=uuid.uuid4(), step=step, answer=answer)
    return receipt.submission.reply


def right(membership: Membership, step: int) -> dict[str, Any]:
    answer = RIGHT["sampler"][step - 1]
    return answer
