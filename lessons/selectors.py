"""What a learner may see now, as frozen facts. Nothing sealed leaves here before its moment."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import Cohort, GradientRule, Membership
from classroom.refusals import NotFound
from lessons import catalogue
from lessons.activity_types import ACTIVITY_TYPES
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import Activity, Part, visible
from lessons.models import PartProgress, PartState, Submission


@dataclass(frozen=True)
class PartOnArc:
    """One station: where it stands and what this member has done there."""

    number: int
    key: str
    title: str
    line: str
    minutes: int
    state: str
    tries: int
    summary: str
    is_next: bool
    activities: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Arc:
    """A lesson as one member sees it."""

    parts: tuple[PartOnArc, ...]
    n_done: int


@dataclass(frozen=True)
class ActivityPage:
    """One activity laid out for the page."""

    key: str
    title: str
    template: str
    intro: str
    closing: str
    sheet: Any
    is_done: bool
    is_extra: bool
    submission_id: uuid.UUID
    saved_at: datetime | None


def lessons_of(cohort: Cohort) -> list[LoadedLesson]:
    """The cohort's lessons, in its order; one that is no longer in the catalogue is left out."""
    return [found for slug in cohort.lessons if (found := catalogue.get(slug))]


def lesson_of(membership: Membership, slug: str) -> LoadedLesson:
    found = catalogue.get(slug) if slug in membership.cohort.lessons else None
    if found is None:
        raise NotFound(_("Your class has no such lesson."))
    return found


def find_activity(membership: Membership, lesson: LoadedLesson, key: str) -> tuple[Part, Activity]:
    """Give an activity as this member meets it, and its part."""
    found = lesson.find_activity(key)
    if found is None or found[0].soon:
        raise NotFound(_("This lesson has no such activity yet."))
    return found[0], found[1].for_member(f"{lesson.lesson.slug}/{key}/{membership.pk}")


def progress_of(membership: Membership, lesson: LoadedLesson) -> dict[str, PartProgress]:
    rows = PartProgress.objects.filter(membership=membership, lesson=lesson.lesson.slug)
    return {row.part: row for row in rows}


def last_answer(membership: Membership, lesson: LoadedLesson, activity: str, step: int) -> dict[str, Any] | None:
    """The newest answer to one step, if there is one."""
    return (
        Submission.objects.filter(membership=membership, lesson=lesson.lesson.slug, activity=activity, step=step)
        .order_by("-id")
        .values_list("answer", flat=True)
        .first()
    )


def arc(membership: Membership, lesson: LoadedLesson) -> Arc:
    """Lay the lesson out for one member."""
    progress = progress_of(membership, lesson)
    states = {part.key: part_state(part, progress.get(part.key)) for part in lesson.lesson.parts}
    open_keys = [key for key, state in states.items() if state not in (PartState.SOON, PartState.DONE)]
    parts = tuple(
        PartOnArc(
            number=number,
            key=part.key,
            title=part.title,
            line=part.line,
            minutes=part.minutes,
            state=states[part.key],
            tries=row.tries if row else 0,
            summary=_summary(part, row),
            is_next=open_keys[:1] == [part.key],
            activities=tuple(_outline(activity, row) for activity in part.activities),
        )
        for number, part in enumerate(lesson.lesson.parts, start=1)
        for row in [progress.get(part.key)]
    )
    return Arc(
        parts=parts,
        n_done=sum(part.state == PartState.DONE for part in parts),
    )


def part_state(part: Part, row: PartProgress | None) -> str:
    """Give the state of a part for somebody with this progress."""
    if part.soon:
        return PartState.SOON.value
    return row.state if row else PartState.NOT_STARTED.value


def _outline(activity: Activity, row: PartProgress | None) -> dict[str, Any]:
    standing = _standing(row, activity.key)
    return {
        "key": activity.key,
        "type": activity.type,
        "state": standing.get("state", PartState.NOT_STARTED.value),
        "tries": standing.get("tries", 0),
    }


def _standing(row: PartProgress | None, activity_key: str) -> Mapping[str, Any]:
    return row.activities.get(activity_key, {}) if row else {}


def _summary(part: Part, row: PartProgress | None) -> str:
    texts = (
        ACTIVITY_TYPES[activity.type].summary(_standing(row, activity.key).get("memory", {}))
        for activity in part.activities
        if not activity.extra
    )
    return " · ".join(filter(None, texts))


def part_of(lesson: LoadedLesson, key: str) -> Part:
    found = lesson.part(key)
    if found is None:
        raise NotFound(_("This lesson has no such part."))
    return found


def activity_page(
    membership: Membership, lesson: LoadedLesson, activity: Activity, row: PartProgress | None, step: int | None = None
) -> ActivityPage:
    """Lay out one activity with what this member typed last.

    Parameters
    ----------
    activity : as this member meets it
    step : a step that was taken before and is to be mended; without it the one that is open
    """
    kind = ACTIVITY_TYPES[activity.type]
    standing = _standing(row, activity.key)
    is_done = standing.get("state") == PartState.DONE
    if step and step > standing.get("step", 1):
        step = None
    answers = Submission.objects.filter(membership=membership, lesson=lesson.lesson.slug, activity=activity.key)
    newest = answers.order_by("-id").first() if row else None
    # What was typed is shown again until its step is accepted; then the next sheet starts blank. An answer to
    # an earlier step may have arrived meanwhile from another tab: it is kept, and not shown here.
    shown = step or standing.get("step", 1)
    typed = newest if newest is None or newest.step == shown else answers.filter(step=shown).order_by("-id").first()
    last = (typed.answer, typed.reply) if typed and not typed.accepted else ({}, {})
    facts = visible(activity, unsealed=is_done)
    return ActivityPage(
        key=activity.key,
        title=activity.title,
        template=kind.template,
        intro=lesson.texts.get(facts.get("intro") or facts.get("text") or "", ""),
        closing=lesson.texts.get(facts.get("closing") or "", ""),
        sheet=kind.page(activity, GradientRule(membership.cohort.gradient_rule), standing, last, step),
        is_done=is_done,
        is_extra=activity.extra,
        submission_id=uuid.uuid4(),
        saved_at=newest.received_at if newest else None,
    )
