"""Award a badge once, whichever criterion comes last; revoke it, issue it again, share it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
import lessons.catalogue
from badges import catalogue, credentials, reasons, selectors
from badges.catalogue import Badge
from badges.events import BadgeAwarded, BadgeRevoked
from badges.models import Award, RevokedNumber
from badges.selectors import BadgePage
from classroom import events
from classroom.models import LearningEvent, Membership, Role
from classroom.refusals import Conflict, NotFound
from lessons import progress
from lessons.authoring.loader import LoadedLesson
from lessons.events import AloudTakenBack, ReviewTakenBack
from lessons.models import PartProgress, PartState
from lessons.selectors import lesson_of
from lessons.standings import BadgeMemory, badge_in, with_badge


def consider(
    membership: Membership, lesson: LoadedLesson, badge: Badge, *, by: Membership | None = None
) -> Award | None:
    """Bring a badge up to date with what its member has done: award it if all stands, note how far it is if not.

    Safe to do at any time, twice, and by several at once. What an instructor has revoked stays revoked. `by` is the
    instructor whose act came last, if it was not the member's own.
    """
    if membership.role != Role.STUDENT:
        return None
    with transaction.atomic():
        try:
            progress.lock(membership)
        except NotFound:
            return None  # removed since
        page = selectors.badge_page(membership, lesson, badge)
        is_earned = page.n_met == len(page.criteria)
        may_come_back = page.revoked is None or page.revoked.revoked == Award.Revoked.EVIDENCE
        award = page.award
        if award is None and is_earned and may_come_back:
            award = _award(membership, page, by=by)
        elif award is not None and page.is_undermined and not award.given_because:
            _revoke(award, Award.Revoked.EVIDENCE, reasons.TAKEN_BACK, None)
            award = None
        _note(membership, lesson, page, award)
    return award


def consider_again(member: int, lesson: str, by: int | None) -> None:
    """The same by keys: of somebody who is gone, or a badge that is, there is nothing to consider."""
    people = Membership.objects.select_related("cohort", "user").in_bulk([member, *([by] if by else [])])
    badge = catalogue.of_lesson(lesson)
    if member in people and badge in _in_use() and lesson in people[member].cohort.lessons:
        consider(people[member], lesson_of(people[member], lesson), badge, by=people.get(by or 0))


def is_behind(page: BadgePage) -> bool:
    """Tell whether what a page has found is not what the member's progress keeps of it: a message is on its way, or
    was lost.
    """
    return _is_news(page, _state(page, page.award), _memory(page, page.award))


def _award(membership: Membership, page: BadgePage, *, by: Membership | None, because: str = "", **facts: Any) -> Award:
    evidence = [
        {
            "criterion": criterion.key,
            "title": criterion.title,
            "says": criterion.tells,
            "of": [{"type": each.type, "id": each.id} for each in criterion.evidence],
        }
        for criterion in page.criteria
        if criterion.is_met
    ]
    award = Award.objects.create(membership=membership, badge=page.badge.slug, evidence=evidence, **facts)
    award.token = credentials.signed(award)
    award.save(update_fields=["token"])
    events.record(BadgeAwarded(page.badge.slug, because), membership, by=by)
    return award


def _revoke(award: Award, kind: Award.Revoked, because: str, by: Membership | None) -> None:
    award.revoked_at, award.revoked, award.revoked_because, award.revoked_by = timezone.now(), kind, because, by
    award.save(update_fields=["revoked_at", "revoked", "revoked_because", "revoked_by"])
    RevokedNumber.objects.create(number=award.pk)
    events.record(BadgeRevoked(award.badge, because), award.membership, by=by)


def _note(membership: Membership, lesson: LoadedLesson, page: BadgePage, award: Award | None) -> None:
    """Keep in the member's progress how far they are, for their arc and for the grid of the class."""
    part = next((part for part in lesson.lesson.parts if part.badge == page.badge.slug), None)
    if part is None:
        return
    state, kept = _state(page, award), _memory(page, award)
    if not _is_news(page, state, kept):
        return
    now = timezone.now()
    row = page.row or PartProgress(membership=membership, lesson=lesson.lesson.slug, part=part.key)
    if row.state != state:
        row.state, row.since = state, now
    row.activities, row.moved_at = with_badge(page.badge.slug, kept), now
    row.save()
    classroom.services.touch(membership.cohort)


