"""Nearest of the words that there are, for whoever wrote another one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: object, known: Iterable[str]) -> str:
    """The word that was meant, if one is near."""
    return next(iter(get_close_matches(str(word), list(known), n=1)), "")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """End of a sentence that names the nearest word.

    >>> did_you_mean("learningrate", ["start", "learning_rate"])
    '; did you mean “learning_rate”?'
    >>> did_you_mean("salt", ["start", "learning_rate"])
    ''
    """
    near = nearest(word, known)
    return f"; did you mean “{near}”?" if near else ""


def listed(words: Iterable[str]) -> str:
    """Words as a sentence can list them.

    >>> listed(["up", "down", "flat"])
    'up, down or flat'
    """
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
