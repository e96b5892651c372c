"""Reading, as a type of activity. It is done when the reader says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from lessons.activities.base import ActivityType, Sent, Verdict
from lessons.activities.reading.schema import Reading
from lessons.standings import Standing


class ReadingType(ActivityType[Reading]):
    schema = Reading
    template = "activities/reading/page.html"
    has_none = frozenset({"page"})  # its template shows the text alone

    def grade(self, sent: Sent) -> Verdict:
        return Verdict(answer={}, accepted=True, is_done=True)

    def note(self, activity: Reading, standing: Standing[Any], slip: str) -> Sequence[str]:
        return (_("to read"),)
