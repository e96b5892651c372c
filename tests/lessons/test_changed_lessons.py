"""A lesson that changes while students work: what they did is kept, and no page about it fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from classroom import services as classroom_services
from classroom.models import Cohort, Membership, Role, User
from lessons import catalogue, pacing, services, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Submission
from tests import guide, pupils
from tests.lessons import runs

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# What is there only once something has changed.
NOT_YET = re.compile("/(fair|more)/|later .*submissions|/c/ours/$")
ClientOf = Callable[[User], Client]
# What an author writes in place of what, in lesson.yaml.
CHANGES = {
    "other words": (r"question: The price starts.*", "question: Where does it go?"),
    "another order": (r"(?s)(      - type: reading.*?)(      - type: predict.*?)(?=      - type: hand)", r"\2\1"),
    "an activity more": (
        r"(?=      - type: explain)",
        "      - {type: reading, key: more, title: More, text: shop.md}\n",
    ),
    "an item more": (
        r"(?=      - type: hand)",
        "          - key: second\n            title: Second\n            question: And then?\n"
        "            choices: [{key: a, text: a}, {key: b, text: b}, {key: c, text: c}]\n"
        "            right: a\n            reveal: {text: A.}\n",
    ),
    "a choice less": (r"(?s)key: up, text: up\}(.*?)right: up", r"key: rise, text: rises}\1right: down"),
    "another answer": (r"right: up", "right: down"),
    "another key of an item": (r"key: direction", "key: way"),
    "a number in place of choices": (
        r"(?s)choices:\n              - .*?right: up",
        "number: {min: 0, max: 9, step: 1, right: 3}",
    ),
    "a step less": (r"          - ask: \[mean, w\]\n.*\n", ""),
    "other points": (r"x: \[1, 2, 5\]", "x: [1, 2, 4]"),
    "a point less": (r"x: \[1, 2, 5\]\n        y: \[2, 3.5, 9\]", "x: [1, 2]\n        y: [2, 3.5]"),
    "other cells": (r"ask: \[errors, products, mean, w\]", "ask: [w]"),
    "another trial": (r"key: few", "key: fewer"),
    "another kind of run": (
        r"kind: starvation\n            params: .*",
        "kind: blame\n            params: {digit: 3, kept: 5, n_repeats: 3}",
    ),
    "an activity less": (r"(?s)      - type: explain.*?after: starve\n", ""),
    "an activity in another part": (r"(?s)(      - type: reading.*?)(      - type: predict.*\Z)", r"\2\1"),
    "a part less": (r"(?s)  - key: fairness.*\Z", ""),
    "another key of a part": (r"key: fairness", "key: fair"),
    "a part that is to come": (r"key: fairness\n", "key: fairness\n    soon: true\n"),
    "another type": (
        r"(?s)      - type: explain.*?after: starve\n",
        "      - {type: reading, key: why, title: Why, text: shop.md}\n",
    ),
    "a sheet that becomes a text": (
        r"(?s)      - type: hand_steps.*?closing: steps_closing.md\n",
        "      - {type: explain, key: steps, title: Steps, question: How?}\n",
    ),
    "a text that becomes a sheet": (
        r"(?s)      - type: explain.*?after: starve\n",
        "      - {type: hand_steps, key: why, title: Why, x: [1, 2], y: [3, 5], start: 0, learning_rate: 0.05,\n"
        "         steps: [{ask: [w], say: Go}]}\n",
    ),
    "questions that become an experiment": (
        r"(?s)      - type: predict.*?up\.\n",
        "      - type: experiment\n        key: guess\n        title: Guess\n"
        "        trials: [{key: few, title: Few, kind: blame, params: {n_repeats: 3}}]\n",
    ),
    "an experiment that becomes questions": (
        r"(?s)      - type: experiment.*?(?=      - type: explain)",
        "      - type: predict\n        key: starve\n        title: Starve\n        items:\n"
        "          - {key: one, title: One, question: One?, number: {min: 0, max: 9, step: 1, right: 3},\n"
        "             reveal: {text: Three.}}\n",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalogue, "QUIET", 0)
    settings.LESSONS_FOLDERS = [tmp_path]
    return guide.write(tmp_path / "ice_cream")


def lesson() -> LoadedLesson:
    found = catalogue.get("ice-cream")
    assert found is not None
    return found


def work(student: Membership, instructor: Membership | None) -> None:
    """Have a student do something in each activity; where somebody leads, the class does it."""
    given = lesson()
    if instructor:
        for part in given.lesson.parts:
            pacing.free_part(instructor, given, part.key)
        voting.open_vote(instructor, given, "guess", "direction")
    student.refresh_from_db()
    for key in ("shop",):
        services.submit(student, given, key, client_id=uuid4(), step=1, answer={})
    pupils.seal(student, given, "guess", "direction", "up")
    if instructor:
        voting.close_vote(instructor, given, "guess", "direction")
        voting.reveal(instructor, given, "guess", "direction")
    first = {"errors": ["-2", "-3.5", "-9"], "products": ["-2", "-7", "-45"], "mean": "-18", "w": "0.36"}
    for step, answer in ((1, first), (2, {"mean": "1", "w": "2"})):
        services.submit(student, given, "steps", client_id=uuid4(), step=step, answer=answer)
    runs.start(student, given, "starve", trial="few", settings={}, seed="1")
    runs.work()
    services.submit(student, given, "why", client_id=uuid4(), step=1, answer={"text": "It fails the threes most."})


def addresses(cohort: Cohort, student: Membership) -> tuple[list[str], list[str]]:
    """Pages of a student, and those of who teaches them."""
    base, teach = f"/c/{cohort.slug}/lessons/ice-cream/", f"/c/{cohort.slug}/class/"
    parts = ["receipts", "fairness", "fair"]
    told = [f"{base}submissions/{each.pk}/" for each in Submission.objects.all()]
    api = "/api/v1/lessons/"
    own = [f"/c/{cohort.slug}/", base, f"{base}call.html", f"{base}what-i-did.html", *told, api, f"{api}ice-cream/"]
    own += [f"{base}{part}/{more}" for part in parts for more in ("", "since/")]
    own += [f"{base}receipts/?item=direction&step=1"]
    own += [f"{api}ice-cream/activities/{key}/" for key in ("guess", "steps", "starve", "why")]
    pages = ["", "grid/", "after/", "did/", "lead/", "lead/since/", "people/", "ready/", "reviews/", "replay/"]
    theirs = f"{teach}students/{student.pk}/"
    of_class = [f"{teach}{page}" for page in pages] + [f"{teach}parts/{part}/" for part in parts]
    of_class += [theirs, f"{theirs}did/", *(f"{theirs}?part={part}" for part in parts)]
    of_class += [f"{theirs}page/ice-cream/receipts/", f"{theirs}paper/ice-cream/fairness/"]
    of_class += [
        f"/present/{cohort.slug}/",
        f"/print/{cohort.slug}/",
        *(f"/api/v1/cohorts/{cohort.slug}/{table}.csv" for table in ("export", "gradebook")),
    ]
    return own, of_class


@pytest.mark.parametrize("pace", ["self", "led"])
def test_no_page_fails_of_a_lesson_that_changes_under_those_who_work(
    folder: Path, client_of: ClientOf, pace: str
) -> None:
    cohort = classroom_services.open_cohort(slug="ours", name="Ours", pace=pace, lessons=["ice-cream"])
    teacher, nora, later = (User.objects.create_user(name) for name in ("teacher", "nora", "later"))
    instructor = classroom_services.enrol(teacher, cohort, Role.INSTRUCTOR)
    student = classroom_services.enrol(nora, cohort)
    classroom_services.enrol(later, cohort)
    work(student, instructor if pace == "led" else None)
    kept = Submission.objects.count(), Prediction.objects.count()
    own, of_class = addresses(cohort, student)
    clients = {user: client_of(user) for user in (nora, later, teacher)}

    def status_of(user: User, address: str) -> int:
        answer = clients[user].get(address)
        answer.getvalue()  # a table is written while it is read
        return answer.status_code

    def statuses() -> dict[str, int]:
        asked = ((nora, own), (later, own[:4]), (teacher, of_class if pace == "led" else of_class[:3]))
        return {f"{user} {each}": status_of(user, each) for user, pages in asked for each in pages}

    def sent() -> dict[str, int]:
        """What a page that was open before sends after it."""
        base, whose = "/c/ours/lessons/ice-cream/activities/", {"member": student.pk}
        forms = {
            "shop/check/": {"step": 1},
            "guess/seal/": {"item": "direction", "round": 1, "choice": "up", "confidence": "guess"},
            "guess/items/direction/reconcile/": {"saw": "up"},
            "steps/check/": {"step": 2, "mean": "-14.4", "w": "0.648"},
            "starve/start/": {"trial": "few", "seed": 1},
            "why/check/": {"step": 1, "text": ""},
        }
        client = clients[nora]
        return {
            each: client.post(base + each, {"id": uuid4(), **whose, **form}).status_code for each, form in forms.items()
        }

    def with_change(change: str) -> dict[str, int]:
        old, new = CHANGES[change]
        changed, n = re.subn(old, new, guide.LESSON, count=1)
        assert n == 1, change
        (folder / "lesson.yaml").write_text(changed, encoding="utf-8")
        catalogue.refresh()
        assert [str(problem) for each in catalogue.broken() for problem in each.problems] == []
        return {f"{change}: {address}": status for address, status in (statuses() | sent()).items() if status >= 500}

    seen = statuses()
    assert not {each for each, status in seen.items() if status not in (200, 204) and not NOT_YET.search(each)}
    assert [failed for change in CHANGES for failed in with_change(change).items()] == []
    assert Submission.objects.count() >= kept[0]
    assert Prediction.objects.count() >= kept[1]
