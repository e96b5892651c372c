"""What is kept of people who are erased: that they were."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Erasure(models.Model):
    """The number that an erased person had. By it `manage.py purge` finds whoever came back with a backup."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.number} {self.at:%F}"
