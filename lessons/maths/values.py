"""Numbers as people write them: read exactly, shown in one way."""

from __future__ import annotations

import re
from fractions import Fraction

MAX_CHARACTERS = 40
_MINUS = str.maketrans(dict.fromkeys("−–‒﹣-", "-"))
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?", re.IGNORECASE)
_FRACTION = re.compile(r"([+-]?\d+)/(\d+)")


class UnreadableNumber(ValueError):
    """Error for what was typed and is no number. `reason` is ``long``, ``not_finite``, ``unclear`` or ``letters``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(typed: str | int | float) -> Fraction:
    """Read a number exactly as it was typed.

    A decimal comma, a typographic minus, spaces between thousands and simple fractions are understood.

    Raises
    ------
    UnreadableNumber
        If it is too long, not finite, or no number at all.

    Examples
    --------
    >>> parse("−4,815")
    Fraction(-963, 200)
    >>> parse("4/15")
    Fraction(4, 15)
    >>> parse("1,234.5") == parse("1 234,5")
    True
    """
    text = str(typed)
    if len(text) > MAX_CHARACTERS:
        raise UnreadableNumber("long")
    text = _SPACES.sub("", text.translate(_MINUS))
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity", "∞"):
        raise UnreadableNumber("not_finite")
    if found := _FRACTION.fullmatch(text):
        if int(found[2]) == 0:
            raise UnreadableNumber("not_finite")
        return Fraction(int(found[1]), int(found[2]))
    text = _with_point(text)
    if not _DECIMAL.fullmatch(text) or not text.isascii():
        raise UnreadableNumber("letters")
    return Fraction(text)


def _with_point(text: str) -> str:
    """Turn a decimal comma into a point, and take separators of thousands away."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma < 0:
        return text
    if point < 0:
        if text.count(",") > 1:
            raise UnreadableNumber("unclear")
        return text.replace(",", ".")
    mark, separator = (",", ".") if comma > point else (".", ",")
    whole, _, decimals = text.rpartition(mark)
    if not re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(separator)}\d{{3}})+", whole):
        raise UnreadableNumber("unclear")
    return f"{whole.replace(separator, '')}.{decimals}"


def rounded(value: Fraction, n_decimals: int) -> Fraction:
    """Round half away from zero, as school does.

    Examples
    --------
    >>> rounded(Fraction("0.74625"), 4)
    Fraction(7463, 10000)
    """
    scaled = abs(value) * 10**n_decimals
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Fraction(whole if value >= 0 else -whole, 10**n_decimals)


def show(value: Fraction, n_decimals: int = 4) -> str:
    """Write a value for the page: at most `n_decimals` decimals, half up, a true minus sign.

    Examples
    --------
    >>> show(Fraction("-4.815")), show(Fraction("0.74625")), show(Fraction(3))
    ('−4.815', '0.7463', '3')
    """
    short = rounded(value, n_decimals)
    text = f"{abs(short.numerator) * 10**n_decimals // short.denominator:0{n_decimals + 1}d}"
    text = f"{text[:-n_decimals]}.{text[-n_decimals:]}".rstrip("0").rstrip(".") if n_decimals else text
    return f"−{text}" if short < 0 else text


def plain(value: Fraction, n_decimals: int = 6) -> str:
    """Write a value as programs and a browser's own fields read it, with a hyphen for a minus sign.

    Examples
    --------
    >>> plain(Fraction("-0.5"))
    '-0.5'
    """
    return show(value, n_decimals).replace("−", "-")
