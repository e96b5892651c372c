"""Wherever somebody's work is shown to another, it is written down who looked, or said here why not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from classroom.models import Look, Membership, User
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Reconciliation
from tests import pupils
from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.conventions.permission_table import ADMIN, API, PAGES, Row

SONGS = ("canarytext", "canaryreason", "canarynext")
# What shows a student's words and is no look, by its name; each row says why.
NO_LOOK: dict[str, str] = {}


@pytest.fixture
def world(lesson: LoadedLesson, db: None) -> World:
    """Everybody, and a student all of whose words sing."""
    world = matrix.build_world()
    student = Membership.objects.select_related("cohort__version", "user").get(pk=world.names["student"])
    sent = pupils.write(student, lesson, "canarytext: because new dots lie elsewhere, and it knows none of them.")
    pupils.seal(student, lesson, "rates", "half-a", "zigzags", because="canaryreason")
    Reconciliation.objects.create(
        membership=student,
        lesson=lesson.lesson.slug,
        activity="rates",
        item="half-a",
        next_time="canarynext",
        reconciled_at=timezone.now(),
    )
    sealed = Prediction.objects.get(because="canaryreason")
    Look.objects.all().delete()
    return World(world.clients, world.names | {"submission": sent.pk, "prediction": sealed.pk})


def asked(row: Row, world: World, lesson: LoadedLesson) -> Iterator[str]:
    """The addresses of a row: of every part, where it is about one."""
    for part in lesson.lesson.parts if "{part}" in row.path else lesson.lesson.parts[:1]:
        yield row.path.format(**{**world.names, "part": part.key})


def shows_and_notes(client: Client, method: str, address: str) -> tuple[bool, bool]:
    """Tell whether an answer shows the student's words, and whether it was noted; all is undone."""
    with transaction.atomic():
        answer = getattr(client, method.lower())(address)
        text = answer.getvalue().decode(errors="replace")
        noted = Look.objects.exists()
        transaction.set_rollback(True)
    return any(song in text for song in SONGS), noted


def unnoted(world: World, lesson: LoadedLesson, role: str, rows: tuple[Row, ...]) -> dict[str, set[str]]:
    """The rows that show a student's words: those that note it, and those that do not."""
    found: dict[str, set[str]] = {"noted": set(), "not noted": set()}
    for row in rows:
        if "GET" not in row.answers or row.name in ("account_logout", "admin:logout"):
            continue
        for address in asked(row, world, lesson):
            shows, noted = shows_and_notes(world.clients[role], "GET", address)
            if shows:
                found["noted" if noted else "not noted"].add(row.name)
    return found


@pytest.mark.slow
def test_every_address_that_shows_a_students_words_to_an_instructor_notes_it(
    world: World, lesson: LoadedLesson
) -> None:
    found = unnoted(world, lesson, "instructor", PAGES + API)

    print(f"\n{len(found['noted'])} addresses note it: {sorted(found['noted'])}")
    assert found["not noted"] == set(NO_LOOK)
    assert found["noted"] >= {"dashboard:student", "dashboard:reviews", "dashboard:did", "api-export"}


@pytest.mark.slow
def test_every_admin_page_that_shows_a_students_words_notes_it(world: World, lesson: LoadedLesson) -> None:
    found = unnoted(world, lesson, "admin", ADMIN)

    print(f"\n{len(found['noted'])} addresses note it: {sorted(found['noted'])}")
    assert found["not noted"] == set()
    assert found["noted"] >= {"admin:lessons_submission_change", "admin:lessons_prediction_change"}


def test_a_student_who_looks_at_their_own_is_no_look(world: World, lesson: LoadedLesson) -> None:
    found = unnoted(world, lesson, "student", PAGES)

    assert found["noted"] == set()
    assert {"lessons:part", "lessons:submission"} <= found["not noted"]
    assert User.objects.exists()
