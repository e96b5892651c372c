"""Retention: what has been kept for long enough, why, and how it goes. `manage.py purge` is the one who asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CASCADE, SET_NULL, Exists, F, Max, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

import classroom.sessions
import rehearsal.services
from classroom import looks
from classroom.limits import MINUTE
from classroom.models import Cohort, LearningEvent, LoginCard, Membership, Tally, Token, User
from classroom.refusals import Conflict, NotFound, Refusal
from lessons.models import Stage, Submission, Vote
from privacy import erasure
from privacy.models import Erasure

SAID_BEFORE = timedelta(days=30)  # the end of a class, to its instructors
SAME_VISIT = timedelta(hours=1)  # the grain in which most of it is noted


@dataclass(frozen=True)
class Due:
    """A class whose time is over, or will be: when something was done last in it, since when no instructor has looked
    at it either, and when it is deleted.
    """

    cohort: Cohort
    last_activity: datetime
    quiet_since: datetime
    at: datetime


@dataclass(frozen=True)
class Dead:
    """Rows that have no use any more."""

    name: str | Promise
    why: str | Promise
    rows: Callable[[datetime], QuerySet[Any]]


def _left_by_erasures(now: datetime) -> QuerySet[Any]:
    """The empty rows of people who were erased, once nothing of theirs is left that would name them."""
    emptied = Erasure.objects.filter(number=OuterRef("pk"), at=OuterRef("date_joined"))
    rows = User.objects.filter(Exists(emptied), is_active=False)
    for on_delete in (CASCADE, SET_NULL):
        for model, name in erasure.pointing_at(User, on_delete):
            rows = rows.filter(~Exists(model._base_manager.filter(**{name: OuterRef("pk")})))
    return rows


def _log_ins(model: type[Model], now: datetime) -> QuerySet[Any]:
    return model._default_manager.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME)


# One line for each; whatever else has an age joins them here.
DEAD: tuple[Dead, ...] = (
    Dead(_("sessions"), _("expired"), lambda now: Session.objects.filter(expire_date__lt=now)),
    Dead(_("sessions"), _("of people who were erased"), erasure.sessions_of_nobody),
    Dead(_("wrong log-ins"), _("they count no longer"), lambda now: _log_ins(AccessAttempt, now)),
    Dead(_("refused log-ins"), _("they count no longer"), lambda now: _log_ins(AccessFailureLog, now)),
    Dead(_("log-ins"), _("they count no longer"), lambda now: _log_ins(AccessLog, now)),
    Dead(
        _("counts of requests"),
        _("their time is over"),
        lambda now: Tally.objects.filter(until__lt=int(now.timestamp()) - MINUTE),
    ),
    Dead(
        _("keys of notebooks"),
        _("unused for longer than TOKEN_DAYS"),
        lambda now: Token.objects.filter(last_used_at__lt=now - timedelta(days=settings.TOKEN_DAYS)),
    ),
    Dead(_("log-in cards"), _("expired"), lambda now: LoginCard.objects.filter(expires_at__lt=now)),
    Dead(_("looks"), _("older than LOOKS_DAYS"), looks.old),
    Dead(_("places of log-ins"), _("their session is over"), lambda now: classroom.sessions.rows_without()),
    # After all that may have named them.
    Dead(_("empty rows of people who were erased"), _("nothing names them now"), _left_by_erasures),
)


# --- classes ----------------------------------------------------------------------------------------


def due_of(cohort: Cohort) -> Due | None:
    """When a class will be deleted; nothing, if it is kept for good."""
    return next(iter(_with_ends(Cohort.objects.filter(pk=cohort.pk))), None)


def near_end_of(cohort: Cohort) -> Due | None:
    """The same, if it is so near that the instructors are told."""
    due = due_of(cohort) if cohort.keep_for is not None else None
    return due if due is not None and due.at - timezone.now() <= SAID_BEFORE else None


def due_classes(now: datetime) -> list[Due]:
    return [due for due in _with_ends(Cohort.objects.all()) if due.at <= now]


def _with_ends(cohorts: QuerySet[Cohort]) -> Iterable[Due]:
    def newest(rows: QuerySet[Any], cohort: str, at: str) -> Coalesce:
        of_class = rows.filter(**{cohort: OuterRef("pk")}).order_by().values(cohort)
        return Coalesce(Subquery(of_class.annotate(newest=Max(at)).values("newest")), F("created_at"))

    last = Greatest(
        F("created_at"),
        Coalesce("led_at", "created_at"),
        Coalesce("ended_at", "created_at"),
        Coalesce("next_session_at", "created_at"),
        Coalesce("version__projected_at", "created_at"),
        newest(Membership.objects.all(), "cohort", "last_active_at"),
        newest(LearningEvent.objects.all(), "membership__cohort", "at"),
        newest(Submission.objects.all(), "membership__cohort", "received_at"),
    )
    kept = cohorts.filter(keep_for__isnull=False).annotate(done=last, seen_at=F("version__seen_at")).order_by("pk")
    for cohort in kept:
        # However long nothing was done: whoever looks at the class reads its end, and has the time to save something.
        said = [each + SAID_BEFORE for each in (cohort.seen_at, cohort.keep_for_set_at) if each is not None]
        at = max([cohort.done + timedelta(days=cohort.keep_for or 0), *said])
        yield Due(cohort, cohort.done, max(cohort.done, cohort.seen_at or cohort.done), at)


def sessions_of_all(due: Iterable[Due]) -> dict[int, list[str]]:
    """The sessions of everybody whom a purge may erase, by person. All sessions are read for it: do it once."""
    classes = [each.cohort.pk for each in due]
    people = {
        *User.objects.filter(memberships__cohort__in=classes).values_list("pk", flat=True),
        *erasure.came_back().values_list("pk", flat=True),
    }
    return erasure.sessions_by_person(people) if people else {}


def delete_class(due: Due, sessions: Mapping[int, Collection[str]]) -> int:
    """Delete a class whose time is over with all work in it, and erase those who have nothing else here; give how many
    that was.

    Parameters
    ----------
    sessions : those of its people, by person

    Raises
    ------
    NotFound
        If somebody else has deleted it meanwhile.
    Conflict
        If somebody came back to it, or an admin has decided that it stays.
    """
    people = list(User.objects.filter(memberships__cohort=due.cohort).values_list("pk", flat=True))
    with transaction.atomic():
        _lock(due.cohort)
        now = _still(due)
        if hasattr(now.cohort, "rehearsal"):
            rehearsal.services.delete(now.cohort.rehearsal)
            return 0
        # Before any run, as whoever asks for one does.
        list(_without_a_role(people).select_for_update().order_by("pk").values_list("pk"))
        erasure.delete_class(now.cohort)
        left = [(each, sessions.get(each.pk)) for each in _with_nothing(people)]
        gone = [(each, keys) for each, keys in left if not _was_here_since(each, keys or (), now.quiet_since)]
        return sum(_erased(each, keys) for each, keys in gone)


def _still(due: Due) -> Due:
    now = due_of(due.cohort)
    if now is not None and now.at <= timezone.now():
        return now
    if now is not None and now.quiet_since > due.quiet_since:
        raise Conflict(gettext("Somebody came back to it. It stays."))
    if Cohort.objects.filter(pk=due.cohort.pk).exists():
        raise Conflict(gettext("An admin has just changed how long it is kept. It stays."))
    raise NotFound(gettext("It is gone: somebody else has just deleted it."))


def _lock(cohort: Cohort) -> None:
    """Let nobody come into a class, or do anything in it. In the order in which everybody takes these locks."""
    for rows in (
        Cohort.objects.filter(pk=cohort.pk),
        Stage.objects.filter(cohort=cohort),
        Vote.objects.filter(stage__cohort=cohort),
        Membership.objects.filter(cohort=cohort),
    ):
        list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def _with_nothing(people: Iterable[int]) -> list[User]:
    """Those of some people who are in no class, have no role, and of whom nothing survives."""
    acts = LogEntry.objects.filter(user=OuterRef("pk"))
    return list(_without_a_role(people).filter(~Exists(acts), memberships=None).order_by("pk"))


def _without_a_role(people: Iterable[int]) -> QuerySet[User]:
    return User.objects.filter(pk__in=people, is_staff=False, is_superuser=False)


def _was_here_since(person: User, sessions: Collection[str], quiet_since: datetime) -> bool:
    """Tell whether somebody was here, with a password, a browser or a notebook, after all was over in their class."""
    since = quiet_since + SAME_VISIT
    written = since + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return (
        max(person.last_login or person.date_joined, person.date_joined) > since
        or Token.objects.filter(user=person, last_used_at__gt=since).exists()
        or Session.objects.filter(session_key__in=sessions, expire_date__gt=max(written, timezone.now())).exists()
    )


def _erased(person: User, sessions: Collection[str] | None) -> bool:
    """Erase somebody unless they were seen, or got a place or a role, a moment ago."""
    try:
        erasure.erase(person, by=None, sessions=sessions, may=lambda now: now.last_login == person.last_login)
    except Refusal:
        return False
    return True


def erase_again(sessions: Mapping[int, Collection[str]]) -> int:
    """Erase those who came back with a backup; give how many that was."""
    return sum(_erased(each, sessions.get(each.pk)) for each in erasure.came_back())


def delete_dead(dead: Dead, now: datetime) -> int:
    n, __ = dead.rows(now).delete()
    return n
