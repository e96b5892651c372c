"""Keep a member's standing in a part up to date, inside the transaction that changed it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from classroom import events
from classroom.models import Membership
from classroom.refusals import NotFound
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import PartDone
from lessons.models import PartProgress, PartState
from lessons.standings import Standing


def lock(membership: Membership) -> None:
    """Let one act of a member happen at a time: it makes counts, repeats and once-only answers exact."""
    present = Membership.objects.present().select_for_update()
    if not present.filter(pk=membership.pk).values_list("pk").first():
        raise NotFound(_("You are no longer in this class."))


def row_of(membership: Membership, lesson: LoadedLesson, part: Part) -> PartProgress:
    row, _created = PartProgress.objects.get_or_create(membership=membership, lesson=lesson.lesson.slug, part=part.key)
    row.membership = membership
    return row


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
    was = row.state
    row.activities = {**row.activities, activity_key: standing.as_data()}
    core = [activity.key for activity in part.activities if not activity.extra]
    states = [row.activities.get(key, {}).get("state") for key in core]
    if not part.more_soon and all(state in (PartState.DONE, PartState.WAITING) for state in states):
        state = PartState.WAITING if PartState.WAITING in states else PartState.DONE
    else:
        state = PartState.STUCK if PartState.STUCK in states else PartState.WORKING
    row.moved_at = timezone.now()
    if state != row.state:
        row.state, row.since = state, row.moved_at
    if activity_key in core:
        row.slip = slip
    row.tries = sum(row.activities[key]["tries"] for key in core if key in row.activities)
    row.save()
    if row.state == PartState.DONE != was:
        events.record(PartDone(row.lesson, part.key), row.membership, by=by)
