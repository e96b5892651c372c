"""An explanation's page: the question, what was written last, and what its reader made of it."""

from __future__ import annotations

from lessons.activities.base import ActivityView
from lessons.activities.explain.schema import Explain
from lessons.texts import versions


def page(view: ActivityView) -> versions.TextView:
    """Lay out an explanation for one member."""
    activity: Explain = view.activity
    return versions.text_view(view.standing, activity.question, activity.asks, view.reviewer, is_open=view.comes_now)
