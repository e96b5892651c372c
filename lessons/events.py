"""News from lessons."""

from __future__ import annotations

from dataclasses import dataclass

from classroom.events import ClassAct, Event


@dataclass(frozen=True)
class StepAccepted(Event):
    """A member's answer to one step of an activity was accepted. `is_last`: they have nothing more to do in it."""

    lesson: str
    activity: str
    step: int
    tries: int
    is_last: bool


@dataclass(frozen=True)
class PartDone(Event):
    """A member finished the last activity of a part."""

    lesson: str
    part: str


@dataclass(frozen=True)
class PredictionSealed(Event):
    """A member sealed a prediction."""

    lesson: str
    activity: str
    item: str
    round: int


@dataclass(frozen=True)
class PredictionTakenBack(Event):
    """A member took a mis-tapped seal back. Its `client_id` is never sealed again."""

    lesson: str
    activity: str
    item: str
    round: int
    client_id: str


@dataclass(frozen=True)
class Reconciled(Event):
    """A member put what they saw beside what they had said."""

    lesson: str
    activity: str
    item: str


@dataclass(frozen=True)
class RunAsked(Event):
    """A member asked for a run of an experiment's trial."""

    lesson: str
    activity: str
    trial: str


@dataclass(frozen=True)
class RunMeasured(Event):
    """A run that a member had asked for is done, with what it is compared with."""

    lesson: str
    activity: str
    trial: str


@dataclass(frozen=True)
class PartOpened(ClassAct):
    """An instructor opened a part to a led class."""

    lesson: str
    part: str


@dataclass(frozen=True)
class PartFreed(ClassAct):
    """An instructor let everyone go on alone in a part."""

    lesson: str
    part: str


@dataclass(frozen=True)
class VoteOpened(ClassAct):
    """An instructor opened a vote."""

    lesson: str
    activity: str
    item: str
    round: int


@dataclass(frozen=True)
class VoteClosed(ClassAct):
    """An instructor closed a vote."""

    lesson: str
    activity: str
    item: str
    round: int


@dataclass(frozen=True)
class HandsCounted(ClassAct):
    """An instructor added the hands raised in the room to a vote."""

    lesson: str
    activity: str
    item: str
    round: int
    hands: dict[str, int]


@dataclass(frozen=True)
class RevealOpened(ClassAct):
    """An instructor opened what is behind a question."""

    lesson: str
    activity: str
    item: str


@dataclass(frozen=True)
class RevealTakenBack(ClassAct):
    """An instructor took a reveal back before it was open."""

    lesson: str
    activity: str
    item: str


@dataclass(frozen=True)
class EveryoneBrought(ClassAct):
    """An instructor brought everybody's page to where the class was."""

    lesson: str
    place: str


@dataclass(frozen=True)
class ClassPaused(ClassAct):
    """An instructor asked for all eyes: the students' pages are dimmed."""

    lesson: str


@dataclass(frozen=True)
class ClassResumed(ClassAct):
    """An instructor let the students' pages go on."""

    lesson: str


@dataclass(frozen=True)
class MessageShown(ClassAct):
    """An instructor showed one line to all."""

    lesson: str
    text: str


@dataclass(frozen=True)
class MessageTakenBack(ClassAct):
    """An instructor took the line to all back."""

    lesson: str


@dataclass(frozen=True)
class TimerStarted(ClassAct):
    """An instructor gave a class so many minutes. Nothing closes when they are over."""

    lesson: str
    minutes: int


@dataclass(frozen=True)
class TimerStopped(ClassAct):
    """An instructor took the timer away."""

    lesson: str


@dataclass(frozen=True)
class QuestionSkipped(ClassAct):
    """An instructor passed over a question. It counts as done for everybody."""

    lesson: str
    activity: str
    item: str


@dataclass(frozen=True)
class QuestionTakenUp(ClassAct):
    """An instructor took up after all a question that had been skipped."""

    lesson: str
    activity: str
    item: str


@dataclass(frozen=True)
class ClassEnded(ClassAct):
    """An instructor ended the led session."""


@dataclass(frozen=True)
class ExplainedAloud(Event):
    """A member explained something to an instructor, who was content with it."""

    lesson: str
    activity: str


@dataclass(frozen=True)
class AloudTakenBack(Event):
    """An instructor took back that something was explained aloud."""

    lesson: str
    activity: str


@dataclass(frozen=True)
class Reviewed(Event):
    """An instructor approved what a member had written, or returned it."""

    lesson: str
    activity: str
    submission: int
    decision: str


@dataclass(frozen=True)
class ReviewTakenBack(Event):
    """An instructor took back within a minute what they had decided."""

    lesson: str
    activity: str
    submission: int
    decision: str
