"""Versions of what somebody writes: each is kept as it was sent, and waits for an instructor to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from lessons.activities.base import Verdict
from lessons.models import PartState
from lessons.standings import ReviewMemory, Standing, TextMemory
from lessons.texts import length

LEAST, MOST = 12, 900  # of what it says, and characters


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

    @property
    def is_behind(self) -> bool:
        """Tell whether it was sent, and nothing is to be done about it."""
        return bool(self.text) and not self.is_returned


def text_view(standing: Standing[Any], question: str, asks: Sequence[str], reviewer: str, *, is_open: bool) -> TextView:
    """What was written last in an activity, and what its reader made of it."""
    memory: TextMemory = standing.memory
    return TextView(
        question,
        tuple(asks),
        memory.text,
        is_open=bool(memory.text) or is_open,
        is_aloud=memory.aloud,
        review=_review_view(asks, memory.review, reviewer),
        waits=memory.state == PartState.WAITING,
        is_returned=memory.is_returned,
    )


def _review_view(asks: Sequence[str], review: ReviewMemory | None, by: str) -> ReviewView | None:
    if review is None:
        return None
    return ReviewView(
        is_approved=review.is_approved,
        comment=review.comment,
        by=by,
        at=datetime.fromisoformat(review.at),
        ticks=tuple(zip(asks, review.met, strict=False)),
    )


def note(standing: Standing[Any]) -> tuple[str]:
    """What is still to be done, for the grid's cell."""
    return (_("sent back") if standing.memory.is_returned else _("to write"),)


def handed_in(standing: Standing[Any], answer: dict[str, Any], shown: Mapping[str, Any]) -> Verdict:
    """Keep a version; an instructor will read it, unless they were content before.

    What was approved stays what the page shows: a version that comes later is kept beside it.
    """
    memory: TextMemory = standing.memory
    if not memory.is_approved:
        memory = memory.model_copy(update=dict(shown))
    if memory.review is not None:
        memory = memory.model_copy(update={"review": memory.review.model_copy(update={"is_answered": True})})
    return Verdict(
        answer=answer,
        accepted=True,
        is_done=memory.state == PartState.DONE,
        waits_for_review=memory.state == PartState.WAITING,
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
    if len(text) > MOST:
        raise _refusal(
            _("One to three sentences are enough. You have %(has)d characters, and %(n)d is the most.")
            % {"n": MOST, "has": len(text)}
        )
    if not can_be_kept(text):
        raise _refusal(_("This contains characters that cannot be stored."))
    if length.said(text) < LEAST:
        raise _refusal(_("This is too short to say why. Write one to three sentences in your own words."))
    return text


def tidy(text: str) -> str:
    """Leave the lines of a text, and one space between words."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def can_be_kept(text: str) -> bool:
    """Tell whether a database can keep this text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refusal(says: str) -> Refusal:
    return Refusal(says, errors={"text": [says]})
