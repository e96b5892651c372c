"""Erasure: a person goes with all that is theirs, in one transaction.

History survives its author: where the log, a review or a class that they led names them, an empty row stays in their
place, which nobody can log in as. What was written about them is told by number from then on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import CASCADE, SET_NULL, Exists, Model, OuterRef, ProtectedError, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext as _

import badges.services
import classroom.services
import classroom.sessions
import experiments.services
from badges.models import Award
from classroom import events
from classroom.models import Cohort, Invitation, LearningEvent, Membership, Role, Tally, User
from classroom.refusals import Conflict, Forbidden, NotFound
from experiments.models import RunRequest
from lessons.models import Prediction, Review, Submission
from privacy.models import Erasure

CLOCKS_APART = timedelta(minutes=1)  # of two servers


@dataclass(frozen=True)
class Preview:
    """What an erasure would take, and what would stay of it."""

    classes: tuple[str, ...]
    n_answers: int
    n_predictions: int
    n_runs: int
    n_badges: int
    n_reviews: int
    n_acts: int
    leaves_an_empty_row: bool
    # Classes that nobody else teaches.
    left_alone: tuple[str, ...]
    # Accounts that were merged with this one: the same person, who is erased account by account.
    others: tuple[User, ...]


def preview(person: User) -> Preview:
    """Count what an erasure would take."""
    places = list(Membership.objects.filter(user=person).select_related("cohort").order_by("pk"))
    pks = [each.pk for each in places]
    n_acts = LogEntry.objects.filter(user=person).count()
    merged = User.objects.filter(
        pk__in={
            *Membership.objects.filter(merged_into__in=pks).values_list("user", flat=True),
            *Membership.objects.filter(merged_from__in=pks).values_list("user", flat=True),
        }
    )
    return Preview(
        classes=tuple(str(each.cohort) for each in places),
        n_answers=Submission.objects.filter(membership__in=pks).count(),
        n_predictions=Prediction.objects.filter(membership__in=pks).count(),
        n_runs=RunRequest.objects.filter(membership__in=pks).count(),
        n_badges=Award.objects.filter(membership__in=pks, revoked_at=None).count(),
        n_reviews=Review.objects.filter(by__in=pks).count(),
        n_acts=n_acts,
        leaves_an_empty_row=bool(n_acts) or person.is_staff or any(map(_outlives, places)),
        left_alone=tuple(str(each.cohort) for each in places if _teaches_alone(each)),
        others=tuple(merged.exclude(pk=person.pk)),
    )


def _teaches_alone(place: Membership) -> bool:
    """Tell whether nobody is left to teach a class without this place. A rehearsal is nobody else's anyway."""
    if not (place.is_present and place.is_instructor) or hasattr(place.cohort, "rehearsal"):
        return False
    teach = Membership.objects.present().filter(cohort=place.cohort, role=Role.INSTRUCTOR, user__is_active=True)
    return not teach.exclude(pk=place.pk).exists()


def is_erased(person: User) -> bool:
    """Tell whether a row is what an erasure has left of somebody. Who came back with a backup is not."""
    return not person.is_active and Erasure.objects.filter(number=person.pk, at=person.date_joined).exists()


def came_back() -> QuerySet[User]:
    """People who had been erased and are here again, with a backup. Nobody else who was given such a number is one."""
    before = Erasure.objects.filter(number=OuterRef("pk"), joined_at=OuterRef("date_joined"))
    return User.objects.filter(Exists(before))


def all_erased() -> list[Erasure]:
    """Who was erased, by number, to be carried over a restore; of an older database, none."""
    if Erasure._meta.db_table not in connection.introspection.table_names():
        return []
    return list(Erasure.objects.all())


def remember(erased: Iterable[Erasure]) -> int:
    """Remember once more who was erased, in a database that may not know it; give how many of them are back."""
    rows = [Erasure(number=each.number, joined_at=each.joined_at, at=each.at) for each in erased]
    # What it knows already stays: an empty row in it is told by the time that it says itself.
    Erasure.objects.bulk_create(rows, ignore_conflicts=True)
    return came_back().count()


