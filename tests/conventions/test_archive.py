"""An archived class is kept to be read: nothing that is sent is taken, and no page offers to send it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve
from rest_framework.test import APIClient

from classroom import services
from classroom.models import Cohort, Membership, Pace, User
from lessons import pacing, reviews, voting
from lessons.authoring.loader import LoadedLesson
from tests import pupils, walks
from tests.conventions.permission_table import ROWS
from tests.factories import MembershipFactory

SAYS = "This class is archived. You can read everything, but you can’t send anything new."
OWN = "/c/ours/lessons/data-rules-everything/"
PAPER = "/c/ours/class/students/{student}/paper/data-rules-everything/"
API = "/api/v1/lessons/data-rules-everything/activities/"
SEALED = {"item": "half-d", "round": 1, "choice": "crawls", "confidence": "guess"}
QUESTION = {"activity": "rates", "item": "half-d"}
BECAUSE = "It is somebody else's work."
NAMED = {"display_name": "Somebody", "student_id": "7"}
CLASS = {"name": "Ours", "lessons": "data-rules-everything", "gradient_rule": "half", "time_zone": "UTC"}
HELP = {"student": "{student}", "reason": "run", "occasion": "one"}
LED: tuple[dict[str, str], ...] = (
    *({"act": act} for act in ("lead_class", "end_class")),
    *({"act": act, "part": "rates"} for act in ("open_part", "close_part", "free_part")),
    *({"act": act, **QUESTION} for act in ("open_vote", "close_vote", "reveal", "take_back", "show", "skip")),
    {"act": "take_up", **QUESTION},
    {"act": "hands", "hands-crawls": "3", **QUESTION},
    *({"act": act} for act in ("bring", "pause", "resume", "unsay", "stop_timer")),
    {"act": "say", "message": "Look up"},
    {"act": "start_timer", "minutes": "2"},
)
# Who sends what to which address.
SENT: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("student", "lessons:check", f"{OWN}activities/by-hand/check/", {"step": 3, "w": "1"}),
    ("student", "lessons:seal", f"{OWN}activities/rates/seal/", SEALED),
    ("student", "lessons:undo", f"{OWN}activities/rates/seals/{uuid.uuid4()}/undo/", {}),
    ("student", "lessons:reconcile", f"{OWN}activities/rates/items/half-c/reconcile/", {"saw": "zigzags"}),
    ("student", "lessons:start", f"{OWN}activities/u-curve-run/start/", {"trial": "polynomial", "seed": "3"}),
    ("instructor", "dashboard:paper-check", f"{PAPER}activities/by-hand/check/", {"step": 3, "w": "1"}),
    ("instructor", "dashboard:paper-seal", f"{PAPER}activities/rates/seal/", SEALED),
    ("instructor", "dashboard:paper-reconcile", f"{PAPER}activities/rates/items/half-c/reconcile/", {"saw": "zigzags"}),
    *(("instructor", "dashboard:lead", "/c/ours/class/lead/", sent) for sent in LED),
    ("instructor", "dashboard:settings", "/c/ours/class/settings/", CLASS),
    ("instructor", "dashboard:invite", "/c/ours/class/invite/", {}),
    ("instructor", "dashboard:invite", "/c/ours/class/invite/", {"back": "1"}),
    *(
        ("instructor", "dashboard:ready", "/c/ours/class/ready/", {"act": act, "printed": "0.7463"})
        for act in ("canary", "prepare", "back_row", "notebook")
    ),
    ("instructor", "dashboard:present", "/present/ours/", {"act": "show", **QUESTION}),
    ("instructor", "dashboard:runs-again", "/c/ours/class/runs-again/", {"activity": "u-curve-run"}),
    *(("instructor", "dashboard:help", "/c/ours/class/help/", {"act": act, **HELP}) for act in ("helped", "undo")),
    ("instructor", "dashboard:people", "/c/ours/class/people/", {"student": "{removed}"}),
    *(("instructor", "dashboard:joining", "/c/ours/class/joining/", {"act": act}) for act in ("open", "close")),
    ("instructor", "dashboard:new-code", "/c/ours/class/code/", {"code": "ACDE-3467"}),
    *(
        ("instructor", "dashboard:member", "/c/ours/class/students/{student}/member/", {"act": act, **NAMED})
        for act in ("save", "remove", "keep_out")
    ),
    ("instructor", "dashboard:merge", "/c/ours/class/students/{student}/merge/", {"other": "{other}"}),
    *(
        (
            "instructor",
            "dashboard:aloud",
            "/c/ours/class/students/{student}/aloud/",
            {"activity": "stretch", "act": act},
        )
        for act in ("heard", "undo")
    ),
    ("instructor", "dashboard:reviews", "/c/ours/class/reviews/", {"act": "approved", "submission": "{waiting}"}),
    ("instructor", "dashboard:reviews", "/c/ours/class/reviews/", {"act": "undo", "review": "{review}"}),
    *(
        ("instructor", "dashboard:badge", "/c/ours/class/students/{student}/badge/", {"act": act, "because": BECAUSE})
        for act in ("give", "revoke", "reissue")
    ),
    ("student", "api-submissions", f"{API}by-hand/submissions/?cohort=ours", {"step": 3, "answer": {"w": "1"}}),
    ("student", "api-predictions", f"{API}rates/predictions/?cohort=ours", SEALED),
    ("student", "api-reconcile", f"{API}rates/items/half-c/reconcile/?cohort=ours", {"saw": "zigzags"}),
    ("student", "api-runs", "/api/v1/runs/?cohort=ours", {"kind": "u_curve", "params": {"n_repeats": 5}, "seed": 7}),
)
# What is taken all the same: it brings nothing into the class.
TAKEN = {
    "lessons:withdraw",  # a run that nobody waits for any more
    "dashboard:archive",  # opening it again
    "dashboard:copy-class",  # a class of its own
    "dashboard:password",  # a log-in is not the class's
    "dashboard:rehearse",  # a class of its own
}


@pytest.fixture
def filled(student: Membership, instructor: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    """A class with something of everything in it; the names that stand in SENT."""
    walks.fill(student, instructor, lesson)
    other = MembershipFactory(cohort=student.cohort)
    pupils.write(other, lesson)
    review = reviews.decide(instructor, pupils.write(other, lesson).pk, decision="approved", met=[True] * 3, comment="")
    waiting = pupils.write(MembershipFactory(cohort=student.cohort), lesson)
    removed = MembershipFactory(cohort=student.cohort)
    services.remove(instructor, removed)
    return {"student": student.pk, "waiting": waiting.pk, "review": review.pk, "removed": removed.pk, "other": other.pk}


@pytest.fixture
def as_student(client_of: Callable[[User], Client], student: Membership) -> Client:
    return client_of(student.user)


@pytest.fixture
def as_instructor(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


def archive() -> None:
    Cohort.objects.update(archived=True)


def offers_in(at: str, page: HttpResponse) -> set[str]:
    """The addresses, by name, that a page's forms send to by a button that can be pressed."""
    text = re.sub(r"<fieldset[^>]*\sdisabled>.*", "", page.content.decode(), flags=re.DOTALL)
    found = set()
    for tag, inner in re.findall(r"<form\b([^>]*)>(.*?)</form>", text, flags=re.DOTALL):
        to = re.search(r'\saction="([^"]*)"', tag)
        if 'method="post"' in tag and 'type="submit"' in inner:
            found.add(resolve(urlsplit(urljoin(at, to[1] if to else "")).path).view_name)
    return found


