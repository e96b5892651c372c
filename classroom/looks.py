"""Looks: who looked at whose work. What a look is, is in docs/decisions/0114-who-looked-is-kept-to-the-hour.md."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, transaction
from django.db.models import DateTimeField, Exists, IntegerField, OuterRef, QuerySet, TextField, Value
from django.utils import timezone

from classroom.models import Cohort, Look, Membership, Role, User

logger = logging.getLogger(__name__)

MOST_LOOKS = 1000  # that are told on a page
LONGEST_WAIT = 200  # ms
# What this process has written in an hour. Whatever else happens, the database keeps one row of it.
_written: set[tuple[datetime, int, str, int]] = set()


def at_members(viewer: User | AnonymousUser, kind: Look.Kind, members: Iterable[int]) -> None:
    """Note that somebody looked at the work of some members, given by their keys.

    One statement, and none for what this process has noted within the hour. A look at oneself is none, nor one at
    synthetic people. A page never fails for it.
    """
    now = _hour()
    new = {each: (now, viewer.pk or 0, kind.value, each) for each in members}
    new = {each: look for each, look in new.items() if look not in _written}
    if new and _write(viewer, kind, now, Membership.objects.filter(pk__in=new)):
        transaction.on_commit(lambda: _remember(now, new.values()))


def at_class(viewer: User | AnonymousUser, kind: Look.Kind, cohort: Cohort) -> None:
    """Note the same of everybody who is a student of a class now. One statement."""
    _write(viewer, kind, _hour(), Membership.objects.present().filter(cohort=cohort, role=Role.STUDENT))


def of_person(person: User | AnonymousUser) -> QuerySet[Look]:
    """Looks at the work of a person in whatever class they are or were in, the last one first."""
    mine = Membership.objects.filter(user_id=person.pk or 0)
    return (
        Look.objects.filter(membership__in=mine).select_related("viewer", "membership__cohort").order_by("-at", "-pk")
    )


@dataclass(frozen=True)
class DayOfLooks:
    """Somebody who looked at one's work in a class on a day, by the calendar there, and at what."""

    day: date
    who: str
    is_admin: bool
    cohort: str
    what: tuple[str, ...]


def by_day(person: User | AnonymousUser, *, since: datetime) -> tuple[DayOfLooks, ...]:
    """Who looked at a person's work on which day, the last day first; the newest of them, if they are very many."""
    found: dict[tuple[date, int | None, bool, int], list[Look]] = {}
    for look in of_person(person).filter(at__gte=since)[:MOST_LOOKS]:
        day = timezone.localdate(look.at, look.membership.cohort.zone)
        found.setdefault((day, look.viewer_id, look.is_by_admin, look.membership.cohort_id), []).append(look)
    days = [
        DayOfLooks(
            day=day,
            who=_name_of(looks[0].viewer),
            is_admin=is_admin,
            cohort=looks[0].membership.cohort.name,
            what=tuple(dict.fromkeys(str(look.get_kind_display()) for look in looks)),
        )
        for (day, _viewer, is_admin, _cohort), looks in found.items()
    ]
    # By the calendars of several classes, which may be a day apart.
    return tuple(sorted(days, key=lambda each: each.day, reverse=True))


def _name_of(viewer: User | None) -> str:
    return User.told(viewer.display_name, viewer.username) if viewer else User.told(None, None)


def hand_over(keep: Membership, double: Membership) -> None:
    """Let looks at a double's work be looks at the account that it goes to; what both have stays with the double."""
    same = Look.objects.filter(membership=keep, viewer=OuterRef("viewer"), kind=OuterRef("kind"), at=OuterRef("at"))
    Look.objects.filter(~Exists(same), membership=double).update(membership=keep)


def old(now: datetime) -> QuerySet[Look]:
    """The looks that are older than `LOOKS_DAYS`."""
    return Look.objects.filter(at__lt=now - timedelta(days=settings.LOOKS_DAYS))


def _hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def _remember(now: datetime, looks: Iterable[tuple[datetime, int, str, int]]) -> None:
    if any(at != now for at, *_rest in list(_written)[:1]):
        _written.clear()
    _written.update(looks)


def _write(viewer: User | AnonymousUser, kind: Look.Kind, now: datetime, members: QuerySet[Membership]) -> bool:
    """Write a row for each of some members, unless it is there; tell whether that could be done."""
    rows = (
        members.filter(user__is_synthetic=False)
        .exclude(user_id=viewer.pk or 0)
        .order_by()
        .values_list(
            Value(viewer.pk, IntegerField()), "pk", Value(kind.value, TextField()), Value(now, DateTimeField())
        )
    )
    select, given = rows.query.sql_with_params()
    insert = f"INSERT INTO classroom_look (viewer_id, membership_id, kind, at) {select} ON CONFLICT DO NOTHING"
    try:
        with _not_waiting_long(), connection.cursor() as cursor:
            cursor.execute(insert, given)
    except DatabaseError as error:
        logger.warning("A look was not written: %s", error)
        return False
    return True


@contextmanager
def _not_waiting_long() -> Iterator[None]:
    """Let a page on SQLite wait for whoever writes for a moment only: a thread is scarcer than a look."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = round(1000 * settings.DATABASES["default"].get("OPTIONS", {}).get("timeout", 5))
    connection.ensure_connection()
    sqlite = connection.connection
    sqlite.execute(f"PRAGMA busy_timeout = {LONGEST_WAIT}")
    try:
        yield
    finally:
        sqlite.execute(f"PRAGMA busy_timeout = {usual}")
