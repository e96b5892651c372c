"""What a learner may see now, as frozen facts. Nothing sealed leaves here before its moment."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom.acting import Acting
from classroom.models import Cohort, Membership
from classroom.prepared import Select, Slot
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from lessons import catalogue, stage
from lessons.activities.base import Account, ActivityView, AnyType, type_of
from lessons.authoring.base import AnyActivity, visible
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartOpening, PartProgress, PartState, Review, Submission
from lessons.standings import ReviewMemory, Standing, finished_in

_PROGRESS: Select[PartProgress] = Select(
    lambda: PartProgress.objects.filter(membership=Slot("member"), lesson=Slot("lesson"))
)


def _newest(**at: Slot) -> Select[Submission]:
    return Select(
        lambda: Submission.objects.filter(
            membership=Slot("member"), lesson=Slot("lesson"), activity=Slot("activity"), **at
        ).order_by("-pk")[:1]
    )


_NEWEST = _newest()
_NEWEST_AT_STEP = _newest(step=Slot("step"))


class NoQuestion(NotFound):
    """A question that the lesson does not have, or not for whoever asks."""

    def __init__(self) -> None:
        super().__init__(_("This question does not exist here."))


class LessonAway(Refusal):
    """A lesson of the class whose files cannot be used at the moment. What is sent to it waits in the browser."""

    status = 503
    title = gettext_lazy("This lesson is being repaired")

    def __init__(self, slug: str) -> None:
        says = _(
            "The lesson “%(slug)s” cannot be opened right now: its files have to be repaired first. "
            "Everything you did in it is stored. Your other lessons work."
        )
        super().__init__(says % {"slug": slug}, retry_after=30)


@dataclass(frozen=True)
class ActivityPage:
    """One activity laid out for the page."""

    kind: AnyType
    key: str
    title: str
    template: str
    # What stands beside the activity, if it has something.
    aside_template: str
    intro: str
    closing: str
    sheet: Any
    is_done: bool
    # Done, or with whoever reads it.
    is_finished: bool
    is_extra: bool
    # Whether something else comes first: it is not offered yet.
    is_ahead: bool
    submission_id: uuid.UUID
    saved_at: datetime | None

    @property
    def is_left(self) -> bool:
        """Whether something is left to do here, and can be done."""
        return not (self.is_finished or self.is_extra or self.is_ahead)

    @property
    def extra_key(self) -> str:
        """What the part's page is asked for it with; nothing for an activity that stands there anyhow."""
        return self.key if self.is_extra else ""


def lessons_of(cohort: Cohort) -> list[LoadedLesson]:
    """The cohort's lessons, in its order; one that is no longer in the catalogue is left out."""
    return [found for slug in cohort.lessons if (found := catalogue.get(slug))]


def lessons_away(cohort: Cohort) -> list[str]:
    """The slugs of the cohort's lessons whose files cannot be used at the moment."""
    known = catalogue.all_lessons()
    return [slug for slug in cohort.lessons if slug not in known]


def lesson_of(membership: Membership, slug: str) -> LoadedLesson:
    """Give a lesson of the member's class.

    Raises
    ------
    NotFound
        If the class does not have it.
    LessonAway
        If it has, and its files cannot be used at the moment.
    """
    if slug not in membership.cohort.lessons:
        raise NotFound(_("Your class does not have this lesson."))
    found = catalogue.get(slug)
    if found is None:
        raise LessonAway(slug)
    return found


def find_activity(membership: Membership, lesson: LoadedLesson, key: str) -> tuple[Part, AnyActivity]:
    """Give an activity as this member meets it, and its part.

    Raises
    ------
    NotFound
        If there is none, or its part is still to come.
    Forbidden
        If the instructor of a led class has not opened its part yet.
    """
    part, activity = place_of(lesson, key)
    if is_locked(membership, lesson, part):
        raise Forbidden(_("Your instructor has not opened this part yet. It opens for the whole class at once."))
    return part, as_met(membership, lesson, activity)


def place_of(lesson: LoadedLesson, key: str) -> tuple[Part, AnyActivity]:
    """Give an activity as it stands in the lesson, and its part."""
    found = lesson.find_activity(key)
    if found is None or found[0].soon:
        raise NotFound(_("This lesson does not have this activity yet."))
    return found


