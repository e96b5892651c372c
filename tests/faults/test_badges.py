"""A process that dies between the last criterion and the award."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.running import MANAGE, Running, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.services]

# Its commit is followed by its end: what listens for commits is registered behind it.
_DIES = """
import os, signal, uuid
from django.db import transaction
from classroom.models import Membership
from lessons import catalogue, services
from tests.pupils import keep, measure, write
from tests.pupils import STEPS
lesson = catalogue.get("data-rules-everything")
student = Membership.objects.select_related("cohort", "user").get(user__username="student")
for step, answer in enumerate(STEPS[:2], start=1):
    services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
measure(student, lesson)
write(student, lesson)
keep(student, lesson, "u-curve-explain", {"text": "Because.", "aloud": True})
with transaction.atomic():
    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=3, answer=STEPS[2])
"""
_COUNT = """
from badges.models import Award
from lessons.models import Submission
print("COUNT", Submission.objects.filter(step=3).count(), Award.objects.count())
"""


def counted(running: Running) -> str:
    return running.ask(_COUNT).split("COUNT")[1].strip()


def test_a_badge_that_a_crash_missed_is_awarded_once(tmp_path: Path) -> None:
    with Running(tmp_path / "var", BADGE_SWEEP_EVERY="2") as running:
        died = subprocess.run(
            [*MANAGE, "shell", "--no-imports", "-c", _DIES], env=running.environment, check=False, capture_output=True
        )
        assert died.returncode == -9, died.stderr.decode()
        assert counted(running).startswith("1 ")

        wait_for(lambda: counted(running) == "1 1", "the badge", seconds=60)

        assert counted(running) == "1 1"
