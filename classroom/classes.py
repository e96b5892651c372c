"""What instructors do with classes of their own: make and copy them, change, archive and share them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom import events, services
from classroom.models import CODE_LETTERS, Cohort, Invitation, Membership, Role, User
from classroom.refusals import Conflict, Forbidden, NotFound
from classroom.romanise import romanise

SETTINGS = ("name", "lessons", "gradient_rule", "time_zone", "next_session_at")
INVITED_FOR = timedelta(days=2)
MOST_INVITATIONS = 10  # open ones of one class


class Overtaken(Conflict):
    """Somebody else has changed, since the page was made, what it wants to change as well. Nothing was changed."""

    def __init__(self, present: Mapping[str, Any]) -> None:
        super().__init__(_("Somebody else changed this meanwhile."))
        self.present = present


def may_make(user: User | AnonymousUser) -> bool:
    """Tell whether somebody may make classes: instructors of some class, unless the server keeps it to its admins."""
    return (settings.MOST_OPEN_CLASSES > 0 and _taught_by(user).exists()) or user.has_perm("classroom.add_cohort")


def maker(user: User | AnonymousUser) -> User:
    """Give somebody who may make classes; others are refused."""
    if user.is_anonymous or not may_make(user):
        raise Forbidden(_("Only instructors can make a class. Ask an admin for your first one."))
    return user


def make(user: User, *, name: str, copied: Membership | None = None, brings: bool = False, **fields: Any) -> Cohort:
    """Make a class that `user` teaches, with an address and a join code of its own.

    Parameters
    ----------
    copied : the class that it was copied from, of which no people and no work come along
    brings : the other instructors of that class teach the new one too

    Raises
    ------
    Forbidden
        If they may not make classes.
    Conflict
        If they teach as many open classes as anybody may.
    """
    maker(user)
    with transaction.atomic():
        refuse_one_more(user)
        keep_for = copied.cohort.keep_for if copied else None
        cohort = services.open_cohort(slug=_new_address(name), name=name, keep_for=keep_for, **fields)
        mine = services.enrol(user, cohort, Role.INSTRUCTOR)
        for other in other_instructors(copied) if copied and brings else ():
            services.enrol(other.user, cohort, Role.INSTRUCTOR)
        events.record(events.ClassMade(copied.cohort.slug if copied else ""), mine)
    return cohort


def refuse_one_more(user: User) -> None:
    """Keep one person from filling the server with classes: under their lock, so that two at once count each other.

    Raises
    ------
    Conflict
        If they teach as many open classes as anybody may.
    """
    if user.has_perm("classroom.add_cohort"):
        return
    User.objects.select_for_update().get(pk=user.pk)
    n = _taught_by(user).filter(cohort__archived=False, cohort__rehearsal=None).count()
    if n >= settings.MOST_OPEN_CLASSES:
        raise Conflict(_("You teach %(n)d open classes. That is the most. Archive one first.") % {"n": n})


def other_instructors(membership: Membership) -> QuerySet[Membership]:
    """Those who teach a class beside somebody, and can log in."""
    return (
        Membership.objects.filter(
            cohort=membership.cohort, role=Role.INSTRUCTOR, user__is_active=True, user__is_synthetic=False
        )
        .exclude(pk=membership.pk)
        .select_related("user")
        .order_by("user__display_name", "pk")
    )


def change(membership: Membership, *, seen: Mapping[str, Any], wished: Mapping[str, Any]) -> list[str]:
    """Change the settings of a class that differ from those seen, and no others; give their names.

    Raises
    ------
    Overtaken
        If somebody else has given one of these another value since it was seen.
    Conflict
        If the class is archived, or its gradient rule is fixed.
    """
    wished = {name: wished[name] for name in SETTINGS if name in wished and wished[name] != seen[name]}
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update().get(pk=membership.cohort_id)
        cohort.refuse_if_archived()
        present = {name: getattr(cohort, name) for name in wished}
        changed = {name: value for name, value in wished.items() if value != present[name]}
        if overtaken := {name: present[name] for name in changed if present[name] != seen[name]}:
            raise Overtaken(overtaken)
        if not changed:
            return []
        if (rule := changed.get("gradient_rule")) is not None:
            services.set_gradient_rule(cohort, rule)
        columns = {name: value for name, value in changed.items() if name != "gradient_rule"}
        Cohort.objects.filter(pk=cohort.pk).update(**columns)
        told = {name: [_plain(present[name]), _plain(value)] for name, value in changed.items()}
        events.record(events.ClassChanged(told), membership)
        services.touch(cohort)
    return list(changed)


def archive(membership: Membership) -> None:
    """Keep a class to be read: nothing new comes into it."""
    set_archived(membership.cohort, archived=True, by=membership)


def reopen(membership: Membership) -> None:
    """Open an archived class again.

    Raises
    ------
    Conflict
        If the instructor teaches as many open classes as anybody may.
    """
    with transaction.atomic():
        refuse_one_more(membership.user)
        set_archived(membership.cohort, archived=False, by=membership)


def set_archived(cohort: Cohort, *, archived: bool, by: Membership | None) -> bool:
    """Archive a class or open it again, and tell whether that is new. It is an event of `by`, an instructor."""
    with transaction.atomic():
        is_new = bool(Cohort.objects.filter(pk=cohort.pk, archived=not archived).update(archived=archived))
        if is_new:
            if by is not None:
                events.record(events.ClassArchived() if archived else events.ClassReopened(), by)
            services.touch(cohort)
    return is_new


def copy_for_term(cohort: Cohort, name: str) -> Cohort:
    """Make a class with the settings and the instructors of another one, and without its students, work and date."""
    with transaction.atomic():
        fields = {key: getattr(cohort, key) for key in ("lessons", "gradient_rule", "time_zone", "keep_for")}
        made = services.open_cohort(slug=_new_address(name), name=name, **fields)
        taught = Membership.objects.filter(cohort=cohort, role=Role.INSTRUCTOR, user__is_active=True)
        for other in taught.exclude(user__is_synthetic=True).select_related("user").order_by("pk"):
            services.enrol(other.user, made, Role.INSTRUCTOR)
    return made


def open_invitations(cohort: Cohort | None = None) -> QuerySet[Invitation]:
    """Links that still lead to a class that is open, the newest first."""
    found = Invitation.objects.filter(closed_at=None, expires_at__gt=timezone.now(), cohort__archived=False)
    found = found if cohort is None else found.filter(cohort=cohort)
    return found.select_related("cohort", "made_by__user").order_by("-made_at", "-pk")


def invite(membership: Membership) -> Invitation:
    """Make a link for one more instructor: nobody's username is asked for, so none can be found out.

    Raises
    ------
    Conflict
        If the class is archived, or has many links open already.
    """
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update().get(pk=membership.cohort_id)
        cohort.refuse_if_archived()
        if open_invitations(cohort).count() >= MOST_INVITATIONS:
            raise Conflict(_("%(n)d links are open. Take one back first.") % {"n": MOST_INVITATIONS})
        made = Invitation.objects.create(cohort=cohort, made_by=membership, expires_at=timezone.now() + INVITED_FOR)
        events.record(events.InstructorInvited(made.pk), membership)
    return made


def take_invitation_back(membership: Membership, pk: int) -> None:
    """Close a link that nobody has used; one that is closed already stays so."""
    with transaction.atomic():
        membership.cohort.refuse_if_archived()
        mine = Invitation.objects.filter(cohort=membership.cohort, pk=pk, closed_at=None)
        if mine.update(closed_at=timezone.now()):
            events.record(events.InvitationTakenBack(pk), membership)


def invitation_with(code: str) -> Invitation:
    """Find the invitation that a link leads to.

    Raises
    ------
    NotFound
        If there is none, or it has expired, was used or was taken back: the four look alike.
    """
    found = open_invitations().filter(code=code).first() if code.isascii() else None
    if found is None:
        raise _gone()
    return found


def _gone() -> NotFound:
    return NotFound(_("This link has stopped working. Ask the person who sent it for a new one."))


def accept(invitation: Invitation, user: User) -> Membership:
    """Make somebody an instructor by a link that was sent to them; it works once.

    Raises
    ------
    NotFound
        If the link was used, taken back or expired a moment ago.
    Conflict
        If they are in this class as a student: their work would be nobody's.
    """
    with transaction.atomic():
        # Before the membership that names it: an instructor's act holds the class and waits for its version.
        Cohort.objects.select_for_update(no_key=True).get(pk=invitation.cohort_id)
        mine = Membership.objects.select_related("cohort").filter(user=user, cohort=invitation.cohort).first()
        if mine is not None and mine.is_instructor:
            return mine  # their own link stays for whom it is meant
        if mine is not None:
            raise Conflict(_("You are in this class as a student. Use another account to teach it."))
        is_open = open_invitations().filter(pk=invitation.pk).exists()
        claimed = Invitation.objects.filter(pk=invitation.pk, closed_at=None).update(closed_at=timezone.now())
        if not (is_open and claimed):
            raise _gone()
        membership = services.enrol(user, invitation.cohort, Role.INSTRUCTOR)
        Invitation.objects.filter(pk=invitation.pk).update(used_by=membership)
    return membership


def accept_as_new(invitation: Invitation, *, username: str, display_name: str, password: str) -> Membership:
    """Make a new person, who becomes an instructor by a link that was sent to them.

    Raises
    ------
    Conflict
        If somebody took the username a moment ago.
    """
    user = User.objects.unsaved(username, password, display_name=display_name)
    try:
        with transaction.atomic():
            user.save()
            return accept(invitation, user)
    except IntegrityError as error:
        raise Conflict(_("Somebody already has that username. Add a letter or a number.")) from error


def _taught_by(user: User | AnonymousUser) -> QuerySet[Membership]:
    return Membership.objects.filter(user_id=user.pk or 0, role=Role.INSTRUCTOR)


def _new_address(name: str) -> str:
    """An address that is free. Its end is drawn, so that it tells nobody which other classes there are."""
    while True:
        end = "".join(secrets.choice(CODE_LETTERS) for __ in range(4)).lower()
        slug = f"{romanise(name)[:50].strip('-') or 'class'}-{end}"
        if not Cohort.objects.filter(slug=slug).exists():
            return slug


def _plain(value: Any) -> Any:
    """A setting as an event can store it."""
    return value.isoformat() if isinstance(value, datetime) else value
