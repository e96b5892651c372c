"""How far a badge is earned, and what stands behind it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from badges import catalogue
from badges.catalogue import Badge, Criterion
from badges.evidence import Comment, Evidence, Finder, finder_of
from badges.models import Award, RevokedNumber
from badges.rules import CriterionStatus, Explanation, LearnerRecord, StepsTaken
from classroom.models import Membership, Role, User
from classroom.refusals import NotFound
from lessons import selectors
from lessons.activities.base import type_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState


@dataclass(frozen=True)
class CriterionView:
    key: str
    title: str
    todo: str
    is_met: bool
    waits: bool
    can_end: bool
    # In a few words what stands there, for its owner; and for everybody, without what others have still to work out.
    says: str
    tells: str
    comment: Comment | None
    evidence: tuple[Evidence, ...]
    part: str
    activity: str
    # It was read and sent back, and nothing was sent since.
    is_returned: bool = False


@dataclass(frozen=True)
class BadgePage:
    """A badge as one member sees it."""

    badge: Badge
    criteria: tuple[CriterionView, ...]
    award: Award | None
    # The last one that was taken back, if none stands; if one stands, that in whose place it was issued.
    revoked: Award | None
    replaced: Award | None
    # What the member's progress keeps of it, in the part that shows it.
    row: PartProgress | None

    @property
    def n_met(self) -> int:
        return sum(criterion.is_met for criterion in self.criteria)

    @property
    def is_undermined(self) -> bool:
        """An approval that the award stands on was taken back. Criteria that came later do not count."""
        stood_on = {each["criterion"] for each in self.award.evidence} if self.award else set()
        return any(each.key in stood_on and each.can_end and not each.is_met for each in self.criteria)

    @property
    def sent_back(self) -> CriterionView | None:
        """What was sent back comes before all else that is missing."""
        return next((criterion for criterion in self.criteria if criterion.is_returned), None)

    @property
    def is_with_instructor(self) -> bool:
        missing = [criterion for criterion in self.criteria if not criterion.is_met]
        return bool(missing) and all(criterion.waits for criterion in missing)


def badge_page(membership: Membership, lesson: LoadedLesson, badge: Badge) -> BadgePage:
    """Lay out a badge for one member, in a constant number of queries."""
    rows = selectors.progress_of(membership, lesson)
    statuses = badge.judge(record_of(membership, lesson, rows))
    mine = Award.objects.filter(membership=membership, badge=badge.slug)
    # The one that stands first: it may be the older one, if it was earned under two accounts.
    awards = list(mine.order_by(F("revoked_at").desc(nulls_first=True), "-pk")[:2])
    criteria = tuple(
        _criterion(criterion, statuses[criterion.key], finder_of(membership, lesson, rows, criterion.condition))
        for criterion in badge.criteria
    )
    newest = awards[0] if awards else None
    row = next((rows.get(part.key) for part in lesson.lesson.parts if part.badge == badge.slug), None)
    if newest is None or not newest.is_valid:
        return BadgePage(badge, criteria, award=None, revoked=newest, replaced=None, row=row)
    replaced = next((each for each in awards[1:] if each.revoked == Award.Revoked.DECISION), None)
    return BadgePage(badge, criteria, award=newest, revoked=None, replaced=replaced, row=row)


def _criterion(criterion: Criterion, status: CriterionStatus, found: Finder) -> CriterionView:
    says = found.says()
    return CriterionView(
        key=criterion.key,
        title=criterion.title,
        todo=criterion.todo,
        is_met=status.is_met,
        waits=status.waits,
        can_end=criterion.condition.can_end,
        says=says,
        tells=says if criterion.condition.is_told else "",
        comment=found.comment(),
        evidence=tuple(found.all()),
        part=found.part.key,
        activity=found.activity.key,
        is_returned=found.is_returned(),
    )


def record_of(membership: Membership, lesson: LoadedLesson, rows: Mapping[str, PartProgress]) -> LearnerRecord:
    """What the rules judge by: read from the member's progress, without a query."""
    steps, explanations, measured = {}, {}, set()
    for part in lesson.lesson.parts:
        for activity in part.activities:
            row = rows.get(part.key)
            if row is None or activity.key not in row.activities:
                continue
            standing = selectors.standing_of(row, activity)
            met = selectors.as_met(membership, lesson, activity)
            found = type_of(activity).achievement(membership, met, standing)
            if activity.is_read:
                waits = standing.memory.state == PartState.WAITING
                explanations[activity.key] = Explanation(waits=waits, is_approved=standing.memory.is_settled)
            if found and found.n_steps:
                steps[activity.key] = StepsTaken(found.n_steps, found.n_matching)
            if found and found.is_measured:
                measured.add(activity.key)
    return LearnerRecord(steps, explanations, frozenset(measured))


def credential(user: User | Any, number: uuid.UUID) -> tuple[Award, bool]:
    """Give an award, and whether it is the visitor's own; others see it once it is shared, its instructors always.

    Raises
    ------
    NotFound
        If there is none, or it is private; the two look alike.
    """
    award = Award.objects.filter(uuid=number).select_related("membership__user", "membership__cohort").first()
    if award is not None:
        is_own = user.is_authenticated and award.membership.user_id == user.pk
        if is_own or award.is_shared or teaches(user, award):
            return award, is_own
    raise NotFound(_("This credential does not exist, or its owner has not shared it."))


def lesson_with(award: Award) -> str:
    """The lesson whose badge this is, if its class still has it."""
    badge = catalogue.all_badges().get(award.badge)
    return badge.lesson if badge and badge.lesson in award.membership.cohort.lessons else ""


def successor(user: User | Any, award: Award) -> Award | None:
    """The award that was issued in the place of a revoked one, if this visitor may see it."""
    if award.is_valid:
        return None
    found = Award.objects.filter(membership=award.membership_id, badge=award.badge, revoked_at=None).first()
    is_seen = found is not None and (found.is_shared or award.membership.user_id == user.pk or teaches(user, award))
    return found if is_seen else None


def teaches(user: User | Any, award: Award) -> bool:
    """Tell whether somebody is an instructor of the class in which it was awarded."""
    if not user.is_authenticated:
        return False
    mine = Membership.objects.present().filter(user_id=user.pk, role=Role.INSTRUCTOR)
    return mine.filter(cohort_id=award.membership.cohort_id).exists()


def revoked() -> tuple[list[int], int]:
    """The numbers of the awards that were revoked, and the highest number there is."""
    numbers = list(RevokedNumber.objects.values_list("number", flat=True))
    highest = Award.objects.order_by("-pk").values_list("pk", flat=True).first()
    return numbers, max([highest or 0, *numbers])


def new_badges(user: User) -> list[Award]:
    """What somebody has earned in any of their classes and not looked at yet."""
    mine = Membership.objects.present().filter(user=user, cohort__archived=False)
    new = Award.objects.filter(membership__in=mine, revoked_at=None, seen_at=None)
    return list(new.select_related("membership__cohort"))
