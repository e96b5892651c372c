"""The table of activity types: what each may contain, how it is graded, what its page shows.

A new type is one schema class, one grader, one page builder, one template, and one row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel

from classroom.models import GradientRule
from classroom.refusals import Conflict
from lessons import corpus, hand_steps, predict, sources, trials, writing
from lessons.authoring import schema
from lessons.verdicts import ActivityView, Verdict

Standing = Mapping[str, Any]  # what PartProgress.activities keeps of one activity
# (activity, rule, standing, step, what was sent)
Grader = Callable[[Any, GradientRule, Standing, int, Any], Verdict]
PageBuilder = Callable[[ActivityView], Any]


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


def _refuse_to_grade(activity: schema.Predict, rule: GradientRule, standing: Standing, step: int, raw: Any) -> Verdict:
    """A prediction is sealed item by item, and never graded."""
    raise Conflict(_("Predictions are not handed in here: each is sealed by itself."))


def _worksheet(view: ActivityView) -> Any:
    sheet: Any = view.activity
    return hand_steps.worksheet(sheet, view.rule, view.standing, view.last, view.step)


ACTIVITY_TYPES: dict[str, ActivityType] = {
    "reading": ActivityType(
        schema=schema.Reading,
        grade=_grade_reading,
        page=lambda view: None,
        template="lessons/activities/reading.html",
        summary=lambda memory: "",
    ),
    "hand_steps": ActivityType(
        schema=schema.HandSteps,
        grade=hand_steps.grade,
        page=_worksheet,
        template="lessons/activities/hand_steps.html",
        summary=hand_steps.summary,
        depends_on_rule=True,
    ),
    "predict": ActivityType(
        schema=schema.Predict,
        grade=_refuse_to_grade,
        page=predict.page,
        template="lessons/activities/predict.html",
        summary=lambda memory: "",
    ),
    "experiment": ActivityType(
        schema=schema.Experiment,
        grade=trials.grade,
        page=trials.page,
        template="lessons/activities/experiment.html",
        summary=trials.summary,
    ),
    "explain": ActivityType(
        schema=schema.Explain,
        grade=writing.grade,
        page=writing.page,
        template="lessons/activities/explain.html",
        summary=lambda memory: "",
    ),
    "source_check": ActivityType(
        schema=schema.SourceCheck,
        grade=sources.grade,
        page=sources.page,
        template="lessons/activities/source_check.html",
        summary=lambda memory: "",
    ),
    "file_check": ActivityType(
        schema=schema.FileCheck,
        grade=corpus.grade,
        page=corpus.page,
        template="lessons/activities/file_check.html",
        summary=lambda memory: "",
    ),
}