# --- what is sent ---------------------------------------------------------------------------------


def test_all_that_can_be_sent_into_a_class_is_tried() -> None:
    into_a_class = {row.name for row in ROWS if "{cohort}" in row.path and "POST" in row.answers}

    assert {name for __, name, __at, __sent in SENT} | TAKEN == into_a_class


@pytest.mark.parametrize("pace", [Pace.SELF, Pace.LED])
def test_nothing_is_taken_and_the_answer_says_why(
    filled: dict[str, Any],
    as_student: Client,
    as_instructor: Client,
    api_of: Callable[[User], APIClient],
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    pace: str,
) -> None:
    if pace == Pace.LED:
        pacing.lead_class(instructor)
        pacing.open_part(instructor, lesson, lesson.lesson.parts[-1].key)
        voting.open_vote(instructor, lesson, *QUESTION.values())
    archive()
    pages, found = {"student": as_student, "instructor": as_instructor}, []

    for who, name, at, sent in SENT:
        is_api = name.startswith("api-")
        named = {key: value.format(**filled) for key, value in sent.items() if isinstance(value, str)}
        body = {"id": str(uuid.uuid4()), **sent, **named}
        client = api_of(student.user) if is_api else pages[who]
        answer = client.post(at.format(**filled), body, **({"format": "json"} if is_api else {}))
        if answer.status_code != 409 or SAYS not in answer.content.decode():
            found.append((name, sent, answer.status_code))

    assert found == []


