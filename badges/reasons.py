"""Reasons of what is decided about an award: they are kept with it, and its owner reads them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from classroom.refusals import Refusal
from lessons.texts import length, versions

LEAST, MOST = 3, 300  # of what it says, and characters

# Kept as it stands here, whoever's act it was that took the evidence away, and said in the language of its reader.
TAKEN_BACK = gettext_noop("What it was based on was withdrawn.")

# Of two that one person earned under two accounts the first one stands.
MERGED = gettext_noop("It was earned twice, under two accounts. The first one counts.")


def read(because: str) -> str:
    """An instructor's reason as it is kept.

    Raises
    ------
    Refusal
        If it is none, or too long.
    """
    because = " ".join(because.split())
    if length.said(because) < LEAST or not versions.can_be_kept(because):
        says = _("Say why, in a few words. The student can read it.")
        raise Refusal(says, errors={"because": [says]})
    if len(because) > MOST:
        says = _("At most %(n)d characters, please.") % {"n": MOST}
        raise Refusal(says, errors={"because": [says]})
    return because


def in_words(kept: str) -> str:
    """A reason as it is said: an instructor's own words, or one of ours in the language of its reader."""
    return _(kept) if kept in (TAKEN_BACK, MERGED) else kept
