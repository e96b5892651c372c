"""What every grader gives back, and what every page of an activity is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from classroom.models import GradientRule, Membership
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import Activity, Part


@dataclass(frozen=True)
class ActivityView:
    """An activity as one member meets it, and where this member stands in it.

    `step` is a step to mend if not the open one, `item` the question asked for, `is_open` the wish to open its file,
    `rate` what the free slider is set to, `trial` and `run` which of an experiment's. `comes_now` is false while what
    the activity names as coming before it is not done.
    """

    membership: Membership
    lesson: LoadedLesson
    part: Part
    activity: Activity
    standing: Mapping[str, Any]
    # The last answer that was not accepted, and its reply.
    last: tuple[Mapping[str, Any], Mapping[str, Any]] = field(default_factory=lambda: ({}, {}))
    step: int | None = None
    item: str = ""
    is_open: bool = False
    rate: str = ""
    trial: str = ""
    run: str = ""
    # What was sent and refused, as it was typed.
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    comes_now: bool = True
    # Who read what was written, if somebody did.
    reviewer: str = ""

    @property
    def rule(self) -> GradientRule:
        return GradientRule(self.membership.cohort.gradient_rule)


@dataclass(frozen=True)
class Verdict:
    """How an answer fared, and what it means for going on.

    `memory` is what the activity's next step goes on from; it is kept in the member's progress.
    """

    answer: dict[str, Any]
    accepted: bool
    is_done: bool
    # Where the member stands after this: the step to work on.
    open_step: int = 1
    memory: dict[str, Any] = field(default_factory=dict)
    # Kept, and an instructor has to read it.
    waits_for_review: bool = False
    matches_notebook: bool = False
    is_blank: bool = False
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    carried_from: str | None = None
    # The slip of the first wrong cell, where exactly one explains it.
    slip: str = ""
    # The cell that would tell apart what could explain a wrong number.
    ask: str = ""
    # How the first wrong cell is worked out; kept back until three tries were checked.
    worked_line: str = ""
