"""The table of activity types: what each may contain, how it is graded, what its page shows.

A new type is one schema class, one grader, one page builder, one template, and one row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from classroom.models import GradientRule
from lessons import hand_steps
from lessons.authoring import schema
from lessons.verdicts import Verdict

Standing = Mapping[str, Any]  # what PartProgress.activities keeps of one activity
# (activity, rule, standing, step, what was sent)
Grader = Callable[[Any, GradientRule, Standing, int, Any], Verdict]
# (activity, rule, standing, the last answer and its reply, the step to show if not the open one)
PageBuilder = Callable[[Any, GradientRule, Standing, tuple[Mapping[str, Any], Mapping[str, Any]], int | None], Any]


@dataclass(frozen=True)
class ActivityType:
    schema: type[BaseModel]
    grade: Grader
    page: PageBuilder
    template: str
    summary: Callable[[Mapping[str, Any]], str]
    # Its grades depend on the cohort's gradient rule, which the first of them therefore fixes.
    depends_on_rule: bool = False


def _grade_reading(activity: schema.Reading, rule: GradientRule, standing: Standing, step: int, raw: Any) -> Verdict:
    """Reading is done when the reader says so."""
    return Verdict(answer={}, accepted=True, is_done=True)


ACTIVITY_TYPES: dict[str, ActivityType] = {
    "reading": ActivityType(
        schema=schema.Reading,
        grade=_grade_reading,
        page=lambda activity, rule, standing, last, step: None,
        template="lessons/activities/reading.html",
        summary=lambda memory: "",
    ),
    "hand_steps": ActivityType(
        schema=schema.HandSteps,
        grade=hand_steps.grade,
        page=hand_steps.worksheet,
        template="lessons/activities/hand_steps.html",
        summary=hand_steps.summary,
        depends_on_rule=True,
    ),
}
