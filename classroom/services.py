"""What can be done with people and classes, each act in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom import cards, events, prepared, selectors
from classroom.access import refuse_if_removed
from classroom.acting import Acting
from classroom.models import (
    Cohort,
    CohortVersion,
    GradientRule,
    LearningEvent,
    Membership,
    Pace,
    Role,
    User,
    new_join_code,
)
from classroom.prepared import Slot, Statement, Update
from classroom.refusals import Conflict, Forbidden, NotFound, NotInClass, Refusal

ACTIVITY_GRAIN = timedelta(minutes=1)
PROJECTOR_GRAIN = timedelta(seconds=5)
_TOUCHED = Update(lambda: CohortVersion.objects.filter(cohort=Slot("cohort")), number=F("number") + 1)
SAME_SESSION = timedelta(hours=1)  # between the end of a led session and its going on


def open_cohort(*, slug: str, name: str, **fields: object) -> Cohort:
    """Make a cohort and its version counter. If it is not kept for good, that is so from now on."""
    if fields.get("keep_for") is not None:
        fields["keep_for_set_at"] = timezone.now()
    with transaction.atomic():
        cohort = Cohort.objects.create(slug=slug, name=name, **fields)
        CohortVersion.objects.create(cohort=cohort)
    return cohort


def enrol(user: User, cohort: Cohort, role: str = Role.STUDENT) -> Membership:
    """Make `user` a member of `cohort`, whether or not its code takes anybody in; a member stays as they are."""
    with transaction.atomic():
        membership, created = Membership.objects.get_or_create(user=user, cohort=cohort, defaults={"role": role})
        if created:
            hold([user])
            events.record(events.CohortJoined(), membership)
            touch(cohort)
    return membership


def hold(people: Iterable[User]) -> None:
    """Let people who get a place in a class be who they are until the transaction ends: nobody erases them meanwhile.

    Raises
    ------
    Conflict
        If one of them was erased, or has another username, since they were read.
    """
    read = {each.pk: each.username for each in people}
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=read).order_by("pk")
    if dict(rows.values_list("pk", "username")) != read:
        raise Conflict(_("This account was just erased, or has a new username. Look again."))


def hold_place(place: Membership) -> Membership:
    """Let somebody's place in a class be theirs until the transaction ends, and give it as it is now.

    Raises
    ------
    NotInClass
        If it is gone.
    Conflict
        If they were erased, and it is nobody's.
    """
    # The place before the person, as whoever erases them takes the two.
    now = Membership.objects.select_for_update(no_key=True).filter(pk=place.pk).first()
    if now is None:
        raise NotInClass
    hold([place.user])
    return now


def join(user: User, cohort: Cohort, *, code: str | None = None) -> Membership:
    """Take somebody in who has come with the join code. Who is a member already gets in; who was removed finds all
    their work, unless they are kept out.

    Parameters
    ----------
    code : the code that they came with, so that one which was changed meanwhile takes nobody in

    Raises
    ------
    Forbidden
        If joining is closed, or the class keeps this person out.
    NotFound
        If their work went to another account of theirs.
    """
    with transaction.atomic():
        # Whoever closes joining, or changes the code, takes the same row: a join lies on one side of that.
        now = Cohort.objects.select_for_update(no_key=True).filter(pk=cohort.pk).first()
        if now is None:
            raise NotFound(_("This class has been deleted."))
        mine = Membership.objects.select_for_update(of=("self",)).filter(user=user, cohort=cohort)
        membership = mine.select_related("merged_into__user").first()
        if membership is not None and membership.is_present:
            return membership
        if membership is not None and membership.merged_into is not None:
            refuse_if_removed(membership)
        if membership is not None and membership.kept_out:
            raise Forbidden(now.says_kept_out)
        if not now.is_joining_open or now.archived or code not in (None, now.join_code):
            raise Forbidden(now.says_closed)
        if membership is None:
            return enrol(user, cohort)
        _bring_back(membership, by=None)
    return membership


def register(*, username: str, display_name: str, password: str, cohort: Cohort, code: str | None = None) -> Membership:
    """Make a new person, and take them in as a student.

    Raises
    ------
    Conflict
        If somebody took the username a moment ago.
    Forbidden
        If joining is closed.
    """
    user = User.objects.unsaved(username, password, display_name=display_name)
    try:
        with transaction.atomic():
            user.save()
            return join(user, cohort, code=code)
    except IntegrityError as error:
        raise Conflict(_("Somebody already has that username. Add a letter or a number.")) from error


def touch(cohort: Cohort) -> None:
    """Tell every open page of the cohort that something changed. Call it last in the transaction."""
    prepared.send(touched(cohort))


def touched(cohort: Cohort) -> Statement:
    """The same as a statement, to be sent as the last of several."""
    return _TOUCHED(cohort=cohort.pk)


def note_activity(acting: Acting, *, has_typed: bool = False) -> None:
    """Remember that a member is here, at most once a minute; somebody who comes back shows at once.

    An instructor at their page is not them.

    Parameters
    ----------
    has_typed : something was typed on their page within the last minute; it is remembered with that, in one write
    """
    if not acting.is_own:
        return
    membership, now = acting.member, timezone.now()
    last = membership.last_active_at
    if last is not None and now - last < ACTIVITY_GRAIN:
        return
    was_here = selectors.is_here(membership)
    with transaction.atomic():
        stale = Q(last_active_at=None) | Q(last_active_at__lt=now - ACTIVITY_GRAIN)
        times = {"last_active_at": now} | ({"typed_at": now} if has_typed else {})
        changed = Membership.objects.filter(stale, pk=membership.pk).update(**times)
        if changed and not was_here:
            touch(membership.cohort)


def note_projector(cohort: Cohort) -> None:
    """Remember that a projector shows a class, at most every five seconds; one that has just been opened shows at once.

    Parameters
    ----------
    cohort : with its version
    """
    version, now = cohort.version, timezone.now()
    if version.projected_at is not None and now - version.projected_at < PROJECTOR_GRAIN:
        return
    was_open = selectors.is_projected(version)
    with transaction.atomic():
        stale = Q(projected_at=None) | Q(projected_at__lt=now - PROJECTOR_GRAIN)
        changed = CohortVersion.objects.filter(stale, pk=version.pk).update(projected_at=now)
        if changed and not was_open:
            touch(cohort)


def set_gradient_rule(cohort: Cohort, rule: str) -> None:
    """Change the rule for the slope.

    Raises
    ------
    Conflict
        If somebody's answers have been graded by the present rule.
    """
    if rule == cohort.gradient_rule:
        return
    changed = Cohort.objects.filter(pk=cohort.pk, rule_fixed_at=None).update(gradient_rule=rule)
    if not changed:
        raise Conflict(cohort.says_rule_fixed)
    cohort.gradient_rule = rule


def lead_class(cohort: Cohort) -> None:
    """Lead a class from now on; people can join it.

    A session that ended a short while ago goes on; on another day a new one begins.
    """
    cohort.refuse_if_archived()
    with transaction.atomic():
        stored, now = Cohort.objects.select_for_update().get(pk=cohort.pk), timezone.now()
        if stored.pace == Pace.LED and stored.led_at is not None:
            # An older page was pressed: what was decided since stays, joining included.
            cohort.pace, cohort.led_at, cohort.ended_at = stored.pace, stored.led_at, stored.ended_at
            cohort.joining_closed_at = stored.joining_closed_at
            return
        goes_on = stored.pace == Pace.LED or (stored.ended_at is not None and now - stored.ended_at < SAME_SESSION)
        _set_pace(cohort, Pace.LED, ended_at=None)
        cohort.led_at = (stored.led_at if goes_on else None) or now
        Cohort.objects.filter(pk=cohort.pk).update(led_at=cohort.led_at)


def end_class(cohort: Cohort) -> bool:
    """End a led session: the class is self-paced from now on, and remembers since when. Nobody joins it any more.

    Tell whether it was led: one that had ended stays as it is.
    """
    cohort.refuse_if_archived()
    with transaction.atomic():
        if Cohort.objects.select_for_update().get(pk=cohort.pk).pace != Pace.LED:
            return False
        _set_pace(cohort, Pace.SELF, ended_at=timezone.now())
    return True


def _set_pace(cohort: Cohort, pace: Pace, *, ended_at: datetime | None) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(pace=pace, ended_at=ended_at, joining_closed_at=ended_at)
    cohort.pace, cohort.ended_at, cohort.joining_closed_at = pace, ended_at, ended_at


def open_joining(instructor: Membership) -> None:
    """Let the code take people in."""
    set_joining(instructor.cohort, is_open=True, by=instructor)


def close_joining(instructor: Membership) -> None:
    """Let the code take in nobody. Members come and go all the same."""
    set_joining(instructor.cohort, is_open=False, by=instructor)


def set_joining(cohort: Cohort, *, is_open: bool, by: Membership | None) -> bool:
    """Let the code take people in or not, and tell whether that is new. It is an event of `by`, an instructor."""
    cohort.refuse_if_archived()
    closed_at = None if is_open else timezone.now()
    with transaction.atomic():
        changed = Cohort.objects.filter(pk=cohort.pk, joining_closed_at__isnull=not is_open)
        is_new = bool(changed.update(joining_closed_at=closed_at))
        if is_new:
            if by is not None:
                events.record(events.JoiningOpened() if is_open else events.JoiningClosed(), by)
            touch(cohort)
    cohort.joining_closed_at = closed_at
    return is_new


def change_code(cohort: Cohort, code: str, *, by: Membership | None) -> str:
    """Give the class a new join code in the place of `code`; the old one stops at once. A press that comes twice
    changes it once. It is an event of `by`, an instructor.
    """
    cohort.refuse_if_archived()
    new = new_join_code()
    while Cohort.objects.filter(join_code=new).exists():
        new = new_join_code()
    with transaction.atomic():
        if Cohort.objects.filter(pk=cohort.pk, join_code=code).update(join_code=new):
            if by is not None:
                events.record(events.CodeChanged(), by)
            touch(cohort)
    cohort.refresh_from_db(fields=["join_code"])
    return cohort.join_code


def change_member(instructor: Membership, student: Membership, *, display_name: str, student_id: str) -> None:
    """Give a student a display name and a student ID, both or neither.

    Raises
    ------
    Refusal
        With what is wrong about either.
    """
    errors: dict[str, list[str]] = {}
    with transaction.atomic():
        for save, typed in ((rename, display_name), (set_student_id, student_id)):
            try:
                save(instructor, student, typed)
            except Refusal as refused:
                if not refused.errors:
                    raise
                errors |= refused.errors
        if errors:
            raise Refusal(" ".join(says for each in errors.values() for says in each), errors=errors)


def rename(instructor: Membership, student: Membership, name: str) -> None:
    """Give a student another display name.

    Raises
    ------
    Refusal
        If the name cannot be shown.
    Forbidden
        If they are more than a student somewhere.
    """
    student.cohort.refuse_if_archived()
    was, name = student.user.display_name, " ".join(name.split())
    if name == was:
        return
    _refuse_more_than_a_student(student, _("This person is more than a student. Only an admin can rename them."))
    try:
        name = User._meta.get_field("display_name").clean(name, student.user)
    except ValidationError as error:
        raise Refusal(" ".join(error.messages), errors={"display_name": error.messages}) from error
    with transaction.atomic():
        hold_place(student)
        User.objects.filter(pk=student.user_id).update(display_name=name)
        events.record(events.MemberRenamed(was, name), student, by=instructor)
        touch(student.cohort)
    student.user.display_name = name


def set_student_id(instructor: Membership, student: Membership, student_id: str) -> None:
    """Say what the school calls a student; nothing takes it away.

    Raises
    ------
    Refusal
        If it is none, or somebody else of the class has it, removed ones included.
    """
    student.cohort.refuse_if_archived()
    field, student_id = Membership._meta.get_field("student_id"), " ".join(student_id.split())
    try:
        student_id = field.clean(student_id, student)
    except ValidationError as error:
        raise Refusal(" ".join(error.messages), errors={"student_id": error.messages}) from error
    if student_id == student.student_id:
        return
    was, student.student_id = student.student_id, student_id
    try:
        with transaction.atomic():
            hold_place(student)
            student.save(update_fields=["student_id"])
            events.record(events.StudentIdSet(was, student_id), student, by=instructor)
            touch(student.cohort)
    except IntegrityError as error:
        student.student_id = was
        says = _("Somebody else in this class has that student ID.")
        raise Refusal(says, errors={"student_id": [says]}) from error


def remove(instructor: Membership | None, student: Membership, *, keep_out: bool = False) -> None:
    """Take a student out of the class. All their work is kept; they are in no count, and their pages are closed to
    them. With `keep_out` the code does not bring them back, whoever else removed them a moment ago. An admin is no
    instructor of the class.
    """
    student.cohort.refuse_if_archived()
    with transaction.atomic():
        hold_place(student)
        present = Membership.objects.present().filter(pk=student.pk, role=Role.STUDENT)
        removed = Membership.objects.filter(pk=student.pk, merged_into=None, kept_out=False, removed_at__isnull=False)
        is_new = present.update(removed_at=timezone.now(), removed_by=instructor, kept_out=keep_out)
        if not is_new and not (keep_out and removed.update(kept_out=True)):
            return
        events.record(events.MemberRemoved(keep_out), student, by=instructor)
        touch(student.cohort)
    student.refresh_from_db(fields=["removed_at", "removed_by", "kept_out"])


def take_back(instructor: Membership | None, student: Membership) -> None:
    """Bring a removed student back, with all that they did.

    Raises
    ------
    Conflict
        If their work went to another account of theirs.
    """
    student.cohort.refuse_if_archived()
    with transaction.atomic():
        now = hold_place(student)
        if now.merged_into_id is not None:
            raise Conflict(_("This account was merged into another one. Its work is there."))
        if not now.is_present:
            _bring_back(now, by=instructor)
    student.refresh_from_db(fields=["removed_at", "removed_by", "kept_out"])


def close_double(
    keep: Membership,
    double: Membership,
    *,
    moved: dict[str, int],
    aside: list[dict[str, Any]],
    by: Membership | None,
) -> None:
    """Close the account of a double whose work has gone to another one, with what was told of it. Both are locked.

    Parameters
    ----------
    moved, aside : as `events.AccountsMerged` keeps them
    """
    LearningEvent.objects.filter(membership=double).update(membership=keep)
    student_id = keep.student_id or double.student_id
    seen = [each.last_active_at for each in (keep, double) if each.last_active_at]
    Membership.objects.filter(merged_into=double).update(merged_into=keep)
    Membership.objects.filter(pk=double.pk).update(
        removed_at=timezone.now(), removed_by=by, merged_into=keep, student_id=""
    )
    Membership.objects.filter(pk=keep.pk).update(
        student_id=student_id,
        joined_at=min(keep.joined_at, double.joined_at),
        last_active_at=max(seen, default=None),
    )
    news = events.AccountsMerged(double.pk, double.user.get_username(), moved, aside)
    events.record(news, keep, by=by)
    touch(keep.cohort)


def _bring_back(student: Membership, *, by: Membership | None) -> None:
    student.removed_at, student.removed_by, student.kept_out = None, None, False
    student.save(update_fields=["removed_at", "removed_by", "kept_out"])
    events.record(events.MemberReturned(), student, by=by)
    touch(student.cohort)


def _refuse_more_than_a_student(student: Membership, says: str) -> None:
    """What is somebody's everywhere is not for the instructors of one of their classes to take."""
    user = student.user
    teaches = Membership.objects.filter(user=user, role=Role.INSTRUCTOR).exists()
    if user.is_staff or user.is_superuser or teaches:
        raise Forbidden(says)


def reset_password(membership: Membership, student: Membership) -> str:
    """Give a student of the instructor's class a new password, which is said once and never again.

    Their log-ins elsewhere end with it.

    Raises
    ------
    Forbidden
        If the student is more than a student somewhere: an instructor's log-in is not for other instructors to take.
    """
    user = student.user
    says = _("This person is more than a student. Only an admin can give them a new password.")
    _refuse_more_than_a_student(student, says)
    password = cards.new_password()
    user.set_password(password)
    with transaction.atomic():
        hold_place(student)
        user.save(update_fields=["password"])
        events.record(events.PasswordReset(), student, by=membership)
    return password


def fix_gradient_rule(cohort: Cohort) -> GradientRule:
    """Give the rule to grade by, and make sure that it stays the rule from now on."""
    if cohort.rule_fixed_at is None:
        Cohort.objects.filter(pk=cohort.pk, rule_fixed_at=None).update(rule_fixed_at=timezone.now())
        cohort.refresh_from_db(fields=["gradient_rule", "rule_fixed_at"])
    return GradientRule(cohort.gradient_rule)
