"""Forty students with tokens, and what they send."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

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
_MAKE = """
import json, sys
from rest_framework.authtoken.models import Token
from classroom import services
from classroom.models import Cohort, User
cohort = Cohort.objects.get(slug="demo")
made = []
for i in range({n}):
    user = User.objects.create_user(f"{prefix}{{i}}", display_name=f"Pupil {{i}}")
    services.enrol(user, cohort)
    made.append(Token.objects.create(user=user).key)
print("TOKENS" + json.dumps(made))
"""
_COUNT = """
from lessons.models import PartProgress, Submission
rows = Submission.objects.filter(membership__user__username__startswith="{prefix}")
done = PartProgress.objects.filter(membership__user__username__startswith="{prefix}", state="done")
print("COUNT", rows.count(), done.count())
"""


def enrol(running: Running, prefix: str, n: int) -> list[str]:
    """Put `n` new students into the demo class; give their tokens."""
    said = running.manage("shell", "--no-imports", "-c", _MAKE.format(prefix=prefix, n=n))
    return json.loads(said.split("TOKENS")[1])


def count(running: Running, prefix: str) -> tuple[int, int]:
    """Count their submissions, and those of them whose part is done."""
    said = running.manage("shell", "--no-imports", "-c", _COUNT.format(prefix=prefix))
    submissions, done = said.split("COUNT")[1].split()
    return int(submissions), int(done)


def submission(token: str, step: int, answer: Mapping[str, Any], client_id: str = "") -> Request:
    """One answer, as the API wants it."""
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    body = json.dumps({"id": client_id or str(uuid.uuid4()), "step": step, "answer": answer})
    return ("POST", PATH, headers, body)