def _memory(page: BadgePage, award: Award | None) -> BadgeMemory:
    return BadgeMemory(
        title=page.badge.title,
        n_met=page.n_met,
        n=len(page.criteria),
        waits=page.is_with_instructor,
        is_new=award is not None and award.seen_at is None,
    )


def _is_news(page: BadgePage, state: PartState, memory: BadgeMemory) -> bool:
    if page.row is None:
        return state != PartState.NOT_STARTED
    return (page.row.state, badge_in(page.row.activities, page.badge.slug)) != (state, memory)


def _state(page: BadgePage, award: Award | None) -> PartState:
    if award is not None:
        return PartState.DONE
    if page.is_with_instructor and page.n_met:
        return PartState.WAITING
    begun = page.n_met or any(criterion.says for criterion in page.criteria)
    return PartState.WORKING if begun else PartState.NOT_STARTED


def note_seen(membership: Membership, lesson: LoadedLesson, badge: Badge) -> None:
    """Remember that a member has seen that they earned it: the moment of joy comes once."""
    with transaction.atomic():
        progress.lock(membership)
        seen = Award.objects.filter(membership=membership, badge=badge.slug, revoked_at=None, seen_at=None)
        if seen.update(seen_at=timezone.now()):
            _note_again(membership, lesson, badge)


def _note_again(membership: Membership, lesson: LoadedLesson, badge: Badge) -> None:
    page = selectors.badge_page(membership, lesson, badge)
    _note(membership, lesson, page, page.award)


def sweep() -> int:
    """Do what a crash between a commit and its award, or its revocation, has missed; give how many were awarded."""
    n = 0
    for badge in _in_use():
        for membership in _perhaps_undermined(badge):
            consider(membership, lesson_of(membership, badge.lesson), badge)
        for membership in _perhaps_missed(badge):
            n += consider(membership, lesson_of(membership, badge.lesson), badge) is not None
    return n


def _in_use() -> list[Badge]:
    """Badges whose lessons can be opened: nothing can be judged by files that cannot be read."""
    return [badge for badge in catalogue.all_badges().values() if lessons.catalogue.get(badge.lesson) is not None]


def _perhaps_undermined(badge: Badge) -> list[Membership]:
    """Students who have an award, and of whom something was taken back since. One query."""
    since = LearningEvent.objects.filter(
        membership=OuterRef("membership"),
        kind__in=(ReviewTakenBack.kind, AloudTakenBack.kind),
        at__gte=OuterRef("issued_at"),
    )
    present = Membership.objects.present().filter(cohort__archived=False)
    valid = Award.objects.filter(Exists(since), badge=badge.slug, revoked_at=None, given_because="")
    found = valid.filter(membership__in=present).select_related("membership__cohort", "membership__user")
    return [award.membership for award in found if badge.lesson in award.membership.cohort.lessons]


def _perhaps_missed(badge: Badge) -> Iterable[Membership]:
    """Students whose progress says that all stands, and who have no award, nor had one by decision. Three queries."""
    settled = Award.objects.filter(badge=badge.slug).exclude(revoked=Award.Revoked.EVIDENCE)
    students = Membership.objects.present().filter(role=Role.STUDENT, cohort__archived=False)
    candidates = students.filter(progress__lesson=badge.lesson).exclude(pk__in=settled.values("membership"))
    for membership in candidates.select_related("cohort", "user").prefetch_related("progress").distinct():
        if badge.lesson not in membership.cohort.lessons:
            continue
        lesson = lesson_of(membership, badge.lesson)
        rows = {row.part: row for row in membership.progress.all() if row.lesson == badge.lesson}
        statuses = badge.judge(selectors.record_of(membership, lesson, rows)).values()
        if all(status.is_met for status in statuses):
            yield membership


def give(membership: Membership, student: Membership, lesson: LoadedLesson, badge: Badge, because: str) -> Award:
    """Award a badge by hand, whatever its criteria say, or once more after it was revoked.

    Raises
    ------
    Refusal
        Without a reason.
    Conflict
        If the student has it.
    """
    because = reasons.read(because)
    with transaction.atomic():
        progress.lock(student)
        student.cohort.refuse_if_archived()
        page = selectors.badge_page(student, lesson, badge)
        if page.award is not None:
            raise Conflict(_("They have this badge already."))
        award = _award(student, page, by=membership, because=because, given_by=membership, given_because=because)
        _note(student, lesson, page, award)
        classroom.services.touch(membership.cohort)
    return award


