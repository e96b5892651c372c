"""An estimate, as a type of activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lessons.activities.base import ActivityType, ActivityView, AsSent, Media, Sent, Verdict
from lessons.standings import Standing
from lessons.texts import versions
from tests.activities.estimate import grade, page
from tests.activities.estimate.grade import EstimateMemory
from tests.activities.estimate.page import EstimateSheet
from tests.activities.estimate.schema import Estimate


class EstimateType(ActivityType[Estimate]):
    schema = Estimate
    standing = Standing[EstimateMemory]
    template = "activities/estimate/page.html"
    media = Media(
        css=("lessons/css/texts.css", "activities/estimate/estimate.css"),
        js=("activities/estimate/estimate.js",),
        own_js=("activities/estimate/typing.js",),
    )

    def page(self, view: ActivityView) -> EstimateSheet:
        return page.page(view)

    def grade(self, sent: Sent) -> Verdict:
        return grade.grade(sent)

    def facts(self, view: ActivityView) -> dict[str, Any]:
        return {"whole": True}

    def summary(self, standing: Standing[Any]) -> str:
        number = standing.memory.number
        return "" if number is None else f"about {number}"

    def note(self, activity: Estimate, standing: Standing[Any], slip: str) -> Sequence[str]:
        return ("to estimate", *versions.note(standing))

    def as_sent(self, activity: Estimate, answer: Mapping[str, Any], reply: Mapping[str, Any]) -> AsSent:
        return AsSent(lines=(("number", activity.unit, str(answer["number"])), ("text", "Why", answer["text"])))

    def remembered(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        return grade.remembered(answer)

    def question(self, activity: Estimate) -> str:
        return activity.quantity
