"""What an instructor makes of what a student has to say."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

import classroom.services
from classroom import events
from classroom.models import Membership
from classroom.refusals import NotFound
from lessons import progress, selectors
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import Explain
from lessons.events import AloudTakenBack, ExplainedAloud
from lessons.models import PartState


def explained_aloud(
    membership: Membership, lesson: LoadedLesson, student: Membership, activity_key: str, *, is_heard: bool = True
) -> None:
    """Count an explanation as given that was given in words, or with `is_heard` false, no longer.

    What the student wrote stays, and waits to be read if it did.
    """
    part, activity = selectors.place_of(lesson, activity_key)
    if not isinstance(activity, Explain):
        raise NotFound(_("There is nothing to explain here."))
    student.helper = membership
    with transaction.atomic():
        progress.lock(student)
        progress.refuse_in_archive(student)
        row = progress.row_of(student, lesson, part)
        before = row.activities.get(activity.key, {"tries": 0})
        memory = dict(before.get("memory", {}))
        if bool(memory.get("aloud")) == is_heard:
            return
        memory["aloud"] = is_heard
        unheard = PartState.WAITING if memory.get("text") else PartState.WORKING
        state = PartState.DONE if is_heard else unheard
        kind = ExplainedAloud if is_heard else AloudTakenBack
        events.record(kind(lesson.lesson.slug, activity.key), student)
        progress.advance(row, part, activity.key, {**before, "state": state.value, "memory": memory})
        classroom.services.touch(membership.cohort)