def revoke(membership: Membership, student: Membership, lesson: LoadedLesson, badge: Badge, because: str) -> Award:
    """Take a badge back; its credential says so from then on.

    Raises
    ------
    Refusal
        Without a reason.
    Conflict
        If the student does not have it.
    """
    because = reasons.read(because)
    with transaction.atomic():
        progress.lock(student)
        student.cohort.refuse_if_archived()
        award = _valid_award(student, badge)
        award.membership = student
        _revoke(award, Award.Revoked.DECISION, because, membership)
        _note_again(student, lesson, badge)
        classroom.services.touch(membership.cohort)
    return award


def reissue(membership: Membership, student: Membership, lesson: LoadedLesson, badge: Badge, because: str) -> Award:
    """Put a new credential in the place of one that stands: another address, and the old one revoked.

    It is as it was: earned if it was earned, given if it was given, shared if it was shared, and seen if it was seen.
    Its owner reads on the badge's page that it was issued again, and why.
    """
    because = reasons.read(because)
    with transaction.atomic():
        progress.lock(student)
        student.cohort.refuse_if_archived()
        award = _valid_award(student, badge)
        award.membership = student
        _revoke(award, Award.Revoked.DECISION, because, membership)
        page = selectors.badge_page(student, lesson, badge)
        kept = {
            name: getattr(award, name) for name in ("given_by", "given_because", "seen_at", "is_shared", "shows_name")
        }
        fresh = _award(student, page, by=membership, because=because, **kept)
        _note_again(student, lesson, badge)
        classroom.services.touch(membership.cohort)
    return fresh


def revoke_all(members: Collection[int]) -> int:
    """Put all valid awards of some members on the list of those that were revoked, and give how many that were. The
    awards themselves are about to be erased: the list outlives them.
    """
    valid = Award.objects.filter(membership__in=members, revoked_at=None).values_list("pk", flat=True)
    return len(RevokedNumber.objects.bulk_create([RevokedNumber(number=pk) for pk in valid]))


def _valid_award(student: Membership, badge: Badge) -> Award:
    award = Award.objects.filter(membership=student, badge=badge.slug, revoked_at=None).first()
    if award is None:
        raise Conflict(_("They do not have this badge."))
    return award


def earned_twice(keep: Membership, double: Membership) -> list[tuple[Award, Award]]:
    """Give the badges that two accounts of one person both have: the award that stands, and the later one."""
    valid: dict[str, list[Award]] = {}
    for award in Award.objects.filter(membership__in=(keep, double), revoked_at=None).order_by("issued_at", "pk"):
        valid.setdefault(award.badge, []).append(award)
    return [(awards[0], awards[1]) for awards in valid.values() if len(awards) > 1]


def hand_over(keep: Membership, double: Membership, *, by: Membership | None) -> None:
    """Let one account of a person have the badges of another: of two the one that was earned first.

    Each keeps its address. The later one says that it was revoked, why, and which one stands; that is seen by whoever
    could see either. Both accounts are locked by whoever asks.
    """
    for first, later in earned_twice(keep, double):
        later.membership = keep
        _revoke(later, Award.Revoked.DECISION, reasons.MERGED, by)
        share(first, is_shared=first.is_shared or later.is_shared, shows_name=first.shows_name or later.shows_name)
    Award.objects.filter(membership=double).update(membership=keep)


def consider_all(membership: Membership, *, by: Membership | None) -> None:
    """Bring every badge of the member's lessons up to date."""
    for badge in _in_use():
        if badge.lesson in membership.cohort.lessons:
            consider(membership, lesson_of(membership, badge.lesson), badge, by=by)


def share(award: Award, *, is_shared: bool, shows_name: bool) -> None:
    """Let everybody who has its address see a credential, or nobody but its owner."""
    Award.objects.filter(pk=award.pk).update(is_shared=is_shared, shows_name=shows_name)
    award.refresh_from_db(fields=["is_shared", "shows_name"])


def badge_of(lesson: LoadedLesson) -> Badge:
    """The badge that a lesson shows.

    Raises
    ------
    NotFound
        If it shows none.
    """
    badge = catalogue.of_lesson(lesson.lesson.slug)
    if badge is None:
        raise NotFound(_("There is no badge in this lesson."))
    return badge
