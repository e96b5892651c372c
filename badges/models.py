"""Awards."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from badges import reasons
from classroom.models import Membership


def new_salt() -> str:
    return secrets.token_hex(8)


class Award(models.Model):
    """A badge that a member has earned or was given; its credential is `uuid`. Never deleted alone: it is revoked."""

    class Revoked(models.TextChoices):
        NOT = "", _("no")
        # What it stood on was taken back; it may be earned again.
        EVIDENCE = "evidence", _("what it was based on was withdrawn")
        # An instructor's decision: only an instructor's decision brings it back.
        DECISION = "decision", _("by an instructor")

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="awards")
    badge = models.CharField(max_length=60)
    # What its public address names. The primary key is its place in the status list.
    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    issued_at = models.DateTimeField(default=timezone.now)
    # By criterion: what stood there, in words and with the numbers of the submissions and runs.
    evidence = models.JSONField(default=list)
    salt = models.CharField(max_length=32, default=new_salt)
    # The signed credential, made with the award and the same ever since, whatever key or address comes later.
    token = models.TextField()
    # Given by an instructor, and why; empty if it was earned by the rules.
    given_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    given_because = models.CharField(max_length=300, blank=True)
    # The page is the owner's alone until they share it; their name stands there only if they want it to.
    is_shared = models.BooleanField(default=False)
    shows_name = models.BooleanField(default=False)
    # When its owner first saw it.
    seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked = models.CharField(max_length=8, choices=Revoked.choices, default=Revoked.NOT, blank=True)
    revoked_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "badge"], condition=models.Q(revoked_at=None), name="award_once"
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked="")
                | models.Q(revoked_at__isnull=False, revoked__in=("evidence", "decision")),
                name="award_revoked_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.badge} {self.issued_at:%F %T}"

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None

    @property
    def why_revoked(self) -> str:
        """The reason in the language of its reader."""
        return reasons.in_words(self.revoked_because)


class RevokedNumber(models.Model):
    """A revoked award's place in the status list. It outlives the award: who leaves does not make it valid again."""

    number = models.PositiveBigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.number)
