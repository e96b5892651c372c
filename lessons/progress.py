"""Keep a member's standing in a part up to date, inside the transaction that changed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from classroom import events, prepared
from classroom.events import Event
from classroom.models import Membership
from classroom.prepared import Select, Slot
from classroom.refusals import NotFound
from lessons import stage
from lessons.activities.base import type_of
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import PartDone
from lessons.models import FINISHED, PartProgress, PartState
from lessons.standings import Standing

_LOCKED: Select[tuple[int]] = Select(
    lambda: (
        Membership.objects.present()
        .filter(pk=Slot("member"), cohort_id=Slot("cohort"))
        .select_for_update()
        .values_list("pk")
    )
)


def lock(membership: Membership) -> None:
    """Let one act of a member happen at a time: it makes counts, repeats and once-only answers exact."""
    # Whoever was moved meanwhile is in another class, with another rule and another stage.
    if not _LOCKED(member=membership.pk, cohort=membership.cohort_id):
        raise NotFound(_("You are no longer in this class."))


def row_of(membership: Membership, lesson: LoadedLesson, part: Part) -> PartProgress:
    """A member's row in a part, made if need be; whoever comes late finds skipped what the class has skipped."""
    row, is_new = PartProgress.objects.get_or_create(membership=membership, lesson=lesson.lesson.slug, part=part.key)
    row.membership = membership
    if is_new and stage.skipped_in(membership.cohort, lesson.lesson.slug):
        settle_part(membership, lesson, part, by=None)
        row.refresh_from_db(fields=["activities", "state"])
    return row


def begun(membership: Membership, lesson: LoadedLesson, part: Part) -> PartProgress:
    """The row of a locked member who has none yet, to be kept by whoever asks."""
    if stage.skipped_in(membership.cohort, lesson.lesson.slug):
        return row_of(membership, lesson, part)
    return PartProgress(membership=membership, lesson=lesson.lesson.slug, part=part.key)


def advance(
    row: PartProgress,
    part: Part,
    activity_key: str,
    standing: Standing[Any],
    slip: str = "",
    *,
    by: Membership | None,
) -> None:
    """Put an activity's new standing into its part's, and record it when the part is done by that.

    `by` is the instructor whose act it was, if it was not the member's own.
    """
    _keep(row, move(row, part, activity_key, standing, slip), by=by)


def move(row: PartProgress, part: Part, activity_key: str, standing: Standing[Any], slip: str = "") -> list[Event]:
    """The same without storing anything: give the news of it."""
    row.activities = {**row.activities, activity_key: standing.as_data()}
    row.moved_at = timezone.now()
    if activity_key in _core(part):
        row.slip = slip
    return _bring_up_to_date(row, part)


def settle_part(membership: Membership, lesson: LoadedLesson, part: Part, *, by: Membership | None) -> None:
    """Bring a locked member's standings in a part up to date after the class skips other questions than before."""
    for each in part.activities:
        activity = each.for_member("", membership.cohort.gradient_rule)
        if activity.votables:
            type_of(activity).settle(membership, lesson, part, activity, by=by)


def settle(
    membership: Membership,
    lesson: LoadedLesson,
    part: Part,
    activity_key: str,
    standing: Standing[Any] | None,
    *,
    by: Membership | None,
) -> None:
    """Put in a standing that no move of the member has changed; none takes it out again."""
    row = PartProgress.objects.filter(membership=membership, lesson=lesson.lesson.slug, part=part.key).first()
    if row is None and standing is not None:
        row = PartProgress.objects.create(membership=membership, lesson=lesson.lesson.slug, part=part.key)
    kept = {key: each for key, each in (row.activities if row else {}).items() if key != activity_key}
    if standing is not None:
        kept[activity_key] = standing.as_data()
    if row is None or kept == row.activities:
        return
    row.membership, row.activities = membership, kept
    _keep(row, _bring_up_to_date(row, part), by=by)


def _keep(row: PartProgress, news: Iterable[Event], *, by: Membership | None) -> None:
    rows = [events.told(each, row.membership, by=by) for each in news]
    prepared.send(prepared.kept(row), *prepared.added(rows))


def _bring_up_to_date(row: PartProgress, part: Part) -> list[Event]:
    was, state = row.state, state_of(part, row.activities)
    if state != was:
        row.state, row.since = state, timezone.now()
    row.tries = tries_in(part, row.activities)
    return [PartDone(row.lesson, part.key)] if row.state == PartState.DONE != was else []


def state_of(part: Part, activities: Mapping[str, Mapping[str, Any]]) -> PartState:
    """State of a part, by what is kept of its activities."""
    states = [activities.get(key, {}).get("state") for key in _core(part)]
    if not part.more_soon and all(state in FINISHED for state in states):
        return PartState.WAITING if PartState.WAITING in states else PartState.DONE
    if all(_is_skipped(kept) for kept in activities.values()):
        return PartState.NOT_STARTED  # nothing here is the member's own doing
    return PartState.STUCK if PartState.STUCK in states else PartState.WORKING


def _is_skipped(kept: Mapping[str, Any]) -> bool:
    """Tell whether an activity is finished by being skipped alone: who has sealed something has more to do in it."""
    return bool(kept.get("n_skipped")) and not kept.get("n_done") and kept.get("state") in FINISHED


def tries_in(part: Part, activities: Mapping[str, Mapping[str, Any]]) -> int:
    """Number of tries at a part's activities, without the extras."""
    return sum(activities[key].get("tries", 0) for key in _core(part) if key in activities)


def _core(part: Part) -> list[str]:
    return [activity.key for activity in part.activities if not activity.extra]
