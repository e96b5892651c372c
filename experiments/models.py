"""Runs: what is to be computed, how far it is, what came of it. The row is the truth; a message only wakes a worker."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from classroom.models import Membership


class RunState(models.TextChoices):
    # Asked for; no worker has taken it yet, or the one that had is gone.
    QUEUED = "queued", _("queued")
    # A worker is at it, and says so by its heartbeat.
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    # It could not be finished; `failure` says why.
    FAILED = "failed", _("failed")
    # Everybody who had asked for it took that back.
    CANCELLED = "cancelled", _("cancelled")


# While it is in one of these, whoever asks for the same shares it.
LIVE = (RunState.QUEUED, RunState.RUNNING, RunState.DONE)
ACTIVE = (RunState.QUEUED, RunState.RUNNING)


class Run(models.Model):
    """One training run on a worker. The same kind, parameters, seed and versions are one run, whoever asks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    params = models.JSONField()
    seed = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    text = models.CharField(max_length=200, blank=True)
    # How often a worker has taken it; each of them writes under its own number.
    attempt = models.PositiveSmallIntegerField(default=0)
    # A rough guess of how long it takes on one core, made when it was asked for: by it workers take turns.
    expected_seconds = models.FloatField(db_default=0)
    queued_at = models.DateTimeField(db_default=Now())
    # When, and how often, a worker was told of it.
    published_at = models.DateTimeField(null=True)
    n_published = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    provenance = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(state__in=[state.value for state in LIVE]),
                name="run_once_while_live",
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(
                condition=~Q(state=RunState.DONE.value) | Q(result__isnull=False), name="run_done_has_result"
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.FAILED.value) | ~Q(failure=""), name="run_failed_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "queued_at", "id"], name="run_by_state"),
            models.Index(fields=["started_at"], name="run_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} seed {self.seed}: {self.state}"


class RunRequest(models.Model):
    """Somebody's wish for a run: whose evidence it is. `context` is what the asker wants it for, never read here."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="run_requests")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="requests")
    context = models.CharField(max_length=190, blank=True)
    requested_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "run", "context"],
                condition=Q(withdrawn_at__isnull=True),
                name="request_once_while_wanted",
            )
        ]
        indexes = [models.Index(fields=["context", "membership"], name="request_by_context")]

    def __str__(self) -> str:
        return f"{self.context or 'for oneself'} {self.requested_at:%F %T}"


class WorkerSign(models.Model):
    """When any worker last gave a sign of life: one row, so that a page can tell at the cost of one look."""

    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.seen_at:%F %T}"
