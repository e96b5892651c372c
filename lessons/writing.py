"""Answers in one's own words: one to three sentences, kept as they were written, for an instructor to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import GradientRule
from classroom.refusals import Refusal
from lessons.authoring.schema import Explain
from lessons.verdicts import ActivityView, Verdict

LEAST, MOST = 15, 900  # characters


@dataclass(frozen=True)
class TextView:
    """A question to be answered in words, what was written last, and whether it can be answered now."""

    question: str
    asks: tuple[str, ...]
    text: str
    is_open: bool
    # An instructor has heard it.
    is_aloud: bool = False


def page(view: ActivityView) -> TextView:
    """Lay out an explanation for one member."""
    activity: Explain = view.activity  # type: ignore[assignment]  # the table of types calls for these alone
    memory = view.standing.get("memory", {})
    text = str(memory.get("text", ""))
    return TextView(
        activity.question,
        activity.asks,
        text,
        is_open=bool(text) or view.comes_now,
        is_aloud=bool(memory.get("aloud")),
    )


def grade(activity: Explain, rule: GradientRule, standing: Mapping[str, Any], step: int, raw: Any) -> Verdict:
    """Keep an explanation; an instructor will read it, unless they have heard it already."""
    memory = {**standing.get("memory", {}), "text": read(raw)}
    is_heard = bool(memory.get("aloud"))
    return Verdict(
        answer={"text": memory["text"]},
        accepted=True,
        is_done=is_heard,
        waits_for_review=not is_heard,
        memory=memory,
    )


def read(raw: Any) -> str:
    """Read what somebody wrote, as ``{"text": …}``, line breaks kept.

    Raises
    ------
    Refusal
        If it is empty, too short to say anything, too long, or no text.
    """
    sent = raw.get("text") if isinstance(raw, Mapping) else None
    if not isinstance(sent, str):
        raise _refusal(_("Send your sentences as text."))
    text = "\n".join(" ".join(line.split()) for line in sent.strip().splitlines())
    if len(text) < LEAST:
        raise _refusal(_("One to three sentences in your own words, please: this is too short to say why."))
    if len(text) > MOST:
        raise _refusal(
            _("One to three sentences are enough: %(n)d characters at most, and this has %(has)d.")
            % {"n": MOST, "has": len(text)}
        )
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _refusal(_("This holds characters that cannot be kept."))
    return text


def _refusal(says: str) -> Refusal:
    return Refusal(says, errors={"text": [says]})
