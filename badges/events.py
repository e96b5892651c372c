"""News from badges."""

from __future__ import annotations

from dataclasses import dataclass

from classroom.events import Event


@dataclass(frozen=True)
class BadgeAwarded(Event):
    """A member earned a badge, or was given it."""

    badge: str
    because: str = ""


@dataclass(frozen=True)
class BadgeRevoked(Event):
    """A badge was taken back."""

    badge: str
    because: str
