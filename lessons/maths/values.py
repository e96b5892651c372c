"""Numbers as people write them: read exactly, shown in one way."""

from __future__ import annotations

import re
from fractions import Fraction

from classroom import signs
from lessons.maths.spelling import plainly

MAX_CHARACTERS = 40
MOST_SENT = 400  # with all that cannot be seen
_DECIMAL = re.compile(r"(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?", re.IGNORECASE)
_FRACTION = re.compile(r"(?:(\d+) +)?(\d+) */ *(\d+)")
# Thousands set apart by blanks or apostrophes, which stand for nothing else.
_APART = re.compile(r"\d{1,3}(?:([ '])\d{3})(?:\1\d{3})*([.,]\d*)?")
# In Persian a slash is a decimal point, too.
_PERSIAN = re.compile("[۰-۹]/[۰-۹]")
_THOUSANDS_OR_DECIMALS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_WHOLE = re.compile(r"\d+|[1-9]\d{0,2}([ ',.])\d{3}(\1\d{3})*")


class UnreadableNumber(ValueError):
    """Error for what was typed and is not a number that can be told.

    `reason` is ``long``, ``not_finite``, ``unclear`` (it could be two numbers), ``percent`` (a sign that belongs to
    another number), ``not_whole`` or ``letters``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_blank(typed: str | int | float | None) -> bool:
    """Tell whether nothing was typed, or nothing that can be seen; the number 0 is something."""
    return typed is None or all(map(signs.is_blank, str(typed)))


def parse(typed: str | int | float, unit: str = "") -> Fraction:
    """Read a number exactly as it was typed, in the digits and with the signs of any script.

    A decimal comma, blanks or apostrophes between groups of three, fractions and mixed numbers are understood. The
    `unit` may be typed beside it.

    Raises
    ------
    UnreadableNumber
        If it is too long, not finite, could be two numbers, or is no number at all.

    Examples
    --------
    >>> parse("−4,815")
    Fraction(-963, 200)
    >>> parse("4/15"), parse("-14 37/40") == parse("-14.925")
    (Fraction(4, 15), True)
    >>> parse("1,234.5") == parse("1 234,5")
    True
    >>> parse("50 %", unit="%")
    Fraction(50, 1)
    """
    return readings(typed, unit)[0]


def readings(typed: str | int | float, unit: str = "") -> tuple[Fraction, ...]:
    """Every number that can be meant, the likeliest first: 1,000 is 1 where a comma is for decimals, and else 1000.

    Raises
    ------
    UnreadableNumber
        As `parse` does.
    """
    sign, text = _without_sign(_without_unit(_spelled(typed), plainly(unit)))
    if text.lower() in ("nan", "inf", "infinity", "∞"):
        raise UnreadableNumber("not_finite")
    if found := _FRACTION.fullmatch(text):
        before, above, below = found.groups()
        either = [_fraction(before, above, below)]
        if not before and _PERSIAN.search(str(typed)):
            either.append(Fraction(f"{above}.{below}"))
        return tuple(sign * value for value in either)
    if _APART.fullmatch(text):
        text = re.sub("[ ']", "", text)
    decimals = _with_point(text)
    if not _DECIMAL.fullmatch(decimals):
        raise UnreadableNumber("letters")
    either = [Fraction(decimals)]
    if "," in text and _THOUSANDS_OR_DECIMALS.fullmatch(text):
        either.append(Fraction(text.replace(",", "")))
    return tuple(sign * value for value in either)


def whole(typed: str) -> int:
    """Read a whole number: a size, a seed, a count. Thousands may be set apart, where that leaves no doubt.

    Raises
    ------
    UnreadableNumber
        If it could be two numbers, as 1,000 could be 1; is not whole; or is none.

    Examples
    --------
    >>> whole("17"), whole("٤٢"), whole("1 000"), whole("1,000,000")
    (17, 42, 1000, 1000000)
    """
    sign, text = _without_sign(_spelled(typed))
    if _THOUSANDS_OR_DECIMALS.fullmatch(text):
        raise UnreadableNumber("unclear")
    if not _WHOLE.fullmatch(text):
        parse(typed)
        raise UnreadableNumber("not_whole")
    return sign * int(re.sub(r"\D", "", text))


def _spelled(typed: str | int | float) -> str:
    text = str(typed)
    plain = plainly(text) if len(text) <= MOST_SENT else text
    if len(plain) > MAX_CHARACTERS:
        raise UnreadableNumber("long")
    return plain


def _without_unit(text: str, unit: str) -> str:
    """Take the unit away; in some languages % stands in front."""
    if unit and text.lower().endswith(unit.lower()):
        return text[: -len(unit)].rstrip()
    if "%" not in text:
        return text
    bare = text.strip("% ")
    if text.count("%") == 1 and bare == text.replace("%", "").strip():
        if unit == "%":
            return bare
        parse(bare)
        raise UnreadableNumber("percent")
    return text


def _without_sign(text: str) -> tuple[int, str]:
    if text[:1] in ("-", "+"):
        return (-1 if text[0] == "-" else 1), text[1:].lstrip()
    return 1, text


def _fraction(before: str | None, above: str, below: str) -> Fraction:
    if int(below) == 0:
        raise UnreadableNumber("not_finite")
    if before and len(before) <= 3 and len(above) == 3:
        raise UnreadableNumber("unclear")  # 1 234/5: is 1234 divided, or only 234?
    return int(before or 0) + Fraction(int(above), int(below))


def _with_point(text: str) -> str:
    """Turn a decimal comma into a point, and take separators of thousands away."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma < 0:
        if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", text):
            raise UnreadableNumber("unclear")
        return text
    if point < 0:
        if text.count(",") > 1:
            raise UnreadableNumber("unclear")
        return text.replace(",", ".")
    mark, separator = (",", ".") if comma > point else (".", ",")
    whole_part, _, decimals = text.rpartition(mark)
    if not re.fullmatch(rf"\d{{1,3}}({re.escape(separator)}\d{{3}})+", whole_part):
        raise UnreadableNumber("unclear")
    return f"{whole_part.replace(separator, '')}.{decimals}"


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
