"""What an instructor makes of what a student has to say: in writing, or aloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import classroom.services
from classroom import events
from classroom.models import Membership
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from classroom.selectors import by_students
from lessons import progress, selectors
from lessons.activities.base import type_of
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import AloudTakenBack, ExplainedAloud, Reviewed, ReviewTakenBack
from lessons.models import PartProgress, PartState, Review, Submission
from lessons.standings import ReviewMemory
from lessons.texts import length, versions

UNDO_WITHIN = timedelta(minutes=1)
MOST = 600  # characters of a comment
NEWER = gettext_lazy("The student has sent a newer version. Read that one instead.")


def decide(membership: Membership, submission_id: int, *, decision: str, met: Sequence[bool], comment: str) -> Review:
    """Approve what a student wrote, or return it with what is missing; the student reads the comment where they wrote.

    Raises
    ------
    NotFound
        If the instructor's class has no such text.
    Conflict
        If another instructor has decided it, or the student has sent a newer version.
    Refusal
        If something is returned without a word of what is missing.
    """
    submission = _submission(membership, submission_id)
    lesson, part, activity = _place(membership, submission)
    comment = versions.tidy(comment)
    if decision not in Review.Decision.values:
        says = _("Approve it or return it.")
        raise Refusal(says, errors={"comment": [says]})
    if len(comment) > MOST or not versions.can_be_kept(comment):
        says = _("At most %(n)d characters, please. Your comment has %(has)d.") % {"n": MOST, "has": len(comment)}
        raise Refusal(says, errors={"comment": [says]})
    ticks = [bool(tick) for tick in met][: len(activity.rubric)]
    if decision == Review.Decision.RETURNED and not length.said(comment) and all(ticks):
        says = _("Say what is missing, or leave its line unticked. That tells the student what to do next.")
        raise Refusal(says, errors={"comment": [says]})
    student = submission.membership
    with transaction.atomic():
        progress.lock(student)
        student.cohort.refuse_if_archived()
        row = progress.row_of(student, lesson, part)
        _refuse_unless_waiting(submission, row, activity)
        review = Review.objects.create(
            submission=submission, decision=decision, met=ticks, comment=comment, by=membership
        )
        earlier = selectors.standing_of(row, activity).memory.review
        remembered = ReviewMemory(
            id=review.pk,
            before=earlier.model_dump(mode="json", exclude={"before"}) if earlier else {},
            decision=Review.Decision(review.decision),
            comment=comment,
            met=tuple(ticks),
            at=review.decided_at.isoformat(),
        )
        _settle(row, part, activity, {"review": remembered}, by=membership)
        events.record(Reviewed(lesson.lesson.slug, activity.key, submission.pk, decision), student, by=membership)
        classroom.services.touch(membership.cohort)
    return review


def _refuse_unless_waiting(submission: Submission, row: PartProgress, activity: AnyActivity) -> None:
    decided = Review.objects.filter(submission=submission, taken_back_at=None).select_related("by__user").first()
    if decided is not None:
        raise Conflict(
            _("%(name)s was faster. This one is already %(decision)s.")
            % {
                "name": decided.by.user if decided.by else _("Another instructor"),
                "decision": decided.get_decision_display(),
            }
        )
    standing = selectors.standing_of(row, activity)
    if standing.memory.aloud:
        raise Conflict(_("This one is already done: it was explained aloud."))
    if standing.state not in (PartState.WAITING, PartState.WORKING):
        raise Conflict(_("This one is already done: an earlier version is approved."))
    if _newest_version(submission) != submission:
        raise Conflict(NEWER)


def _newest_version(submission: Submission) -> Submission:
    same = Submission.objects.filter(
        membership=submission.membership, lesson=submission.lesson, activity=submission.activity
    )
    return same.order_by("-pk")[0]


def take_back(membership: Membership, review_id: int) -> Review:
    """Let a text wait again that this instructor decided less than a minute ago.

    Raises
    ------
    Forbidden
        If somebody else decided it.
    Conflict
        If it is too late, was taken back before, or the student has answered what was returned.
    """
    review = Review.objects.filter(by_students(membership.cohort, "submission__membership"), pk=review_id).first()
    if review is None:
        raise NotFound(_("Your class does not have this review."))
    submission = _submission(membership, review.submission_id)
    if review.by_id != membership.pk:
        raise Forbidden(_("Only the person who decided this can undo it."))
    if timezone.now() - review.decided_at > UNDO_WITHIN:
        raise Conflict(_("That was more than a minute ago. The student may have read it, and can send a new version."))
    lesson, part, activity = _place(membership, submission)
    student = submission.membership
    with transaction.atomic():
        progress.lock(student)
        student.cohort.refuse_if_archived()
        newest = _newest_version(submission)
        if newest != submission and review.decision == Review.Decision.RETURNED:
            raise Conflict(NEWER)
        if not Review.objects.filter(pk=review.pk, taken_back_at=None).update(taken_back_at=timezone.now()):
            raise Conflict(_("This is already undone."))
        row = progress.row_of(student, lesson, part)
        remembered = selectors.standing_of(row, activity).memory.review
        before = ReviewMemory.model_validate(remembered.before) if remembered and remembered.before else None
        # A version that came after the approval was only kept: now it is the one that waits.
        shown = type_of(activity).remembered(newest.answer)
        _settle(row, part, activity, {"review": before, **shown}, by=membership)
        news = ReviewTakenBack(lesson.lesson.slug, activity.key, submission.pk, review.decision)
        events.record(news, student, by=membership)
        classroom.services.touch(membership.cohort)
    return review


def explained_aloud(
    membership: Membership, lesson: LoadedLesson, student: Membership, activity_key: str, *, is_heard: bool = True
) -> None:
    """Count an explanation as given that was given in words, or with `is_heard` false, no longer.

    What the student wrote stays, and waits to be read if it did.
    """
    part, activity = selectors.place_of(lesson, activity_key)
    if not activity.is_read:
        raise NotFound(_("There is nothing to explain here."))
    with transaction.atomic():
        progress.lock(student)
        student.cohort.refuse_if_archived()
        row = progress.row_of(student, lesson, part)
        if selectors.standing_of(row, activity).memory.aloud == is_heard:
            return
        kind = ExplainedAloud if is_heard else AloudTakenBack
        events.record(kind(lesson.lesson.slug, activity.key), student, by=membership)
        _settle(row, part, activity, {"aloud": is_heard}, by=membership)
        classroom.services.touch(membership.cohort)


def _settle(row: PartProgress, part: Part, activity: AnyActivity, change: dict[str, object], *, by: Membership) -> None:
    """Put what an instructor said into the student's progress."""
    before = selectors.standing_of(row, activity)
    memory = before.memory.model_copy(update=change)
    after = before.model_copy(update={"state": memory.state, "tries": before.tries, "memory": memory})
    progress.advance(row, part, activity.key, after, by=by)


def _submission(membership: Membership, submission_id: int) -> Submission:
    """A student's text in the instructor's own class."""
    found = (
        Submission.objects.filter(by_students(membership.cohort), pk=submission_id)
        .select_related("membership__user")
        .first()
    )
    if found is None:
        raise NotFound(_("Your class has no such text."))
    found.membership.cohort = membership.cohort
    return found


def _place(membership: Membership, submission: Submission) -> tuple[LoadedLesson, Part, AnyActivity]:
    lesson = selectors.lesson_of(membership, submission.lesson)
    part, activity = selectors.place_of(lesson, submission.activity)
    if not activity.is_read:
        raise NotFound(_("There is nothing to read here."))
    return lesson, part, activity