def as_met(membership: Membership, lesson: LoadedLesson, activity: AnyActivity) -> AnyActivity:
    """Give an activity with this member's own points, and the questions of their class's gradient rule."""
    seed = f"{lesson.lesson.slug}/{activity.key}/{membership.pk}"
    return activity.for_member(seed, membership.cohort.gradient_rule)


def is_locked(membership: Membership, lesson: LoadedLesson, part: Part) -> bool:
    """Tell whether the instructor still has to open this part for the member; no query where nobody leads."""
    if part.badge is not None or not stage.is_led_for(membership):
        return False
    return not PartOpening.objects.filter(
        stage__cohort=membership.cohort, stage__lesson=lesson.lesson.slug, part=part.key
    ).exists()


def progress_of(membership: Membership, lesson: LoadedLesson) -> dict[str, PartProgress]:
    return {row.part: row for row in _PROGRESS(member=membership.pk, lesson=lesson.lesson.slug)}


def comes_now(part: Part, activity: AnyActivity, row: PartProgress | None) -> bool:
    """Tell whether what an activity names as coming before it is done."""
    return not type_of(activity).why_not_yet(activity, part, finished_in(row.activities) if row else ())


def refuse_too_early(part: Part, activity: AnyActivity, row: PartProgress) -> None:
    """Refuse what is about something that its author has not seen yet."""
    says = type_of(activity).why_not_yet(activity, part, finished_in(row.activities))
    if says and not row.membership.is_instructor:
        raise Conflict(says)


def standing_of(row: PartProgress | None, activity: AnyActivity) -> Standing[Any]:
    """Where a member with this progress stands in one activity."""
    return type_of(activity).standing_in(row.activities if row else {}, activity.key)


def _told_review(review: ReviewMemory | None) -> dict[str, Any] | None:
    """What an instructor decided last, as plain data."""
    if review is None:
        return None
    return review.model_dump(mode="json", include={"decision", "comment", "met", "at"}) | {"by": reviewer_of(review)}


def reviewer_of(review: ReviewMemory | None) -> str:
    """Who decided last, as they are called now; a query only where somebody has decided."""
    if review is None:
        return ""
    found = Review.objects.filter(pk=review.id).select_related("by__user").first()
    return str(found.by.user) if found and found.by else _("An instructor")


def part_of(lesson: LoadedLesson, key: str) -> Part:
    found = lesson.part(key)
    if found is None:
        raise NotFound(_("This lesson does not have this part."))
    return found


def unread_in(part: Part, row: PartProgress | None) -> str:
    """What of a part an instructor has still to read, by key; nothing, if nothing is."""
    activities = (each for each in part.activities if each.is_read)
    return ".".join(each.key for each in activities if standing_of(row, each).memory.state == PartState.WAITING)


def activity_page(
    acting: Acting,
    lesson: LoadedLesson,
    part: Part,
    activity: AnyActivity,
    row: PartProgress | None,
    asked: Mapping[str, Any],
    at: stage.StageView | None = None,
    newest: Submission | None = None,
) -> ActivityPage:
    """Lay out one activity with what this member typed last.

    Parameters
    ----------
    activity : as this member meets it
    asked : what the address asks for: a ``step`` that was taken before and is to be mended, an ``item``, or a
        ``rate`` for the free slider
    at : the stage, where the page has read it
    newest : the newest submission to it, where it was stored just now
    """
    membership, kind = acting.member, type_of(activity)
    standing = standing_of(row, activity)
    is_done = standing.state == PartState.DONE
    step = asked.get("step")
    if step and step > standing.step:
        step = None
    newest, last = _typed_last(membership, lesson, activity, row, step or standing.step, newest)
    facts = visible(activity, unsealed=standing.is_finished)
    view = replace(
        view_of(acting, lesson, part, activity, item=asked.get("item") or ""),
        closer=bool(asked.get("closer")),
        rate=asked.get("rate") or "",
        trial=asked.get("trial") or "",
        run=str(asked.get("run") or ""),
        typed=asked.get("typed") or {},
        errors=asked.get("errors") or {},
        comes_now=comes_now(part, activity, row) or membership.is_instructor,
        reviewer=reviewer_of(standing.memory.review) if activity.is_read else "",
        stage=at,
    )
    sheet = kind.page(replace(view, standing=standing, last=last, step=step))
    return ActivityPage(
        kind=kind,
        key=activity.key,
        title=activity.title,
        template=kind.template,
        aside_template=kind.aside_template,
        intro=lesson.texts.get(facts.get("intro") or facts.get("text") or "", ""),
        # Questions are done when they are sealed; what closes them waits until they have been seen too.
        closing=lesson.texts.get(facts.get("closing") or "", "") if kind.is_seen(sheet) else "",
        sheet=sheet,
        is_done=is_done,
        is_finished=standing.is_finished,
        is_extra=activity.extra,
        is_ahead=kind.is_ahead(sheet),
        submission_id=uuid.uuid4(),
        saved_at=newest.received_at if newest else kind.saved_at(sheet),
    )


