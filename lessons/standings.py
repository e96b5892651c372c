"""Standings: what a member's progress keeps of one activity, in `PartProgress.activities`, read with its types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lessons.models import FINISHED, PartState, Review


class Memory(BaseModel):
    """Memory that an activity goes on from. Each type has fields of its own; what an earlier version kept stays."""

    model_config = ConfigDict(frozen=True, extra="allow")


class ReviewMemory(BaseModel):
    """Decision that an instructor made last. `before` is the decision that this one took the place of."""

    model_config = ConfigDict(frozen=True)

    id: int
    decision: Review.Decision
    comment: str
    met: tuple[bool, ...]
    at: str
    before: dict[str, Any] = Field(default_factory=dict)
    # Something was sent since.
    is_answered: bool = False

    @property
    def is_approved(self) -> bool:
        return self.decision == Review.Decision.APPROVED


class TextMemory(Memory):
    """Memory of a text that an instructor reads, or has heard (`aloud`)."""

    text: str = ""
    aloud: bool = False
    review: ReviewMemory | None = None

    @property
    def is_approved(self) -> bool:
        return self.review is not None and self.review.is_approved

    @property
    def is_settled(self) -> bool:
        """Tell whether an instructor has approved what was written, or heard it."""
        return self.aloud or self.is_approved

    @property
    def is_returned(self) -> bool:
        """Tell whether an instructor has sent it back, and nothing was sent or said since."""
        is_open = self.review is not None and not self.aloud and not self.review.is_answered
        return is_open and not self.is_approved

    @property
    def state(self) -> PartState:
        if self.is_settled:
            return PartState.DONE
        return PartState.WAITING if self.text and not self.is_returned else PartState.WORKING


class BadgeMemory(Memory):
    """Memory of how far a badge is, as those who award it keep it in the part that shows it.

    `waits`: what is missing is with the instructor. `is_new`: it was awarded, and its owner has not seen it yet.
    """

    n_met: int
    n: int
    waits: bool
    title: str = ""
    is_new: bool = False


M = TypeVar("M", bound=Memory)


class Standing(BaseModel, Generic[M]):
    """Standing of a member in one activity: its state, tries in all and by step, the steps at which help was used, the
    step to work on, and for questions how many are done and how many of the others the class skips.
    """

    model_config = ConfigDict(frozen=True)

    state: PartState = PartState.NOT_STARTED
    tries: int = 0
    tries_at: dict[int, int] = Field(default_factory=dict)
    helped: tuple[int, ...] = ()
    step: int = 1
    n_done: int = 0
    n_skipped: int = 0
    memory: M = Field(default_factory=dict, validate_default=True)  # read as the type says

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    def as_data(self) -> dict[str, Any]:
        """Data that is kept: whatever was said, and no more."""
        return self.model_dump(mode="json", exclude_unset=True)


def finished_in(activities: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Keys of the activities, among those kept, in which nothing more is to be done."""
    return frozenset(key for key, kept in activities.items() if kept.get("state") in FINISHED)


def badge_in(activities: Mapping[str, Mapping[str, Any]], badge: str) -> BadgeMemory | None:
    """Memory of how far a badge is, among the activities kept; nothing, as long as nothing was."""
    return Standing[BadgeMemory].model_validate(activities[badge]).memory if badge in activities else None


def with_badge(badge: str, memory: BadgeMemory) -> dict[str, Any]:
    """Activities as the part keeps them that shows a badge."""
    return {badge: Standing[BadgeMemory](state=PartState.WORKING, tries=0, memory=memory).as_data()}
