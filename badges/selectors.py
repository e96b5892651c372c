"""How far a badge is earned, and what stands behind it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from badges import catalogue
from badges.catalogue import Badge, Criterion
from badges.models import Award, RevokedNumber
from badges.rules import Explanation, LearnerRecord, StepsTaken
from classroom.models import Membership, Role, User
from classroom.refusals import NotFound
from lessons import selectors
from lessons.activities.base import type_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState, Submission
from lessons.standings import Standing, TextMemory

MOST_VERSIONS = 5  # of a text, listed as evidence: the newest


@dataclass(frozen=True)
class Evidence:
    """One thing that a member did: when, in a few words, and where they find it again."""

    type: str  # submission or run
    id: str
    says: str
    at: datetime | None = None
    url: str = ""


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
    evidence: tuple[Evidence, ...]
    part: str


@dataclass(frozen=True)
class BadgePage:
    """A badge as one member sees it."""

    badge: Badge
    criteria: tuple[CriterionView, ...]
    award: Award | None
    # The last one that was taken back, if none stands; if one stands, that in whose place it was issued.
    revoked: Award | None
    replaced: Award | None

    @property
    def n_met(self) -> int:
        return sum(criterion.is_met for criterion in self.criteria)

    @property
    def is_undermined(self) -> bool:
        """An approval that the award stands on was taken back. Criteria that came later do not count."""
        stood_on = {each["criterion"] for each in self.award.evidence} if self.award else set()
        return any(each.key in stood_on and each.can_end and not each.is_met for each in self.criteria)

    @property
    def is_with_instructor(self) -> bool:
        missing = [criterion for criterion in self.criteria if not criterion.is_met]
        return bool(missing) and all(criterion.waits for criterion in missing)


def badge_page(membership: Membership, lesson: LoadedLesson, badge: Badge) -> BadgePage:
    """Lay out a badge for one member, in a constant number of queries."""
    rows = selectors.progress_of(membership, lesson)
    standings = badge.judge(record_of(membership, lesson, rows))
    awards = list(Award.objects.filter(membership=membership, badge=badge.slug).order_by("-pk")[:2])
    found = _Evidence(membership, lesson, rows)
    criteria = tuple(
        CriterionView(
            key=criterion.key,
            title=criterion.title,
            todo=criterion.todo,
            is_met=standings[criterion.key].is_met,
            waits=standings[criterion.key].waits,
            can_end=criterion.condition.can_end,
            says=found.says(criterion),
            tells=found.tells(criterion),
            evidence=tuple(found.of(criterion)),
            part=selectors.place_of(lesson, criterion.condition.activity)[0].key,
        )
        for criterion in badge.criteria
    )
    newest = awards[0] if awards else None
    if newest is None or not newest.is_valid:
        return BadgePage(badge, criteria, award=None, revoked=newest, replaced=None)
    replaced = next((each for each in awards[1:] if each.revoked == Award.Revoked.DECISION), None)
    return BadgePage(badge, criteria, award=newest, revoked=None, replaced=replaced)


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
            elif found and found.n_steps:
                steps[activity.key] = StepsTaken(found.n_steps, found.n_matching)
            elif found and found.is_measured:
                measured.add(activity.key)
    return LearnerRecord(steps, explanations, frozenset(measured))


class _Evidence:
    """Finds what a criterion rests on. A query for each that rests on what was handed in."""

    def __init__(self, membership: Membership, lesson: LoadedLesson, rows: Mapping[str, PartProgress]) -> None:
        self.membership, self.lesson, self.rows = membership, lesson, rows

    def _accepted(self, activity: str) -> QuerySet[Submission]:
        """What was handed in and accepted, without what stands in it."""
        sent = Submission.objects.filter(membership=self.membership, lesson=self.lesson.lesson.slug, activity=activity)
        return sent.filter(accepted=True).only("step", "lesson", "received_at")

    def _standing(self, criterion: Criterion) -> Standing[Any]:
        part, activity = selectors.place_of(self.lesson, criterion.condition.activity)
        return selectors.standing_of(self.rows.get(part.key), activity)

    def says(self, criterion: Criterion) -> str:
        standing = self._standing(criterion)
        if criterion.condition.type == "explanation_approved":
            return self._says_text(standing.memory)
        __, activity = selectors.place_of(self.lesson, criterion.condition.activity)
        return type_of(activity).says_achievement(standing)

    def tells(self, criterion: Criterion) -> str:
        # The numbers of the steps are the same for everybody.
        return "" if criterion.condition.type == "hand_steps_match" else self.says(criterion)

    def _says_text(self, memory: TextMemory) -> str:
        if memory.aloud:
            return _("explained aloud")
        if memory.is_settled:
            return _("approved by an instructor")
        if not memory.text:
            return ""
        return _("sent back") if memory.is_returned else _("with your instructor")

    def of(self, criterion: Criterion) -> Iterator[Evidence]:
        activity = criterion.condition.activity
        memory = self._standing(criterion).memory
        if criterion.condition.type == "hand_steps_match":
            newest = self._accepted(activity).values("step").annotate(newest=Max("pk")).values("newest")
            for submission in self._accepted(activity).filter(pk__in=newest).order_by("step"):
                yield self._submission(submission, _("step %(n)d") % {"n": submission.step})
        elif criterion.condition.type == "explanation_approved":
            found = self._accepted(activity)
            n, last = found.count(), list(found.order_by("-pk")[:MOST_VERSIONS])
            for number, submission in zip(range(n, 0, -1), last, strict=False):
                yield self._submission(submission, _("version %(n)d") % {"n": number})
        else:
            found = memory.evidence
            for when, label in (("before", _("before")), ("after", _("after"))):
                if when in found:
                    yield self._run(activity, found[when], label)

    def _submission(self, submission: Submission, label: str) -> Evidence:
        slug = self.membership.cohort.slug
        url = reverse("lessons:submission", args=[slug, submission.lesson, submission.pk])
        return Evidence("submission", str(submission.pk), label, submission.received_at, url)

    def _run(self, activity: str, figures: Mapping[str, Any], label: str) -> Evidence:
        part, found = selectors.place_of(self.lesson, activity)
        at = reverse("lessons:part", args=[self.membership.cohort.slug, self.lesson.lesson.slug, part.key])
        said = _("%(label)s: recall %(percent)d of 100") % {
            "label": label,
            "percent": round(100 * figures["recall"]),
        }
        run = self._shown_run(activity, figures["run"])
        return Evidence(
            "run", figures["run"], said, None, f"{at}?trial={found.trial_keys[0]}&run={run}#{found.key}-head"
        )

    def _shown_run(self, activity: str, run: str) -> str:
        """The run under which the page shows this one: that of the repair, which stands beside its companion."""
        part, met = selectors.place_of(self.lesson, activity)
        found = selectors.standing_of(self.rows[part.key], met).memory.evidence
        return str(found["after"]["run"]) if found["before"]["run"] == run else run


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
    raise NotFound(_("There is no such credential, or its owner has not shared it."))


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
    class_of = award.membership.cohort_id
    return Membership.objects.filter(user_id=user.pk, cohort_id=class_of, role=Role.INSTRUCTOR).exists()


def revoked() -> tuple[list[int], int]:
    """The numbers of the awards that were revoked, and the highest number there is."""
    numbers = list(RevokedNumber.objects.values_list("number", flat=True))
    highest = Award.objects.order_by("-pk").values_list("pk", flat=True).first()
    return numbers, max([highest or 0, *numbers])


def new_badges(user: User) -> list[Award]:
    """What somebody has earned in any of their classes and not looked at yet."""
    new = Award.objects.filter(membership__user=user, revoked_at=None, seen_at=None, membership__cohort__archived=False)
    return list(new.select_related("membership__cohort"))
