"""Students with tokens, what they send, and what is kept of them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from classroom import events
from classroom.models import Membership
from lessons import progress, selectors, services
from lessons.activities.base import type_of
from lessons.activities.predict import sealing
from lessons.activities.predict.sealing import SealReceipt
from lessons.authoring.loader import LoadedLesson
from lessons.events import RunMeasured
from lessons.models import Submission
from tests.crowd import Request
from tests.running import Running

PATH = "/api/v1/lessons/data-rules-everything/activities/by-hand/submissions/"
STEPS: list[dict[str, Any]] = [
    {
        "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
        "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
        "mean": "-14.925",
        "w": "0.7463",
    },
    {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"},
    {"w": "1.5042"},
]
WHY = "With more power it bends to each of its own dots. New dots lie elsewhere."
_MAKE = """
import json, sys
from classroom import services, tokens
from classroom.models import Cohort, User
cohort = Cohort.objects.get(slug="demo")
made = []
for i in range({n}):
    user = User.objects.create_user(f"{prefix}{{i}}", display_name=f"Pupil {{i}}")
    services.enrol(user, cohort)
    made.append(tokens.make(user))
print("TOKENS" + json.dumps(made))
"""
_COUNT = """
from lessons.models import PartProgress, Submission
rows = Submission.objects.filter(membership__user__username__startswith="{prefix}")
done = PartProgress.objects.filter(membership__user__username__startswith="{prefix}", state="done")
print("COUNT", rows.count(), done.count())
"""
_COUNT_SEALED = """
from lessons.models import Prediction
print("COUNT", Prediction.objects.filter(membership__user__username__startswith="{prefix}").count())
"""


def enrol(running: Running, prefix: str, n: int) -> list[str]:
    """Put `n` new students into the demo class; give their tokens."""
    said = running.ask(_MAKE.format(prefix=prefix, n=n))
    return json.loads(said.split("TOKENS")[1])


def count(running: Running, prefix: str) -> tuple[int, int]:
    """Count their submissions, and those of them whose part is done."""
    said = running.ask(_COUNT.format(prefix=prefix))
    submissions, done = said.split("COUNT")[1].split()
    return int(submissions), int(done)


def n_predictions(running: Running, prefix: str) -> int:
    """Count their sealed guesses."""
    said = running.ask(_COUNT_SEALED.format(prefix=prefix))
    return int(said.split("COUNT")[1])


def submission(token: str, step: int, answer: Mapping[str, Any], client_id: str = "") -> Request:
    """One answer, as the API wants it."""
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    body = json.dumps({"id": client_id or str(uuid.uuid4()), "step": step, "answer": answer})
    return ("POST", PATH, headers, body)


def as_typed(answer: Mapping[str, Any]) -> dict[str, str]:
    """The same answer by the names of the cells on the page."""
    cells = {
        f"{kind}_{i}": each for kind in ("error", "product") for i, each in enumerate(answer.get(f"{kind}s", ()), 1)
    }
    return cells | {name: each for name, each in answer.items() if name not in ("errors", "products")}


Send = Callable[[int, Mapping[str, Any]], Any]


class Sheet:
    """A student's page of the worksheet, which tells with each answer what it shows: the part comes back, in place."""

    def __init__(self, browser: Client, student: Membership) -> None:
        self.browser, self.student = browser, student
        self.part = f"/c/{student.cohort.slug}/lessons/data-rules-everything/"
        self.look()

    def look(self) -> None:
        """Open the page anew."""
        self.html = self.browser.get(f"{self.part}by-hand/").text

    @property
    def shown(self) -> str:
        return shown_on(self.html)

    def __call__(self, step: int, answer: Mapping[str, Any], *, shown: str | None = None) -> Any:
        sent = {"id": uuid.uuid4(), "step": step, "member": self.student.pk, **as_typed(answer)}
        sent["shown"] = self.shown if shown is None else shown
        answered = self.browser.post(f"{self.part}activities/by-hand/check/", sent, headers={"HX-Request": "true"})
        self.html = answered.text
        return answered


def shown_on(html: str) -> str:
    """What a page says that it shows."""
    found = re.search(r'name="shown" value="([^"]*)"', html)
    assert found is not None
    return found.group(1)


def over_the_api(notebook: Client, student: Membership) -> Send:
    """How a notebook sends it."""

    def send(step: int, answer: Mapping[str, Any]) -> Any:
        sent = json.dumps({"id": str(uuid.uuid4()), "step": step, "answer": answer})
        return notebook.post(PATH, sent, content_type="application/json")

    return send


