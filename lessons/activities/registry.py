"""The types of activities that there are: one row each, whose folder stands beside this module."""

from __future__ import annotations

from lessons import catalogue
from lessons.activities import base
from lessons.activities.experiment.activity import ExperimentType
from lessons.activities.explain.activity import ExplainType
from lessons.activities.file_check.activity import FileCheckType
from lessons.activities.hand_steps.activity import HandStepsType
from lessons.activities.predict.activity import PredictType
from lessons.activities.reading.activity import ReadingType
from lessons.activities.source_check.activity import SourceCheckType
from lessons.authoring import lesson

TYPES: tuple[base.AnyType, ...] = (
    ReadingType(),
    HandStepsType(),
    PredictType(),
    ExperimentType(),
    ExplainType(),
    SourceCheckType(),
    FileCheckType(),
)


def hand_over(types: tuple[base.AnyType, ...] = TYPES) -> None:
    """Hand the types to those who work with any of them: what a lesson may hold, and whoever asks by `type_of`."""
    base.use(types)
    lesson.use(kind.schema for kind in types)
    catalogue.forget()
