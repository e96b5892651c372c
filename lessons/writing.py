"""Answers in one's own words: kept as they were written, version by version, for an instructor to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import GradientRule
from classroom.refusals import Refusal
from lessons.authoring.schema import Explain
from lessons.models import PartState, Review
from lessons.verdicts import ActivityView, Verdict

LEAST, MOST = 15, 900  # characters
Memory = Mapping[str, Any]


@dataclass(frozen=True)
class ReviewView:
    """What an instructor made of the last version that they read."""

    is_approved: bool
    comment: str
    by: str
    at: datetime
    # By line of the rubric: whether the text has it.
    ticks: tuple[tuple[str, bool], ...]
    # Something was sent since.
    is_answered: bool


@dataclass(frozen=True)
class TextView:
    """A question to be answered in words, what was written last, and whether it can be answered now."""

    question: str
    asks: tuple[str, ...]
    text: str
    is_open: bool
    # An instructor has heard it.
    is_aloud: bool = False
    review: ReviewView | None = None

    @property
    def is_settled(self) -> bool:
        """An instructor is content: nothing has to be sent again."""
        return self.is_aloud or (self.review is not None and self.review.is_approved)

    @property
    def waits(self) -> bool:
        return bool(self.text) and not self.is_settled and (self.review is None or self.review.is_answered)

    @property
    def is_returned(self) -> bool:
        return bool(self.text) and not self.is_settled and not self.waits


def page(view: ActivityView) -> TextView:
    """Lay out an explanation for one member."""
    activity: Explain = view.activity  # type: ignore[assignment]  # the table of types calls for these alone
    return text_view(activity.question, activity.asks, view.standing.get("memory", {}), is_open=view.comes_now)


def text_view(question: str, asks: Sequence[str], memory: Memory, *, is_open: bool) -> TextView:
    text = str(memory.get("text", ""))
    return TextView(
        question,
        tuple(asks),
        text,
        is_open=bool(text) or is_open,
        is_aloud=bool(memory.get("aloud")),
        review=review_view(asks, memory),
    )


def review_view(asks: Sequence[str], memory: Memory) -> ReviewView | None:
    """Read from what is remembered what an instructor decided."""
    found = memory.get("review")
    if not found:
        return None
    return ReviewView(
        is_approved=found["decision"] == Review.Decision.APPROVED,
        comment=found["comment"],
        by=found["by"],
        at=datetime.fromisoformat(found["at"]),
        ticks=tuple(zip(asks, found["met"], strict=False)),
        is_answered=bool(found.get("is_answered")),
    )


def is_settled(memory: Memory) -> bool:
    """Tell whether an instructor has approved what was written, or heard it."""
    return bool(memory.get("aloud")) or (memory.get("review") or {}).get("decision") == Review.Decision.APPROVED


def state_of(memory: Memory) -> PartState:
    """Where something stands that an instructor reads."""
    if is_settled(memory):
        return PartState.DONE
    review = memory.get("review") or {}
    is_returned = bool(review) and not review.get("is_answered")
    return PartState.WAITING if memory.get("text") and not is_returned else PartState.WORKING


def handed_in(standing: Mapping[str, Any], text: str, answer: dict[str, Any]) -> Verdict:
    """Keep a version; an instructor will read it, unless they were content before.

    What was approved stays what the page shows: a version that comes later is kept beside it.
    """
    memory = dict(standing.get("memory", {}))
    review = memory.get("review")
    if not review or review["decision"] == Review.Decision.RETURNED:
        memory["text"] = text
    if review:
        memory["review"] = {**review, "is_answered": True}
    state = state_of(memory)
    return Verdict(
        answer=answer,
        accepted=True,
        is_done=state == PartState.DONE,
        waits_for_review=state == PartState.WAITING,
        memory=memory,
    )


def grade(activity: Explain, rule: GradientRule, standing: Mapping[str, Any], step: int, raw: Any) -> Verdict:
    """Keep an explanation."""
    text = read(raw)
    return handed_in(standing, text, {"text": text})


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
    if not can_be_kept(text):
        raise _refusal(_("This holds characters that cannot be kept."))
    return text


def can_be_kept(text: str) -> bool:
    """Tell whether a database can keep this text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refusal(says: str) -> Refusal:
    return Refusal(says, errors={"text": [says]})
