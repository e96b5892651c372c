"""Credit for questions that members choose from: which of them each student of a class has done."""

from __future__ import annotations

from collections.abc import Mapping

from classroom.models import Cohort
from classroom.selectors import by_students
from lessons.activities.predict import states
from lessons.activities.predict.schema import Predict
from lessons.models import Prediction, Reconciliation


def chosen(cohort: Cohort, lesson: str, activity: Predict) -> Mapping[int, tuple[str, ...]]:
    """Keys of the questions that each student has done, by member. Two queries."""
    where = {"lesson": lesson, "activity": activity.key}
    mine: dict[int, dict[str, dict[int, Prediction]]] = {}
    met: dict[int, dict[str, Reconciliation]] = {}
    for sealed in Prediction.objects.filter(by_students(cohort), **where):
        mine.setdefault(sealed.membership_id, {}).setdefault(sealed.item, {})[sealed.round] = sealed
    for each in Reconciliation.objects.filter(by_students(cohort), **where):
        met.setdefault(each.membership_id, {})[each.item] = each
    return {
        member: tuple(item.key for item in activity.items if states.is_done(item, answered, met.get(member, {})))
        for member, answered in mine.items()
    }
