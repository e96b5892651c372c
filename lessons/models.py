"""What learners did."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classroom.models import Membership


class PartState(models.TextChoices):
    # Nothing to do yet: not built, or not opened by the instructor.
    SOON = "soon", _("soon")
    NOT_STARTED = "not_started", _("not started")
    # At least one thing was sent.
    WORKING = "working", _("working")
    # Three checked tries at one step without success.
    STUCK = "stuck", _("stuck")
    # Sent, and an instructor has to look.
    WAITING = "waiting", _("waiting for review")
    DONE = "done", _("done")


class Submission(models.Model):
    """An answer that was graded, exactly as it was sent, with the reply that it got. Never changed."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="submissions")
    client_id = models.UUIDField()
    lesson = models.CharField(max_length=60)
    activity = models.CharField(max_length=60)
    step = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    reply = models.JSONField()
    accepted = models.BooleanField()
    # Blanks and a repeat of the last answer are kept, but are no try.
    is_try = models.BooleanField()
    # The slip that explains the first wrong cell, where exactly one does.
    slip = models.CharField(max_length=40, blank=True)
    lesson_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # The client names its submission, so that sending it twice stores it once.
            models.UniqueConstraint(fields=["membership", "client_id"], name="submission_once_per_client_id"),
        ]
        indexes = [models.Index(fields=["membership", "lesson", "activity", "step", "id"], name="submission_by_step")]

    def __str__(self) -> str:
        return f"{self.activity} step {self.step} {self.received_at:%F %T}"


class PartProgress(models.Model):
    """Where a member stands in one part: the sum of what was submitted, kept ready for the class grid."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="progress")
    lesson = models.CharField(max_length=60)
    part = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=PartState.choices, default=PartState.NOT_STARTED)
    tries = models.PositiveIntegerField(default=0)
    slip = models.CharField(max_length=40, blank=True)
    # By activity: its own state and tries, and what its next step goes on from.
    activities = models.JSONField(default=dict)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "lesson", "part"], name="progress_once_per_part"),
            models.CheckConstraint(condition=models.Q(state__in=PartState.values), name="progress_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.part}: {self.state}"
