"""What is kept of people who are erased: that they were."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Erasure(models.Model):
    """The number that an erased person had, and when they had joined: numbers are given again, and other installations
    give the same. By both `manage.py purge` finds whoever came back with a backup.
    """

    number = models.PositiveBigIntegerField()
    joined_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "joined_at"], name="erasure_once_a_person")]

    def __str__(self) -> str:
        return f"{self.number} {self.at:%F}"
