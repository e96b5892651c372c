"""The arc: a lesson's parts as one member sees them, with where they stand in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from classroom.models import Membership
from lessons import selectors, stage
from lessons.activities.base import type_of
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Law, Part
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartOpening, PartProgress, PartState
from lessons.selectors import progress_of, standing_of
from lessons.standings import BadgeMemory, badge_in


class Stop(NamedTuple):
    """Stop of the rail: what it shows of a part, the same for many members."""

    key: str
    number: int
    title: str
    state: str
    is_next: bool


@dataclass(frozen=True)
class PartOnArc:
    """One station: where it stands and what this member has done there."""

    number: int
    key: str
    title: str
    line: str
    minutes: int
    state: str
    is_locked: bool
    tries: int
    summary: str
    is_next: bool
    activities: tuple[dict[str, Any], ...]
    is_badge: bool = False
    # What an instructor has sent back: the activity whose comment waits to be read.
    returned: str = ""
    # What is to be done before the next session: each with its title and state.
    homework: tuple[tuple[str, str, str], ...] = ()

    @property
    def stop(self) -> Stop:
        return Stop(self.key, self.number, self.title, self.state, self.is_next)


@dataclass(frozen=True)
class Now:
    """What a member can do now: a part; or the part of a led class that they wait for; or neither, when all is done."""

    part: PartOnArc | None = None
    opens_soon: PartOnArc | None = None


@dataclass(frozen=True)
class Arc:
    """A lesson as one member sees it."""

    parts: tuple[PartOnArc, ...]
    n_done: int
    # After the class has ended: about how long what is left takes this member.
    minutes_left: int
    # The badge that this member has earned and not looked at yet.
    new_badge: str = ""
    # Each with the part in which it is earned.
    laws: tuple[tuple[Law, PartOnArc | None], ...] = ()

    @property
    def is_begun(self) -> bool:
        return any(part.tries or part.state not in (PartState.SOON, PartState.NOT_STARTED) for part in self.parts)

    @property
    def now(self) -> Now:
        returned = next((part for part in self.parts if part.returned), None)
        shut = next((part for part in self.parts if part.is_locked), None)
        return Now(next((part for part in self.parts if part.is_next), returned), shut)

    def after(self, here: PartOnArc) -> PartOnArc | None:
        """The part to go on with after one that is done; one that is still to be written is left out."""
        ahead = (part for part in self.parts if part.number > here.number)
        return next((part for part in ahead if part.is_locked or part.state != PartState.SOON), None)

    @property
    def badge(self) -> PartOnArc | None:
        return next((part for part in self.parts if part.is_badge), None)


def arc_of(
    membership: Membership,
    lesson: LoadedLesson,
    view: stage.StageView | None = None,
    progress: Mapping[str, PartProgress] | None = None,
) -> Arc:
    """Lay the lesson out for one member, by the stage of the class and their progress if the page has read them."""
    progress = progress_of(membership, lesson) if progress is None else progress
    locked = _locked_parts(membership, lesson, view)
    states = {
        part.key: part_state(part, progress.get(part.key), is_locked=part.key in locked) for part in lesson.lesson.parts
    }
    open_keys = [
        part.key
        for part in lesson.lesson.parts
        if states[part.key] not in (PartState.SOON, PartState.DONE, PartState.WAITING)
        and part.key not in locked
        and part.badge is None
        and not _waits_for_more(part, progress.get(part.key))
    ]
    parts = tuple(
        PartOnArc(
            number=number,
            key=part.key,
            title=part.title,
            line=part.line,
            minutes=part.minutes,
            state=states[part.key],
            is_locked=part.key in locked,
            tries=row.tries if row else 0,
            summary=_summary(part, row),
            is_next=open_keys[:1] == [part.key],
            activities=tuple(_outline(activity, row) for activity in part.activities),
            is_badge=part.badge is not None,
            returned=next((each.key for each in part.activities if _is_returned(each, row)), ""),
            homework=_homework(part, row) if part.key not in locked else (),
        )
        for number, part in enumerate(lesson.lesson.parts, start=1)
        for row in [progress.get(part.key)]
    )
    return Arc(
        parts=parts,
        n_done=sum(part.state == PartState.DONE for part in parts),
        minutes_left=_minutes_left(membership, lesson, progress, open_keys) if membership.cohort.ended_at else 0,
        laws=tuple((law, next((part for part in parts if part.key == law.part), None)) for law in lesson.lesson.laws),
        new_badge=next(filter(None, (_new_badge(part, progress.get(part.key)) for part in lesson.lesson.parts)), ""),
    )


def _minutes_left(
    membership: Membership, lesson: LoadedLesson, progress: Mapping[str, PartProgress], keys: Collection[str]
) -> int:
    """About how long what is left of these parts takes, by the minutes that the lesson plans for each: in fives.

    A part's minutes are spread evenly over its core activities.
    """
    minutes = 0.0
    for part in lesson.lesson.parts:
        if part.key not in keys or part.homework:
            continue
        core = [selectors.as_met(membership, lesson, each) for each in part.activities if not each.extra]
        left = sum(_share_left(each, progress.get(part.key)) for each in core)
        minutes += part.minutes * left / max(len(core), 1)
    return max(5 * round(minutes / 5), 5) if minutes else 0


def _share_left(activity: AnyActivity, row: PartProgress | None) -> float:
    standing = standing_of(row, activity)
    return 0.0 if standing.is_finished else type_of(activity).share_left(activity, standing)


def _homework(part: Part, row: PartProgress | None) -> tuple[tuple[str, str, str], ...]:
    if not part.homework:
        return ()
    return tuple(
        (
            activity.key,
            activity.title,
            "returned" if _is_returned(activity, row) else standing_of(row, activity).state.value,
        )
        for activity in part.activities
        if not activity.extra
    )


def _is_returned(activity: AnyActivity, row: PartProgress | None) -> bool:
    return activity.is_read and standing_of(row, activity).memory.is_returned


def _new_badge(part: Part, row: PartProgress | None) -> str:
    kept = _badge_of(part, row)
    return kept.title if kept and kept.is_new else ""


def _locked_parts(membership: Membership, lesson: LoadedLesson, view: stage.StageView | None) -> frozenset[str]:
    """Name the parts that are closed to a member of a led class."""
    if not stage.is_led_for(membership):
        return frozenset()
    closable = frozenset(part.key for part in lesson.lesson.parts if part.badge is None)
    if view is not None:
        return closable - view.opened.keys()
    opened = PartOpening.objects.filter(stage__cohort=membership.cohort, stage__lesson=lesson.lesson.slug)
    # How far a badge is can always be seen.
    return closable - frozenset(opened.values_list("part", flat=True))


def _waits_for_more(part: Part, row: PartProgress | None) -> bool:
    """Tell whether a member has done all that a part has so far."""
    core = (activity for activity in part.activities if not activity.extra)
    return part.more_soon and all(standing_of(row, activity).is_finished for activity in core)


def part_state(part: Part, row: PartProgress | None, *, is_locked: bool = False) -> str:
    """Give the state of a part for somebody with this progress."""
    if part.soon:
        return PartState.SOON.value
    if row:
        return str(row.state)  # of a row that was just kept, it is the enum
    return (PartState.SOON if is_locked else PartState.NOT_STARTED).value


def _outline(activity: AnyActivity, row: PartProgress | None) -> dict[str, Any]:
    standing = standing_of(row, activity)
    return {
        "key": activity.key,
        "type": activity.type,
        "state": standing.state.value,
        "tries": standing.tries,
    }


def _summary(part: Part, row: PartProgress | None) -> str:
    if part.badge is not None:
        return badge_summary(_badge_of(part, row))
    texts = (
        type_of(activity).summary(standing_of(row, activity)) for activity in part.activities if not activity.extra
    )
    return " · ".join(filter(None, texts))


def _badge_of(part: Part, row: PartProgress | None) -> BadgeMemory | None:
    return badge_in(row.activities, part.badge) if row and part.badge else None


def badge_summary(kept: BadgeMemory | None, *, is_for_instructor: bool = False) -> str:
    """Say how many criteria of a badge are met, and whether the rest is with the instructor."""
    if kept is None:
        return ""
    waits = _("%(n)d of %(of)d · to review") if is_for_instructor else _("%(n)d of %(of)d, with your instructor")
    said = waits if kept.waits else _("%(n)d of %(of)d")
    return said % {"n": kept.n_met, "of": kept.n}