def erase(
    person: User,
    *,
    by: User | None,
    revokes: bool = False,
    may: Callable[[User], bool] = lambda person: True,
    sessions: Collection[str] | None = None,
) -> None:
    """Erase a person with all that is theirs.

    Parameters
    ----------
    by : who decided it; nobody, where its time was over
    revokes : badges of theirs that somebody else may have are no longer valid
    may : asked once nothing about the person can change any more
    sessions : the keys of their sessions, if somebody has looked for them already

    Raises
    ------
    Conflict
        If it is the last superuser or whoever decides it, or they have just joined a class.
    Forbidden
        If `may` says no.
    NotFound
        If they are gone.
    """
    if by is not None and by.pk == person.pk:
        raise Conflict(_("You cannot erase yourself. Ask another admin."))
    began, number = timezone.now(), person.pk
    keys = set(sessions_of([number]) if sessions is None else sessions)
    with transaction.atomic():
        places = list(Membership.objects.select_for_update().filter(user=person).order_by("pk"))
        now = _locked(person, places)
        if not may(now):
            raise Forbidden(_("Your role on the admin site does not allow this."))
        _erase(now, places, revokes=revokes)
        # Who logged in since: their session is younger than the look at all of them.
        keys.update(sessions_of([number], since=began - CLOCKS_APART))
        Session.objects.filter(session_key__in=keys).delete()
        if by is not None:
            nobody = User(pk=number, username=f"user {number}")
            LogEntry.objects.log_actions(by.pk, [nobody], DELETION, _("Erased."))
        for cohort in Cohort.objects.filter(pk__in={each.cohort_id for each in places}).order_by("pk"):
            classroom.services.touch(cohort)


def delete_class(cohort: Cohort) -> None:
    """Delete a class with all work in it, the names of its members in the log, and the runs that nobody else wants. It
    is locked by whoever asks; its people stay.
    """
    members = list(Membership.objects.filter(cohort=cohort).values_list("pk", flat=True))
    _tell_by_number(Membership, members)
    experiments.services.forget(members)
    Cohort.objects.filter(pk=cohort.pk).delete()


def _locked(person: User, places: Collection[Membership]) -> User:
    """The person under their lock, with no other place than those that are locked."""
    if person.is_superuser:
        # In one order, before the person: two admins who erase each other wait for each other.
        list(User.objects.select_for_update().filter(is_superuser=True).order_by("pk").values_list("pk"))
    now = User.objects.select_for_update().filter(pk=person.pk).first()
    if now is None or is_erased(now):
        raise NotFound(_("This person has been erased."))
    if now.is_superuser and not person.is_superuser:
        raise Conflict(_("Their role has just changed. Look again."))
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=now.pk)
    if now.is_superuser and not others.exists():
        raise Conflict(_("That would leave nobody who may do everything here. Give somebody else that role first."))
    if Membership.objects.filter(user=now).exclude(pk__in=[each.pk for each in places]).exists():
        raise Conflict(_("They have just joined a class. Look again."))
    return now


def _erase(person: User, places: Collection[Membership], *, revokes: bool) -> None:
    pks, at = [each.pk for each in places], timezone.now()
    number, joined_at = person.pk, person.date_joined
    if revokes:
        badges.services.revoke_all(pks)
    _tell_by_number(User, [person.pk])
    _tell_by_number(Membership, pks)
    _empty_what_names(person, pks)
    _empty_news_of_others(places)
    experiments.services.forget(pks)
    stay = [each for each in places if _outlives(each)]
    for each in stay:
        _empty_place(each)
    Membership.objects.filter(pk__in=set(pks) - {each.pk for each in stay}).delete()
    if stay or person.is_staff or person.is_superuser or LogEntry.objects.filter(user=person).exists():
        _empty(person, at)
    else:
        person.delete()
    Erasure.objects.update_or_create(number=number, joined_at=joined_at, defaults={"at": at})
    attempts_for_nobody().delete()
    Tally.objects.filter(key__endswith=f" person {number}").delete()


# --- what names them --------------------------------------------------------------------------------


def _tell_by_number(model: type[Model], pks: Iterable[int]) -> None:
    """Let the admin site's log tell by number of those who are about to go: it names who they are."""
    by_number = Concat(Value(f"{model._meta.model_name} "), "object_id", output_field=TextField())
    _about(model, pks).update(object_repr=by_number)


def _about(model: type[Model], pks: Iterable[int]) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(model)
    return LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in pks])


def _empty_what_names(person: User, places: Collection[int]) -> None:
    """Empty what the log says in words of them, and of accounts that were merged with theirs, if it has their name.
    Django's own messages, in JSON, name fields alone.
    """
    merged = Membership.objects.filter(Q(merged_into__in=places) | Q(merged_from__in=places))
    told = _about(User, [person.pk]) | _about(Membership, {*places, *merged.values_list("pk", flat=True)})
    for name in filter(None, (person.username, person.display_name)):
        told.filter(change_message__icontains=name).exclude(change_message__startswith="[").update(change_message="")


def _empty_news_of_others(places: Collection[Membership]) -> None:
    """Empty what others' events say of them: of accounts that were merged, the name and what was answered twice.

    What happened to an account before it was merged is told of the other one since, names among it: whose they were
    cannot be told apart.
    """
    told = LearningEvent.objects.filter(
        membership__in=[each.merged_into_id for each in places if each.merged_into_id],
        kind=events.AccountsMerged.kind,
        facts__other__in=[each.pk for each in places],
    )
    for event in told:
        _put(event, username="", aside=[])
        handed_over = LearningEvent.objects.filter(
            membership=event.membership_id,
            at__lte=event.at,
            kind__in=(events.MemberRenamed.kind, events.StudentIdSet.kind),
        )
        for earlier in handed_over:
            _put(earlier, was="", now="")


