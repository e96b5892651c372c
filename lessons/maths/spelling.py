"""Signs as people type them, in any script and from any keyboard: each as the plain one that it stands for."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from classroom.signs import is_invisible

_INVISIBLE_PLUS = "\u2064"  # stands between 14 and ½: gone, it would leave 141/2
_SOFT_HYPHEN = "\u00ad"  # drawn as a minus by some
# Beside the whole class of dashes (Pd): what people find on a keyboard, or copy, for a minus.
_STANDS_FOR = {
    "-": "−➖˗ー─━⎯⁃",
    "+": "➕",
    ".": "٫。․⎖۔",
    ",": "،、‚⹁꓾߸፣᠂᠈",
    "'": "’‘ʼ′‛´`٬",
    "/": "⁄∕⧸",
    "%": "٪",
}
_PLAIN = {sign: plain for plain, signs in _STANDS_FOR.items() for sign in signs}
# An exponent is not among the forms that are only another look of a sign: 10² is not 102.
_LOOKS = ("<wide>", "<narrow>", "<small>", "<font>", "<noBreak>", "<vertical>")


def plainly(text: str) -> str:
    """Spell a number with plain digits, signs, marks and blanks; what is none of these stays as it is.

    Examples
    --------
    >>> plainly("−\u200f١٤٫٩٢٥"), plainly("\uff0d１４．９２５"), plainly("14½")
    ('-14.925', '-14.925', '14 1/2')
    """
    text = text.strip()
    if text.startswith(_SOFT_HYPHEN) and text[1:2].isdecimal():
        return text  # with a minus, or without? Nobody can tell
    spelled = "".join(_spelled(sign) for sign in text)
    # A plus that cannot be seen is a blank before a fraction, and nothing elsewhere.
    return spelled.replace(_INVISIBLE_PLUS, " " if "/" in spelled else "").strip()


@lru_cache(maxsize=4096)
def _spelled(sign: str) -> str:
    if is_invisible(sign):
        return sign if sign == _INVISIBLE_PLUS else ""
    if (digit := unicodedata.decimal(sign, None)) is not None:
        return str(digit)
    if plain := _PLAIN.get(sign):
        return plain
    if unicodedata.category(sign) == "Pd":
        return "-"
    if sign.isspace():
        return " "
    form, __, __ = unicodedata.decomposition(sign).partition(" ")
    if form == "<fraction>":
        return " " + unicodedata.normalize("NFKC", sign).replace("⁄", "/")
    if form in _LOOKS:
        return "".join(_spelled(each) for each in unicodedata.normalize("NFKC", sign))
    return sign
