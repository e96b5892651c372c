"""One claim held against two sources, as a type of activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lessons.activities.base import ActivityType, ActivityView, AsSent, Media, Sent, Verdict
from lessons.activities.source_check import grade, page
from lessons.activities.source_check.page import SourceSheet
from lessons.activities.source_check.schema import SourceCheck
from lessons.standings import Standing
from lessons.texts import versions


class SourceCheckType(ActivityType[SourceCheck]):
    schema = SourceCheck
    standing = Standing[grade.CheckMemory]
    template = "activities/source_check/page.html"
    media = Media(
        css=("lessons/css/texts.css", "activities/source_check/sources.css"),
        js=("activities/source_check/sources.js",),
        own_js=("activities/source_check/steps.js",),
    )

    def page(self, view: ActivityView) -> SourceSheet:
        return page.page(view)

    def grade(self, sent: Sent) -> Verdict:
        return grade.grade(sent)

    def note(self, activity: SourceCheck, standing: Standing[Any], slip: str) -> Sequence[str]:
        return versions.note(standing)

    def as_sent(self, activity: SourceCheck, answer: Mapping[str, Any], reply: Mapping[str, Any]) -> AsSent:
        return AsSent(lines=page.table(activity, answer), is_at_odds=grade.is_at_odds(answer))

    def remembered(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        return grade.remembered(answer)
