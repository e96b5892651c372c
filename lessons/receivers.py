"""What lessons do with news from below."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from experiments.events import run_ended
from experiments.models import Run
from lessons.activities.experiment import runs


@receiver(run_ended)
def keep_what_was_measured(sender: object, run: Run, **kwargs: Any) -> None:
    runs.note_end(run)
