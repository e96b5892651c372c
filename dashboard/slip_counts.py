"""Slips of a class: how many students made each, and how often; those that cannot be told apart count together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.db.models import Count, QuerySet

from lessons.activities.base import slip_counted_as, slip_in_words
from lessons.models import Submission


@dataclass(frozen=True)
class SlipMade:
    """A slip in words, how many students made it at least once, and in how many tries; no names."""

    activity: str
    words: str
    n_students: int
    n_tries: int


def tries_with_a_slip(sent: QuerySet[Submission]) -> QuerySet[Submission]:
    """Those of a class's submissions that count: the same cells checked again are no new try, here as elsewhere."""
    return sent.filter(is_try=True).exclude(slip="")


def slips_made(sent: QuerySet[Submission], *, by_activity: bool = False) -> Sequence[SlipMade]:
    """Count the slips in submissions of a class, those of most students first. One query."""
    fields = ("activity", "slip", "membership")
    rows = tries_with_a_slip(sent).order_by(*fields).values_list(*fields).annotate(n=Count("pk"))
    return counted((activity if by_activity else "", slip, student, n) for activity, slip, student, n in rows)


def counted(rows: Iterable[tuple[str, str, int, int]]) -> Sequence[SlipMade]:
    """Count slips, those of most students first, by their tries as (activity, slip, student, how many).

    Of those that as many made the order is that of their names: another try moves nothing.
    """
    students: dict[tuple[str, str], set[int]] = {}
    tries: Counter[tuple[str, str]] = Counter()
    counted_as = cache(slip_counted_as)
    for activity, slip, student, n in rows:
        key = (activity, counted_as(slip))
        students.setdefault(key, set()).add(student)
        tries[key] += n
    found = [
        SlipMade(activity, slip_in_words(slip), len(made_it), tries[activity, slip])
        for (activity, slip), made_it in students.items()
    ]
    return sorted(found, key=lambda each: (-each.n_students, each.words))
