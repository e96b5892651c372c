"""An instructor at a student's pages: where they lead, and who is said to have entered what."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from classroom.models import LearningEvent, Membership, User
from lessons import catalogue, reviews, services
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Submission
from tests import pupils, walks

OWN = "/c/ours/lessons/"
ADDRESS = re.compile(r'\s(?:href|action|src|hx-[a-z]+)="(/[^"]*)"')


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


@pytest.fixture
def busy(student: Membership, instructor: Membership, lesson: LoadedLesson) -> Membership:
    walks.fill(student, instructor, lesson)
    return student


def root_of(student: Membership, mode: str) -> str:
    return f"/c/ours/class/students/{student.pk}/{mode}/"


def addresses_in(page: HttpResponse) -> set[str]:
    return {html.unescape(found) for found in ADDRESS.findall(page.content.decode())}


def lead_to_their_own_pages(addresses: set[str]) -> set[str]:
    return {each for each in addresses if each.startswith(OWN) and not each.endswith(".ipynb")}


# --- where the pages lead -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["page", "paper"])
def test_whoever_stands_in_stays_at_this_students_pages(desk: Client, busy: Membership, mode: str) -> None:
    root, visited, sends = root_of(busy, mode), set[str](), set[str]()

    for at, page in walks.walk(desk, *(f"{root}{slug}/" for slug in walks.LESSONS), within=root):
        assert page.status_code == 200, at
        assert lead_to_their_own_pages(addresses_in(page)) == set(), at
        visited.add(urlsplit(at).path)
        sends |= {each for each in addresses_in(page) if each.startswith(root) and "/activities/" in each}

    sent_from = {"page": set(), "paper": {"paper-check", "paper-seal", "paper-reconcile"}}
    parts = [(slug, part.key) for slug in walks.LESSONS for part in catalogue.get(slug).lesson.parts]  # type: ignore[union-attr]  # it is there
    assert {f"{root}{slug}/{part}/" for slug, part in parts} <= visited
    assert f"{root}data-rules-everything/submissions/{Submission.objects.earliest('pk').pk}/" in visited
    assert {resolve(each).url_name for each in sends} == sent_from[mode]


def test_the_walk_finds_what_leads_to_their_own_pages(client_of: Callable[[User], Client], busy: Membership) -> None:
    page = client_of(busy.user).get(f"{OWN}data-rules-everything/u-curve/")

    found = lead_to_their_own_pages(addresses_in(page))

    assert {f"{OWN}data-rules-everything/", f"{OWN}data-rules-everything/activities/u-curve-explain/check/"} <= found


@pytest.mark.parametrize("mode", ["page", "paper"])
def test_an_address_that_they_typed_stays_as_they_typed_it(desk: Client, busy: Membership, mode: str) -> None:
    page = desk.get(f"{root_of(busy, mode)}data-rules-everything/u-curve/").content.decode()

    assert html.escape(walks.TYPED) in page


@pytest.mark.parametrize("is_htmx", [False, True])
def test_what_is_sent_for_them_is_answered_at_their_pages(desk: Client, busy: Membership, *, is_htmx: bool) -> None:
    root = f"{root_of(busy, 'paper')}data-rules-everything/"
    headers = {"HX-Request": "true"} if is_htmx else {}
    guess = {"item": "half-d", "round": 1, "choice": "crawls"}
    for to, sent, part in (
        ("by-hand/check/", {"step": 3, **pupils.STEPS[2]}, "by-hand/"),
        ("u-curve-explain/check/", {"step": 1, "text": "x" * 5000}, ""),
        ("rates/seal/", guess, ""),
        ("rates/seal/", {**guess, "confidence": "guess"}, "rates/?item=half-d"),
        ("rates/items/half-c/reconcile/", {"saw": "nothing of this"}, ""),
    ):
        answer = desk.post(f"{root}activities/{to}", {"id": uuid.uuid4(), "member": busy.pk, **sent}, headers=headers)

        assert answer.status_code == (400 if not part else 200 if is_htmx else 302), to
        assert answer.get("Location", "") == (f"{root}{part}" if part and not is_htmx else ""), to
        assert lead_to_their_own_pages(addresses_in(answer)) == set(), to


# --- who entered it -------------------------------------------------------------------------------


def test_all_that_comes_of_an_entry_says_who_entered_it(
    desk: Client,
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    django_capture_on_commit_callbacks: Any,
) -> None:
    pupils.measure(student, lesson)
    reviews.explained_aloud(instructor, lesson, student, "u-curve-explain")
    pupils.seal(student, lesson, "rates", "half-c", "bounces")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    before = set(LearningEvent.objects.values_list("pk", flat=True))
    root = f"{root_of(student, 'paper')}data-rules-everything/activities/"

    def enter(to: str, **sent: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            answer = desk.post(root + to, {"id": uuid.uuid4(), "member": student.pk, **sent})
        assert answer.status_code == 302, answer.content.decode()

    for step, answer in enumerate(pupils.STEPS, start=1):
        enter("by-hand/check/", step=step, **pupils.as_typed(answer))
    enter("rates/seal/", item="half-a", round=1, choice="zigzags", confidence="guess")
    enter("rates/items/half-c/reconcile/", saw="bounces", idea="pattern")

    events = LearningEvent.objects.exclude(pk__in=before)
    assert {event.kind for event in events} == {
        *("step_accepted", "part_done", "prediction_sealed", "reconciled", "badge_awarded")
    }
    assert {(event.membership, event.facts.get("entered_by")) for event in events} == {(student, instructor.pk)}
    assert {each.entered_by for each in Submission.objects.all()} == {instructor}
    assert {each.item: each.entered_by for each in Prediction.objects.all()} == {"half-a": instructor, "half-c": None}


def test_what_students_do_themselves_names_nobody(student: Membership, lesson: LoadedLesson) -> None:
    services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=pupils.STEPS[0])
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")

    assert [event.facts for event in LearningEvent.objects.filter(facts__has_key="entered_by")] == []
    assert (Submission.objects.get().entered_by, Prediction.objects.get().entered_by) == (None, None)
