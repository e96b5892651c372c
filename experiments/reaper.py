"""Reaper: it finds the runs that nobody is at though they should be, and has them taken up again."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from experiments import publishing, runner, turns
from experiments.models import Run, RunState

FIRST_WAIT, LONGEST_WAIT = 5, 60  # seconds until a message counts as lost; doubled each time
AT_ONCE = 100


def reap() -> None:
    """Take runs from workers that are gone, give up those that were tried too often, wake workers for what waits."""
    for run in Run.objects.filter(turns.stale()).defer("result").order_by("queued_at")[:AT_ONCE]:
        _take_from_its_worker(run)
    _publish_again()


def _take_from_its_worker(run: Run) -> None:
    """Let a run whose worker is gone wait again, unless nobody wants it, or it ends its worker each time."""
    left = Run.objects.filter(turns.stale(), pk=run.pk, attempt=run.attempt)
    if left.filter(cancel_requested=True).update(state=RunState.CANCELLED, finished_at=Now()):
        runner.announce(run)
    elif run.attempt >= turns.MAX_ATTEMPTS:
        if left.update(state=RunState.FAILED, failure=_given_up(), finished_at=Now()):
            runner.announce(run)
    else:
        left.update(state=RunState.QUEUED, published_at=None, n_published=0, text="", done=0)


def _given_up() -> str:
    says = _("The worker stopped %(n)d times during this run, so we gave up. Start it again, or ask for less.")
    return says % {"n": turns.MAX_ATTEMPTS}


def _publish_again() -> None:
    """Tell the workers once more of what waits without a message, or whose message must be lost by now."""
    lost = Q(published_at=None)
    for n in range(5):
        wait = timedelta(seconds=min(FIRST_WAIT * 2**n, LONGEST_WAIT))
        sent = Q(n_published=n + 1) if n < 4 else Q(n_published__gt=4)
        lost |= sent & Q(published_at__lt=Now() - wait)
    waiting = Run.objects.filter(lost, state=RunState.QUEUED).order_by("queued_at").values_list("pk", flat=True)
    for run_id in waiting[:AT_ONCE]:
        if not publishing.publish(run_id):
            break