def view_of(
    acting: Acting,
    lesson: LoadedLesson,
    part: Part,
    activity: AnyActivity,
    *,
    item: str = "",
) -> ActivityView:
    return ActivityView(
        acting, lesson, part, activity, standing=type_of(activity).standing_in({}, activity.key), item=item
    )


def activity_facts(membership: Membership, lesson: LoadedLesson, key: str) -> dict[str, Any]:
    """What a member may see of an activity now, as plain data."""
    part, activity = find_activity(membership, lesson, key)
    kind = type_of(activity)
    standing = standing_of(progress_of(membership, lesson).get(part.key), activity)
    # Questions have each a moment of their own: what is behind them comes from their reveal, never with the activity.
    facts = visible(activity, unsealed=standing.is_finished and kind.is_handed_in)
    for field in ("intro", "text", "closing"):
        if facts.get(field):
            facts[field] = lesson.texts[facts[field]]
    facts |= kind.facts(view_of(Acting(membership), lesson, part, activity))
    facts |= {"part": part.key, "state": standing.state.value, "tries": standing.tries}
    if activity.is_read:
        facts["review"] = _told_review(standing.memory.review)
    return facts | {"gradient_rule": membership.cohort.gradient_rule}


def accounts_of(
    membership: Membership, lesson: LoadedLesson, at: stage.StageView | None = None
) -> list[tuple[Part, list[tuple[str, Account]]]]:
    """What a member did, part by part: the title of each activity that they have begun, with its account.

    Parameters
    ----------
    at : the stage as the member meets it, where it was read already: that of a class is the same for all its students
    """
    rows, found = progress_of(membership, lesson), []
    at = at or stage.read(membership, lesson.lesson.slug)
    for part in lesson.lesson.parts:
        row, told = rows.get(part.key), []
        for each in part.activities:
            if row is None or each.key not in row.activities:
                continue
            activity = as_met(membership, lesson, each)
            view = view_of(Acting(membership), lesson, part, activity)
            account = type_of(activity).account(replace(view, standing=standing_of(row, activity), stage=at))
            if account != Account():
                told.append((activity.title, account))
        if told:
            found.append((part, told))
    return found


def submission_of(membership: Membership, lesson: LoadedLesson, number: int) -> Submission:
    """Give something that this member has handed in.

    Raises
    ------
    NotFound
        If there is none of this number, or it is somebody else's.
    """
    mine = Submission.objects.filter(membership=membership, lesson=lesson.lesson.slug).prefetch_related(
        "reviews__by__user"
    )
    found = mine.filter(pk=number).first()
    if found is None or lesson.find_activity(found.activity) is None:
        raise NotFound(_("You have no submission with this number."))
    return found


def _typed_last(
    membership: Membership,
    lesson: LoadedLesson,
    activity: AnyActivity,
    row: PartProgress | None,
    shown: int,
    newest: Submission | None,
) -> tuple[Submission | None, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Give the newest submission, and what is shown again of those to one step: an answer with its reply.

    What was typed is shown until its step is accepted; then the next sheet starts blank. An answer to an earlier step
    may have arrived meanwhile from another tab: it is kept, and not shown here.
    """
    if row is None or activity.key not in row.activities or not type_of(activity).is_handed_in:
        return None, ({}, {})
    mine = {"member": membership.pk, "lesson": lesson.lesson.slug, "activity": activity.key}
    newest = newest or _NEWEST.first(**mine)
    if newest is None or newest.step == shown:
        typed = newest
    else:
        # Every step that something was sent to has its tries, be they none.
        is_sent = shown in standing_of(row, activity).tries_at
        typed = _NEWEST_AT_STEP.first(**mine, step=shown) if is_sent else None
    return newest, ((typed.answer, typed.reply) if typed and not typed.accepted else ({}, {}))