_LED = """
import json
from django.test import Client
from classroom import services, tokens
from classroom.models import Role, User
made = []
for slug in {slugs!r}:
    cohort = services.open_cohort(slug=slug, name=slug, pace="led")
    keys, sessions = [], []
    for i in range({n_students}):
        user = User.objects.create_user(f"{{slug}}-pupil{{i}}", display_name=f"Pupil {{i}}")
        services.enrol(user, cohort)
        keys.append(tokens.make(user))
    for i in range({n_instructors}):
        user = User.objects.create_user(f"{{slug}}-leader{{i}}", display_name=f"Leader {{i}}")
        services.enrol(user, cohort, Role.INSTRUCTOR)
        browser = Client()
        browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        sessions.append(browser.cookies["sessionid"].value)
    made.append([slug, keys, sessions])
print("CLASSES" + json.dumps(made))
"""
_CSRF = "c" * 32  # the double-submit check wants the same word twice, whatever it is


@dataclass(frozen=True)
class LedClass:
    """A class that is led: its students' tokens, and the sessions of those who lead it."""

    slug: str
    tokens: list[str]
    sessions: list[str]

    def act(self, act: str, item: str, *, leader: int = 0, activity: str = "rates") -> Request:
        """What a leader presses, as their page sends it."""
        headers = {
            "Cookie": f"sessionid={self.sessions[leader]}; csrftoken={_CSRF}",
            "X-CSRFToken": _CSRF,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"act": act, "activity": activity, "item": item, "sure": "yes"})
        return ("POST", f"/c/{self.slug}/class/lead/", headers, body)


def led_classes(running: Running, slugs: list[str], *, n_students: int = 0, n_instructors: int = 1) -> list[LedClass]:
    """Make classes that are led, in one process: starting Django takes longer than all of them."""
    script = _LED.format(slugs=slugs, n_students=n_students, n_instructors=n_instructors)
    said = running.ask(script)
    return [LedClass(*made) for made in json.loads(said.split("CLASSES")[1])]


def prediction(
    token: str, item: str, choice: Any, *, activity: str = "rates", round_: int = 1, client_id: str = ""
) -> Request:
    """One guess, as the API wants it, with an id of its own unless one is given."""
    named = client_id or str(uuid.uuid4())
    body = {"id": named, "item": item, "round": round_, "choice": choice, "confidence": "think_so"}
    return api(token, "POST", f"lessons/data-rules-everything/activities/{activity}/predictions/", body)


def api(token: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Request:
    """One call of the API."""
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    return (method, f"/api/v1/{path}", headers, json.dumps(body) if body is not None else "")


def seal(
    membership: Membership,
    lesson: LoadedLesson,
    activity: str,
    item: str,
    choice: Any,
    *,
    second: Any = "",
    confidence: Any = "think_so",
    because: Any = "",
    round_: int = 1,
    client_id: uuid.UUID | None = None,
) -> SealReceipt:
    """Seal a guess with an id of its own, unless one is given."""
    return sealing.seal(
        membership,
        lesson,
        activity,
        client_id=client_id or uuid.uuid4(),
        item=item,
        round_=round_,
        choice=choice,
        second=second,
        confidence=confidence,
        because=because,
    )


def write(student: Membership, lesson: LoadedLesson, text: str = WHY) -> Submission:
    """An explanation of a run that is done."""
    keep(student, lesson, "u-curve-run", {"done": ["polynomial"], "runs": {"polynomial": 1}})
    receipt = services.submit(student, lesson, "u-curve-explain", client_id=uuid.uuid4(), step=1, answer={"text": text})
    return receipt.submission


def keep(student: Membership, lesson: LoadedLesson, activity: str, memory: dict[str, Any]) -> None:
    """Put an activity that was done into the student's progress, with what is remembered of it."""
    part, found = selectors.place_of(lesson, activity)
    row = progress.row_of(student, lesson, part)
    kept = type_of(found).standing_in({found.key: {"state": "done", "tries": 1, "memory": memory}}, found.key)
    progress.advance(row, part, found.key, kept, by=None)


def measure(student: Membership, lesson: LoadedLesson, *, before: float = 0.5, after: float = 0.9) -> None:
    """What a run of the fix leaves in the progress, and the news of it."""
    figures = {
        when: {"run": str(uuid.uuid4()), "accuracy": 0.9, "recall": recall}
        for when, recall in (("before", before), ("after", after))
    }
    keep(student, lesson, "bias-fix", {"evidence": {"digit": 8, **figures}})
    events.record(RunMeasured(lesson.lesson.slug, "bias-fix", "give-back"), student)
