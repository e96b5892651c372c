"""A synthetic student's turn, and the protocol by which one plays each type of activity."""

from __future__ import annotations

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from classroom.acting import Acting
from classroom.models import GradientRule, Membership
from lessons import selectors, services
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.selectors import ActivityPage
from lessons.standings import Standing
from rehearsal.students import Student

A = TypeVar("A", bound=AnyActivity)


class Turn:
    """One look at the lesson as a synthetic student meets it, and one move in it."""

    def __init__(self, membership: Membership, lesson: LoadedLesson, who: Student, rng: random.Random) -> None:
        self.membership, self.lesson, self.who, self.rng = membership, lesson, who, rng
        self.rule = GradientRule(membership.cohort.gradient_rule)
        self.progress = selectors.progress_of(membership, lesson)

    def standing(self, part: Part, activity: AnyActivity) -> Standing[Any]:
        return selectors.standing_of(self.progress.get(part.key), activity)

    def as_met(self, activity: AnyActivity) -> Any:
        return selectors.as_met(self.membership, self.lesson, activity)

    def page(self, part: Part, activity: AnyActivity, **asked: Any) -> ActivityPage:
        row = self.progress.get(part.key)
        return selectors.activity_page(Acting(self.membership), self.lesson, part, self.as_met(activity), row, asked)

    def submit(self, activity: AnyActivity, step: int, answer: Mapping[str, Any], did: str) -> str:
        services.submit(
            self.membership, self.lesson, activity.key, client_id=self.client_id(), step=step, answer=dict(answer)
        )
        return did

    def client_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)


class Player(ABC, Generic[A]):
    """How synthetic students play one type of activity."""

    @abstractmethod
    def move(self, turn: Turn, part: Part, activity: A) -> str:
        """Do one thing, and name it as `turns.TAKES` does; nothing, if all that is open waits for somebody else."""

    def told(self, turn: Turn, part: Part, activity: A, trial: str) -> str:
        """Do what the instructor asks the room for: run a trial of this activity; nothing, if it is run."""
        return ""

    def vote(self, turn: Turn, part: Part, activity: A, item: str) -> str:
        """Answer the question whose vote is open; nothing, if it is answered."""
        return ""


AnyPlayer = Player[Any]