def _put(event: LearningEvent, **facts: Any) -> None:
    LearningEvent.objects.filter(pk=event.pk).update(facts={**event.facts, **facts})


# --- what outlives them -----------------------------------------------------------------------------


def pointing_at(model: type[Model], on_delete: Callable[..., Any]) -> Iterator[tuple[type[Model], str]]:
    """Each model that names a row of this one and does so when the row is deleted, with the field that names it."""
    for each in model._meta.get_fields(include_hidden=True):
        if each.auto_created and not each.concrete and getattr(each, "on_delete", None) is on_delete:
            yield each.related_model, each.field.name  # type: ignore[misc, union-attr]  # a relation's other side


def _outlives(place: Membership) -> bool:
    """Tell whether others' rows name this place as who did it, or it leads the class, or did."""
    if place.role == Role.INSTRUCTOR or _story_of_class().filter(membership=place).exists():
        return True
    named = [(model, name) for model, name in pointing_at(Membership, SET_NULL) if name != "merged_into"]
    return any(model._base_manager.filter(**{name: place}).exists() for model, name in named)


def _story_of_class() -> QuerySet[LearningEvent]:
    return LearningEvent.objects.filter(kind__in=events.acts_on_classes())


def _empty_place(place: Membership) -> None:
    """Take from a place all that is its owner's; what they did with the class stays."""
    for model, name in pointing_at(Membership, CASCADE):
        rows = model._base_manager.filter(**{name: place})
        if model is LearningEvent:
            rows = rows.exclude(kind__in=events.acts_on_classes())
        rows.delete()
    now = timezone.now()
    # A link of theirs would still make somebody an instructor, and nobody could answer for it.
    Invitation.objects.filter(made_by=place, closed_at=None).update(closed_at=now)
    place.student_id, place.last_active_at, place.typed_at = "", None, None
    place.removed_at = place.removed_at or now
    place.save(update_fields=["student_id", "last_active_at", "typed_at", "removed_at"])


def _empty(person: User, at: datetime) -> None:
    """Leave of a person a row that nobody can log in as, and that says nothing but its number."""
    for model, name in pointing_at(User, CASCADE):
        if model not in (Membership, LogEntry):
            model._base_manager.filter(**{name: person}).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.username = _free(f"{User.ERASED}{person.pk}")
    person.display_name, person.last_login, person.date_joined = "", None, at
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.save()


def _free(username: str) -> str:
    """A username that nobody has taken who wanted to be in the way."""
    taken = User.objects.filter(username=username).exists()
    return f"{username}-{secrets.token_hex(8)}" if taken else username


def keep_authors(instance: LogEntry, origin: Any, **kwargs: Any) -> None:
    """A receiver: the log outlives its authors. Whoever deletes a person elsewhere would delete what they did."""
    model = getattr(origin, "model", type(origin))
    if model is not LogEntry:
        raise ProtectedError(
            "The admin site's log names this person as who did something. Erase them instead: privacy.erasure.erase.",
            {instance},
        )


# --- log-ins ----------------------------------------------------------------------------------------


def sessions_of(people: Collection[int], since: datetime | None = None) -> list[str]:
    """The keys of some people's sessions, or of those that were last written since a time."""
    return [key for each in sessions_by_person(people, since).values() for key in each]


def sessions_by_person(people: Collection[int], since: datetime | None = None) -> dict[int, list[str]]:
    """The keys of some people's sessions, by person, or of those that were last written since a time."""
    rows = Session.objects.all()
    if since is not None:
        rows = rows.filter(expire_date__gt=since + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    return classroom.sessions.by_person(people, rows)


def sessions_of_nobody(now: datetime) -> QuerySet[Session]:
    """Sessions of people who were erased while their log-in was on its way. They open nothing."""
    since = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    erased = set(Erasure.objects.filter(at__gt=since).values_list("number", flat=True))
    gone = erased - set(User.objects.filter(pk__in=erased, is_active=True).values_list("pk", flat=True))
    return Session.objects.filter(session_key__in=sessions_of(gone) if gone else [])


def attempts_for_nobody() -> QuerySet[Any]:
    """Wrong log-ins for names that nobody has: mistyped ones, and those that somebody had before. Which these are is
    kept nowhere. The other tables of log-ins are not written.
    """
    found: QuerySet[Any] = AccessAttempt.objects.filter(~Exists(User.objects.filter(username=OuterRef("username"))))
    return found
