"""Takers: the digits that a starved one's misread images were taken for, in the model shown and over all repeats."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.measures import DIGITS, SPREAD, Result
from lessons.drawing.bars import BarChart, BarRow

LEAST_SHARE = 1 / 3  # of the misread images, for one digit to be the one that takes them
MOST_NAMED = 3


@dataclass(frozen=True)
class Takers:
    """Bars over all repeats. `summary` says them, and `tie` why more than one answer counts."""

    summary: str
    tie: str
    bars: BarChart


def takers_chart(result: Result, digit: int, offered: Collection[str] = DIGITS) -> Takers:
    """Draw which digits took the misread images over all repeats.

    `offered` are the answers of the question that they are drawn at.
    """
    shares, n_images = over_repeats(result, digit)
    right, also = takers(result, digit, offered)
    rows = tuple(
        BarRow(str(each), in_percent(shares[each]), round(100 * shares[each], 1), is_right=DIGITS[each] in right)
        for each in sorted(shares)
    )
    n = len(result["recall"][str(digit)]["values"])
    name = ngettext(
        "Over %(n)d model: where its misread %(digit)ds went",
        "Over %(n)d models: where their misread %(digit)ds went",
        n,
    ) % {"n": n, "digit": digit}
    return Takers(
        summary=_summary(shares, n_images, n),
        tie=_tie(right, also),
        bars=BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows),
    )


def takers(result: Result, digit: int, offered: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Judge who takes the misread images: by all repeats, and, credited too, by the one model whose matrix is drawn.

    Both figures are drawn at the question, so an answer that either of them shows is no mistake. Over all repeats the
    digits within one standard error of the largest share are a near tie, and so is a share within one of a third: in
    as many repeats of another seed the order would often be the other. In the one matrix the counts stand as they are.
    """
    shares, n = over_repeats(result, digit)
    counts = in_model(result["shown"], digit)
    right = judge(shares, n, offered)
    here = _answers(leaders(counts, 0), _as_shares(counts), 0.0, offered)
    return right, here - right


def judge(shares: Mapping[int, float], n: int, offered: Collection[str]) -> frozenset[str]:
    """Which of the answers offered hold by these shares of `n` images, near ties among them."""
    return _answers(leaders(shares, n) if n else frozenset(), shares, _error(max(shares.values()), n), offered)


def leaders(shares: Mapping[int, float], n: int) -> frozenset[int]:
    """The digits that take most, near ties among them; `n` images are behind the shares, 0 if these are no sample.

    Two shares p and q of the same n images differ with a standard error of √((p + q − (p − q)²) / n).

    Examples
    --------
    >>> sorted(leaders({1: 0.34, 9: 0.32, 3: 0.2}, 850)), sorted(leaders({1: 0.34, 9: 0.30, 3: 0.2}, 850))
    ([1, 9], [1])
    """
    most = max(shares.values())
    if not most:
        return frozenset()

    def is_near(share: float) -> bool:
        apart = most - share
        error = math.sqrt((most + share - apart**2) / n) if n else 0.0
        return apart <= error + 1e-9

    return frozenset(digit for digit, share in shares.items() if is_near(share))


def over_repeats(result: Result, digit: int) -> tuple[dict[int, float], int]:
    """The share of each other digit over all repeats, and how many images these are shares of."""
    shares = {int(each): share or 0.0 for each, share in result["absorbed"].items() if int(each) != digit}
    missed = sum(1 - (recall or 0.0) for recall in result["recall"][str(digit)]["values"])
    return shares, round(missed * sum(result["shown"]["confusion"][digit]))


def in_model(shown: Result, digit: int) -> dict[int, int]:
    """How many images each other digit took in the model shown: its row of the matrix."""
    return {each: n for each, n in enumerate(shown["confusion"][digit]) if each != digit}


def commonest_here(shown: Result, digit: int) -> str:
    """What the row of the matrix shows, in a sentence."""
    counts = in_model(shown, digit)
    total = sum(counts.values())
    if not total:
        return _("This model recognised every %(digit)d.") % {"digit": digit}
    first, *others = sorted(leaders(counts, 0))
    says = ngettext(
        "In this model %(n)d of %(all)d misread %(digit)ds was called %(said)s.",
        "In this model %(n)d of %(all)d misread %(digit)ds were called %(said)s.",
        counts[first],
    )
    said = get_text_list([str(each) for each in (first, *others)], _("and, just as often,"))
    return says % {"n": counts[first], "all": total, "digit": digit, "said": said}


def in_percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def _summary(shares: Mapping[int, float], n_images: int, n_models: int) -> str:
    if not n_images:
        return ""
    named = sorted((each for each in shares if shares[each]), key=lambda each: (-shares[each], each))[:MOST_NAMED]
    told = ", ".join(
        _("%(share)s went to the %(digit)d") % {"digit": each, "share": in_percent(shares[each])} for each in named
    )
    return ngettext("Over %(n)d model: %(told)s.", "Over %(n)d models: %(told)s.", n_models) % {
        "n": n_models,
        "told": told,
    }


def _tie(right: frozenset[str], also: frozenset[str]) -> str:
    """Say what is too close to tell apart, and what counts because the model shown has it."""
    says, close = [], _in_words(right)
    if len(close) > 1:
        says.append(_("Too close to tell apart: %(digits)s. Each of them counts.") % {"digits": _listed(close)})
    if SPREAD in right and close:
        says.append(_("And it is close to a third, so “no single one” counts, too."))
    if here := _in_words(also):
        says.append(_("In the model shown most went to %(digits)s, so that counts, too.") % {"digits": _listed(here)})
    if SPREAD in also:
        says.append(_("In the model shown no digit takes a third, so “no single one” counts, too."))
    return " ".join(says)


def _in_words(keys: Collection[str]) -> list[str]:
    return [_("the %(digit)d") % {"digit": digit} for digit, key in enumerate(DIGITS) if key in keys]


def _listed(digits: list[str]) -> str:
    return str(get_text_list(digits, _("and")))


def _answers(
    leading: frozenset[int], shares: Mapping[int, float], error: float, offered: Collection[str]
) -> frozenset[str]:
    """Say in keys who takes most: digits, or where that is offered that none takes a third; both, where it is close."""
    most = max(shares.values())
    found = frozenset(DIGITS[digit] for digit in leading if SPREAD not in offered or most >= LEAST_SHARE - error - 1e-9)
    is_spread = SPREAD in offered and (not found or (error and abs(most - LEAST_SHARE) <= error))
    return found | {SPREAD} if is_spread else found


def _as_shares(counts: Mapping[int, int]) -> dict[int, float]:
    total = sum(counts.values())
    return {digit: n / total if total else 0.0 for digit, n in counts.items()}


def _error(share: float, n: int) -> float:
    """The standard error of a share of n images."""
    return math.sqrt(share * (1 - share) / n) if n else 0.0
