"""Message to the workers that a run waits. What gets lost here is told again by the reaper: the row is the truth."""

from __future__ import annotations

import logging
import uuid

from celery import current_app
from django.db.models import F
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from experiments.models import Run, RunState

logger = logging.getLogger(__name__)


def publish(run_id: uuid.UUID) -> bool:
    """Send a wake-up for a run and note when. A broker that is down is no failure: tell whether it was reached."""
    try:
        current_app.send_task("experiments.execute_run", args=[str(run_id)], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("the broker cannot be reached (%s); run %s waits in the database", error, run_id)
        return False
    Run.objects.filter(pk=run_id, state=RunState.QUEUED).update(published_at=Now(), n_published=F("n_published") + 1)
    return True
