"""An estimate's page: the quantity, and what was sent last."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.activities.base import ActivityView
from lessons.texts import versions


@dataclass(frozen=True)
class EstimateSheet:
    quantity: str
    unit: str
    number: int | None
    words: versions.TextView


def page(view: ActivityView) -> EstimateSheet:
    activity, memory = view.activity, view.standing.memory
    words = versions.text_view(view.standing, activity.quantity, activity.asks, view.reviewer, is_open=True)
    return EstimateSheet(activity.quantity, activity.unit, memory.number, words)
