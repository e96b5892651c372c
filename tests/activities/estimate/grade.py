"""Taking an estimate: a whole number with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from lessons.activities.base import Sent, Verdict
from lessons.standings import TextMemory
from lessons.texts import versions


class EstimateMemory(TextMemory):
    number: int | None = None


def grade(sent: Sent) -> Verdict:
    typed = str(sent.answer.get("number", "")) if isinstance(sent.answer, Mapping) else ""
    if not typed.isdigit():
        says = _("Give a whole number.")
        raise Refusal(says, errors={"number": [says]})
    answer = {"number": int(typed), "text": versions.read(sent.answer)}
    return versions.handed_in(sent.standing, answer, remembered(answer))


def remembered(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": answer["text"], "number": answer["number"]}
