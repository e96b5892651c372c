"""Versions of what somebody writes: each is kept as it was sent, and waits for an instructor to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from lessons.activities.base import Verdict
from lessons.models import PartState, Review

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
    waits: bool = False
    is_returned: bool = False


def text_view(
    standing: Mapping[str, Any], question: str, asks: Sequence[str], reviewer: str, *, is_open: bool
) -> TextView:
    """What was written last in an activity, and what its reader made of it."""
    memory = standing.get("memory", {})
    text = str(memory.get("text", ""))
    return TextView(
        question,
        tuple(asks),
        text,
        is_open=bool(text) or is_open,
        is_aloud=bool(memory.get("aloud")),
        review=_review_view(asks, memory, reviewer),
        waits=state_of(memory) == PartState.WAITING,
        is_returned=is_returned(memory),
    )


def _review_view(asks: Sequence[str], memory: Memory, by: str) -> ReviewView | None:
    found = memory.get("review")
    if not found:
        return None
    return ReviewView(
        is_approved=_is_approved(memory),
        comment=found["comment"],
        by=by,
        at=datetime.fromisoformat(found["at"]),
        ticks=tuple(zip(asks, found["met"], strict=False)),
    )


def is_settled(memory: Memory) -> bool:
    """Tell whether an instructor has approved what was written, or heard it."""
    return bool(memory.get("aloud")) or _is_approved(memory)


def _is_approved(memory: Memory) -> bool:
    return (memory.get("review") or {}).get("decision") == Review.Decision.APPROVED


def is_returned(memory: Memory) -> bool:
    """Tell whether an instructor has sent it back, and nothing was sent or said since."""
    review = memory.get("review") or {}
    is_open = not memory.get("aloud") and not review.get("is_answered")
    return is_open and review.get("decision") == Review.Decision.RETURNED


def note(standing: Mapping[str, Any]) -> tuple[str]:
    """What is still to be done, for the grid's cell."""
    return (_("sent back") if is_returned(standing.get("memory", {})) else _("to write"),)


def state_of(memory: Memory) -> PartState:
    """Where something stands that an instructor reads."""
    if is_settled(memory):
        return PartState.DONE
    return PartState.WAITING if memory.get("text") and not is_returned(memory) else PartState.WORKING


def handed_in(standing: Mapping[str, Any], answer: dict[str, Any], shown: Mapping[str, Any]) -> Verdict:
    """Keep a version; an instructor will read it, unless they were content before.

    What was approved stays what the page shows: a version that comes later is kept beside it.
    """
    memory = dict(standing.get("memory", {}))
    if not _is_approved(memory):
        memory |= shown
    if review := memory.get("review"):
        memory["review"] = {**review, "is_answered": True}
    state = state_of(memory)
    return Verdict(
        answer=answer,
        accepted=True,
        is_done=state == PartState.DONE,
        waits_for_review=state == PartState.WAITING,
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
    text = tidy(sent)
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


def tidy(text: str) -> str:
    """Leave the lines of a text, and one space between words."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def can_be_kept(text: str) -> bool:
    """Tell whether a database can keep this text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refusal(says: str) -> Refusal:
    return Refusal(says, errors={"text": [says]})
