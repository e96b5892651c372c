"""Clock of an evening that is made up: what was done there within minutes gets the times of a whole session.

Moves are made first and dated afterwards: whatever bears a time since the class was made moves to the time of that
evening. An evening is over before its class is made, so nothing is dated twice, and what a crash left undated is dated
after the next moves. Runs and awards keep their own times: a machine did compute them, and a credential is signed.
So does what somebody real does in the class.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, QuerySet

from classroom.models import Cohort, Membership

# How far a time may lie behind the beginning of the move that sets it, as a reveal opens after some seconds.
REACH = timedelta(seconds=10)
APPS = ("classroom", "experiments", "lessons")
# By the relation that leads to a class: its field there, and the member whose row it is.
PATHS = {
    "membership": ("membership__cohort", "membership"),
    "submission": ("submission__membership__cohort", "submission__membership"),
    "stage": ("stage__cohort", ""),
}


Moves = Sequence[tuple[datetime, datetime]]  # when each began, and when it was on that evening


def settle(cohort: Cohort, moves: Moves) -> None:
    """Date what is not dated yet with the time of the move that it came with, or of the first, if it came before.

    Parameters
    ----------
    moves : in their order, at least one; the last of them is the one with times that are still to come
    """
    began = [move[0] for move in moves]

    def dated(stamp: datetime) -> datetime:
        real, at = moves[max(bisect_right(began, stamp) - 1, 0)]
        return at + min(max(stamp - real, timedelta()), REACH)

    with transaction.atomic():
        for rows, columns in _undated(cohort):
            for pk, *stamps in rows.values_list("pk", *columns):
                of_row = zip(columns, stamps, strict=True)
                new = {name: dated(stamp) for name, stamp in of_row if stamp and stamp >= cohort.created_at}
                rows.model._base_manager.filter(pk=pk).update(**new)


def _undated(cohort: Cohort) -> Iterator[tuple[QuerySet[Any], tuple[str, ...]]]:
    for model, to_cohort, to_member, columns in dated_models():
        rows = model._base_manager.filter(**{to_cohort: cohort})
        if to_member is not None:
            rows = rows.filter(**{f"{to_member}user__is_synthetic": True})
        for who in {"by", "entered_by"} & {field.name for field in model._meta.fields}:
            rows = rows.exclude(**{f"{who}__user__is_synthetic": False})
        is_undated = Q()
        for column in columns:
            is_undated |= Q(**{f"{column}__gte": cohort.created_at})
        yield rows.filter(is_undated), columns


@cache
def dated_models() -> tuple[tuple[Any, str, str | None, tuple[str, ...]], ...]:
    """What hangs on a class and bears times: how its rows lead to the class, and to the member whose they are."""
    found: list[tuple[Any, str, str | None, tuple[str, ...]]] = []
    for model in apps.get_models():
        fields = {field.name for field in model._meta.fields}
        columns = tuple(field.name for field in model._meta.fields if isinstance(field, models.DateTimeField))
        if model._meta.app_label not in APPS or not columns:
            continue
        if model is Membership:
            found.append((model, "cohort", "", columns))
        elif (relation := next((name for name in PATHS if name in fields), None)) is not None:
            to_cohort, to_member = PATHS[relation]
            found.append((model, to_cohort, f"{to_member}__" if to_member else None, columns))
    return tuple(found)
