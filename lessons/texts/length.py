"""How much a text says, whatever script it is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter

from classroom.signs import is_invisible

MOST_OF_ONE = 3


def said(text: str) -> int:
    """Amount that a text says: its letters and digits that can be seen, each counted three times at most.

    A wide one (an ideograph, a kana, a Korean syllable) counts as two, as it takes the room of two. Blanks, signs that
    show nothing, punctuation and pictures say no word, and one letter held down says no more than three.

    Examples
    --------
    >>> said("It learns the noise."), said("它背下了旧点"), said("aaaaaaaaaaaaaaa"), said("🎲" * 20)
    (16, 12, 3, 0)
    """
    counted = Counter(sign for sign in unicodedata.normalize("NFC", text).lower() if _is_said(sign))
    return sum(min(n, MOST_OF_ONE) * _width(sign) for sign, n in counted.items())


def _is_said(sign: str) -> bool:
    # Mc: the vowels of Indian scripts that stand beside their consonant.
    return (sign.isalnum() or unicodedata.category(sign) == "Mc") and not is_invisible(sign)


def _width(sign: str) -> int:
    return 2 if unicodedata.category(sign) == "Lo" and unicodedata.east_asian_width(sign) in "WF" else 1