# --- what is offered ------------------------------------------------------------------------------

REFUSED = {name for __, name, __at, __sent in SENT}


def offered(client: Client, *starts: str, within: str) -> set[str]:
    found = set()
    for at, page in walks.walk(client, *starts, within=within):
        assert page.status_code == 200, at
        found |= offers_in(at, page)
    return found


@pytest.mark.slow
def test_no_page_of_a_student_offers_what_would_be_refused(filled: dict[str, Any], as_student: Client) -> None:
    arcs, within = [f"/c/ours/lessons/{slug}/" for slug in walks.LESSONS], "/c/ours/lessons/"
    before = offered(as_student, *arcs, within=within)
    archive()

    assert before & REFUSED == {"lessons:check", "lessons:seal", "lessons:reconcile", "lessons:start"}
    assert offered(as_student, *arcs, within=within) & REFUSED == set()


@pytest.mark.slow
@pytest.mark.parametrize("pace", [Pace.SELF, Pace.LED])
def test_no_page_of_the_class_offers_what_would_be_refused(
    filled: dict[str, Any], as_instructor: Client, instructor: Membership, lesson: LoadedLesson, pace: str
) -> None:
    if pace == Pace.LED:
        pacing.lead_class(instructor)
        pacing.open_part(instructor, lesson, "rates")
        voting.open_vote(instructor, lesson, *QUESTION.values())
    theirs = f"/c/ours/class/students/{filled['student']}/"
    rooms = (
        "",
        "people/",
        "code/",
        "lead/",
        "reviews/",
        f"reviews/?item={filled['waiting']}",
        "replay/",
        "parts/rates/",
        "rehearse/",
        "settings/",
        "ready/",
    )
    walls = ("", "?question=rates/half-d", "?question=rates/half-d&remote=1")
    alone = (
        theirs,
        f"{theirs}member/",
        f"{theirs}merge/?other={filled['other']}",
        *(f"/c/ours/class/{room}" for room in rooms),
        *(f"/present/ours/{wall}" for wall in walls),
    )

    def found() -> set[str]:
        papers = [f"{theirs}paper/{slug}/" for slug in walks.LESSONS]
        walked = offered(as_instructor, *papers, within=f"{theirs}paper/")
        return walked.union(*(offers_in(at, as_instructor.get(at)) for at in alone))

    before = found()
    archive()

    assert before & REFUSED >= {"dashboard:lead", "dashboard:present", "dashboard:aloud", "dashboard:badge"}
    assert before & REFUSED >= {"dashboard:settings", "dashboard:invite"}
    assert before & REFUSED >= {"dashboard:reviews", "dashboard:paper-check", "dashboard:paper-seal"}
    assert before & REFUSED >= {"dashboard:people", "dashboard:joining", "dashboard:new-code", "dashboard:member"}
    assert "dashboard:merge" in before
    assert found() & REFUSED == set()
