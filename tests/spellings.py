"""One value in more than two hundred spellings, and what is no number at all or could be two."""

from __future__ import annotations

import unicodedata
from fractions import Fraction
from itertools import product

VALUE = Fraction("-14.925")

# Behind these two planes are ideographs, and what has no meaning of its own.
SIGNS = [*map(chr, range(0x20000))]
ZEROS = [sign for sign in SIGNS if unicodedata.decimal(sign, None) == 0]
DASHES = [sign for sign in SIGNS if unicodedata.category(sign) == "Pd"]
MINUSES = [*DASHES, *"−➖˗ー―─", "\uff70", "- ", "\u202f-", "\u2212\u00a0"]
POINTS = [".", ",", "٫", "．", "，", "﹒", "﹐", "،", "。", "｡", "、", "‚", "․", "⎖", "۔"]
INVISIBLE = [*"\u200b\u200c\u200d\u200e\u200f\u061c\u2060\u2062\u2063\u2064\ufeff\u202a\u202c\u2066\u2069\u180e"]
INVISIBLE += ["\u034f", "\u3164", "\ufe0f", "\uffa0", "\u115f", "\U000e0020", "\U000e0100"]
BLANKS = [*" \t\n\r\u00a0\u1680\u2003\u2007\u2009\u202f\u3000"]


def in_script(text: str, zero: str) -> str:
    return "".join(chr(ord(zero) + int(sign)) if sign.isascii() and sign.isdigit() else sign for sign in text)


FORMS = [
    *("-14.925", "-14.9250", "-014.925", "-14,925", "-14.925e0", "-1.4925e1", "-1,4925E1", "-149.25e-1", "-1.4925e+01"),
    *("-597/40", "-597 / 40", "- 597/40", "−597⁄40", "-597∕40", "-597／40", "-14 37/40", "−14 37/40", "- 14  37 / 40"),
    *("-14\u00a037/40", "-14\u202f37⁄40", "-14\u206437/40", "－１４　３７／４０", "-١٤ ٣٧/٤٠", "\u200e-14.925\u200e"),
    *("\u2067−١٤٫٩٢٥\u2069", "\ufeff-14.925\r\n", "\u00ad-14.925", "-1\u00ad4.925"),
]

SPELLINGS = list(
    dict.fromkeys(
        [
            *FORMS,
            *(in_script("-14.925", zero) for zero in ZEROS),
            *(f"{minus}14.925" for minus in MINUSES),
            *(f"-14{point}925" for point in POINTS),
            *(f"-1{sign}4.9{sign}25{sign}" for sign in INVISIBLE),
            *(f"{blank}-{blank}14.925{blank}" for blank in BLANKS),
            *(
                in_script(f"{sign}{minus}{sign}14{point}925", zero)
                for zero, minus, point, sign in product("٠۰०０", "−－‐", ("٫", "，"), ("", "\u200f"))
            ),
        ]
    )
)

# What cannot be told, and why.
UNREADABLE = [
    *((typed, "letters") for typed in ("", "-", "+", ".", ",", "e", "e5", "abc", "-14.925x", "w=-14.925", "≈-14.925")),
    *((typed, "letters") for typed in ("--14.925", "+-14.925", "-14.925-", "(14.925)", "14.925−", "-14.925 -14.925")),
    *(
        (typed, "letters")
        for typed in ("-14 .925", "-14. 925", "-14.9 25", "-1 4.925", "1 23", "12 34.5", "1 2345", "1234 567")
    ),
    *(
        (typed, "letters")
        for typed in ("1.2.3", "1..2", "14/", "/40", "4/-15", "1/2/3", "1.5/2", "14 -37/40", "1 2 3/4", "14+37/40")
    ),
    *(
        (typed, "letters")
        for typed in (
            "10²",
            "-14.925⁰",
            "①④",
            "Ⅻ",
            "一四",
            "十四",
            "¹/₂",
            "3·14",
            "1_000",
            "0x10",
            "$5",
            "5 €",
            "1e999",
        )
    ),
    *((typed, "letters") for typed in ("²", "1\u00d710", "½½", "%", "5%5", "50%%", "14\u0301", "1\u28004")),
    *((typed, "letters") for typed in ("\u00ad14.925",)),
    *(
        (typed, "unclear")
        for typed in ("1,234,567", "1.234.567", "1,2.3", "1.2,3,4", "1,23,456.7", "1 234/5", "14 925/1", "١،٢٣٤،٥٦٧")
    ),
    *((typed, "not_finite") for typed in ("nan", "-inf", "∞", "-∞", "1/0", "14 1/0", "Infinity", "ＮａＮ")),
    *((typed, "percent") for typed in ("50%", "50 %", "-14.925 %", "٥٠٪", "５０％", "%50", "14½ ﹪")),
    *((typed, "long") for typed in ("1" * 41, "9" * 10_000, " " * 10_000)),
]
