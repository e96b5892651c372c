"""What earns a badge: conditions from a closed vocabulary, judged on what a learner has done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class StepsTaken:
    """A worksheet: how many of its steps match the notebook, whether or not a worked line was shown at some."""

    n_steps: int
    n_matching: int


@dataclass(frozen=True)
class Explanation:
    """Something that an instructor reads or hears: whether it waits for them, and whether they are content."""

    waits: bool
    is_approved: bool


@dataclass(frozen=True)
class LearnerRecord:
    """What a learner has done in a lesson, by activity. What they have not begun is not in it."""

    steps: Mapping[str, StepsTaken] = field(default_factory=dict)
    explanations: Mapping[str, Explanation] = field(default_factory=dict)
    # Those in which recall of the starved digit was measured without the repair and with it.
    measured: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CriterionStatus:
    """Status of a criterion: met, with the instructor, or still the learner's to do."""

    is_met: bool
    waits: bool = False


# What a condition rests on: steps of a worksheet, a text that an instructor reads, or what runs have measured.
EvidenceKind = Literal["steps", "text", "measured"]


class Condition(BaseModel):
    """One condition on one activity. Subclasses are the whole vocabulary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # The activity has to offer it; it is what is shown as evidence.
    rests_on: ClassVar[EvidenceKind]
    # Whether everybody who sees the badge may read what stands there, or others would have less to work out by it.
    is_told: ClassVar[bool] = True
    # Whether what was met can cease to be: an instructor takes a decision back.
    can_end: ClassVar[bool] = False

    activity: str

    def judge(self, record: LearnerRecord) -> CriterionStatus:
        raise NotImplementedError


class HandStepsMatch(Condition):
    """Every step of the worksheet matches the notebook's chain from the start. Help is noted, never held against.

    >>> condition = HandStepsMatch(type="hand_steps_match", activity="by-hand")
    >>> condition.judge(LearnerRecord(steps={"by-hand": StepsTaken(n_steps=3, n_matching=3)}))
    CriterionStatus(is_met=True, waits=False)
    """

    # The numbers of the steps are the same for everybody.
    rests_on: ClassVar[EvidenceKind] = "steps"
    is_told: ClassVar[bool] = False

    type: Literal["hand_steps_match"]

    def judge(self, record: LearnerRecord) -> CriterionStatus:
        taken = record.steps.get(self.activity)
        return CriterionStatus(taken is not None and taken.n_matching == taken.n_steps)


class ExplanationApproved(Condition):
    """An instructor has approved what was written, or heard it explained aloud."""

    rests_on: ClassVar[EvidenceKind] = "text"
    can_end: ClassVar[bool] = True

    type: Literal["explanation_approved"]

    def judge(self, record: LearnerRecord) -> CriterionStatus:
        said = record.explanations.get(self.activity)
        return CriterionStatus(is_met=said is not None and said.is_approved, waits=said is not None and said.waits)


class MeasuredBeforeAndAfter(Condition):
    """Recall of the starved digit was measured without the repair and with it. It need not have become better."""

    rests_on: ClassVar[EvidenceKind] = "measured"

    type: Literal["measured_before_and_after"]

    def judge(self, record: LearnerRecord) -> CriterionStatus:
        return CriterionStatus(self.activity in record.measured)


AnyCondition = Annotated[HandStepsMatch | ExplanationApproved | MeasuredBeforeAndAfter, Field(discriminator="type")]
