"""News from lessons."""

from __future__ import annotations

from dataclasses import dataclass

from classroom.events import Event


@dataclass(frozen=True)
class StepAccepted(Event):
    """A member's answer to one step of an activity was accepted."""

    lesson: str
    activity: str
    step: int
    tries: int


@dataclass(frozen=True)
class PartDone(Event):
    """A member finished the last activity of a part."""

    lesson: str
    part: str
