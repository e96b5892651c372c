"""What waits to be read: the queue, oldest first, and the one at hand beside the student's own run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from classroom import selectors
from classroom.models import Cohort, Membership
from dashboard.grid_options import name_by_number
from lessons import reviews
from lessons.activities.base import type_of
from lessons.activities.measures import Picture
from lessons.authoring.base import AnyActivity
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState, Review, Submission

MOST_LISTED, MOST_EARLIER = 200, 10


@dataclass(frozen=True)
class Waiting:
    """One text that waits: whose, about what, and since when."""

    submission: int
    student: int
    name: str
    activity: str
    title: str
    sent_at: datetime
    is_chosen: bool = False


@dataclass(frozen=True)
class Earlier:
    """A version that was read before, and what was said of it."""

    text: str
    sent_at: datetime
    comment: str
    decision: str


@dataclass(frozen=True)
class AtHand:
    """The text that is being read."""

    waiting: Waiting
    question: str
    # The rubric, with the ticks that were set before something was refused or undone, and the comment.
    asks: tuple[tuple[str, bool], ...]
    comment: str
    text: str
    lines: tuple[tuple[str, str, str], ...]
    is_at_odds: bool
    pictures: tuple[Picture, ...]
    # The newest of those that were sent before, and how many there are.
    earlier: tuple[Earlier, ...]
    n_earlier: int


@dataclass(frozen=True)
class Undo:
    """What this instructor decided less than a minute ago."""

    review: int
    name: str
    title: str
    is_approved: bool
    until: datetime

    @property
    def seconds(self) -> int:
        """How long it can be taken back, by the server's clock."""
        return max(0, round((self.until - timezone.now()).total_seconds()))


@dataclass(frozen=True)
class Queue:
    waiting: tuple[Waiting, ...]
    at_hand: AtHand | None
    undo: Undo | None
    hides_names: bool

    @property
    def listed(self) -> tuple[Waiting, ...]:
        return self.waiting[:MOST_LISTED]

    @property
    def n_more(self) -> int:
        """Those that come up as the listed ones are read."""
        return len(self.waiting) - len(self.listed)

    @property
    def next(self) -> Waiting | None:
        """The one after that at hand."""
        at = next((n for n, each in enumerate(self.waiting) if each.is_chosen), -1)
        return self.waiting[at + 1] if at + 1 < len(self.waiting) else None


def queue(
    membership: Membership,
    lesson: LoadedLesson,
    *,
    chosen: int = 0,
    names: str = "auto",
    typed: Mapping[str, str] | None = None,
) -> Queue:
    """The queue of the instructor's class; a constant number of queries.

    Parameters
    ----------
    typed : what was sent about the text at hand and refused
    """
    version = membership.cohort.version
    hides_names = names == "hidden" or (names == "auto" and selectors.is_projected(version))
    called = _names(membership.cohort, is_hidden=hides_names)
    found = list(_waiting(membership, lesson, called))
    at = next((n for n, each in enumerate(found) if each.submission == chosen), None)
    if at is None and chosen:
        # A newer version may have come in its place.
        of = Submission.objects.filter(pk=chosen).values_list("membership_id", "activity").first()
        at = next((n for n, each in enumerate(found) if (each.student, each.activity) == of), None)
    at = at or 0
    waiting = tuple(replace(each, is_chosen=number == at) for number, each in enumerate(found))
    return Queue(
        waiting=waiting,
        at_hand=_at_hand(membership, lesson, waiting[at], typed) if waiting else None,
        undo=_undo(membership, lesson, called),
        hides_names=hides_names,
    )


def _names(cohort: Cohort, *, is_hidden: bool) -> Mapping[int, str]:
    """Names of the class's students as they may be shown: two of one name with their usernames; where names are hidden,
    their numbers in the grid. One query.
    """
    students = selectors.students_of(cohort)
    if not is_hidden:
        return selectors.told_apart(students)
    return {pk: name_by_number(n) for pk, n in selectors.numbers_of(students.values_list("pk", flat=True)).items()}


def _waiting(membership: Membership, lesson: LoadedLesson, called: Mapping[int, str]) -> Iterator[Waiting]:
    """What waits, oldest first. Two queries."""
    read = {activity.key: activity for part in lesson.lesson.parts for activity in part.activities if activity.is_read}
    theirs = selectors.by_students(membership.cohort)
    rows = PartProgress.objects.filter(theirs, lesson=lesson.lesson.slug).select_related("membership__user")
    owners: dict[tuple[int, str], Membership] = {}
    for row in rows:
        for key, standing in row.activities.items():
            if key in read and standing.get("state") == PartState.WAITING:
                owners[row.membership_id, key] = row.membership
    versions = Submission.objects.filter(
        membership__in={owner for owner, _key in owners}, lesson=lesson.lesson.slug, activity__in=read
    ).order_by("pk")
    newest: dict[tuple[int, str], tuple[int, datetime]] = {}
    for pk, owner, activity, at in versions.values_list("pk", "membership_id", "activity", "received_at"):
        newest[owner, activity] = pk, at
    for (owner, key), (pk, at) in sorted(newest.items(), key=lambda found: found[1][::-1]):
        if (owner, key) in owners:
            student = owners[owner, key]
            yield Waiting(pk, owner, called[student.pk], key, read[key].title, at)


def _at_hand(membership: Membership, lesson: LoadedLesson, waiting: Waiting, typed: Mapping[str, str] | None) -> AtHand:
    place = lesson.find_activity(waiting.activity)
    if place is None:
        raise ValueError(f"{waiting.activity} is waiting, and not in the lesson")
    activity = place[1]
    versions = (
        Submission.objects.filter(membership=waiting.student, lesson=lesson.lesson.slug, activity=waiting.activity)
        .prefetch_related(Prefetch("reviews", Review.objects.order_by("-pk")))
        .order_by("-pk")
    )
    newest, *earlier = versions[: 1 + MOST_EARLIER]
    kind = type_of(activity)
    sent = kind.as_sent(activity, newest.answer, newest.reply)
    undone = next((each for each in newest.reviews.all() if each.by_id == membership.pk), None)
    if typed is not None:
        ticked, comment = ticks(typed), typed.get("comment", "")
    else:
        ticked, comment = (undone.met, undone.comment) if undone else ([], "")
    return AtHand(
        waiting=waiting,
        question=kind.question(activity),
        asks=tuple((ask, n < len(ticked) and ticked[n]) for n, ask in enumerate(activity.rubric)),
        comment=comment,
        text=sent.text,
        lines=sent.lines,
        is_at_odds=sent.is_at_odds,
        pictures=tuple(kind.pictures(newest.membership, lesson.lesson, activity)),
        earlier=tuple(_earlier(activity, earlier)),
        n_earlier=versions.count() - 1,
    )


def _earlier(activity: AnyActivity, versions: list[Submission]) -> Iterator[Earlier]:
    for version in versions:
        read = next((review for review in version.reviews.all() if review.taken_back_at is None), None)
        yield Earlier(
            text=str(type_of(activity).remembered(version.answer)["text"]),
            sent_at=version.received_at,
            comment=read.comment if read else "",
            decision=str(read.get_decision_display()) if read else "",
        )


def _undo(membership: Membership, lesson: LoadedLesson, called: Mapping[int, str]) -> Undo | None:
    since = timezone.now() - reviews.UNDO_WITHIN
    theirs = selectors.by_students(membership.cohort, "submission__membership")
    mine = Review.objects.filter(
        theirs, by=membership, taken_back_at=None, decided_at__gt=since, submission__lesson=lesson.lesson.slug
    ).select_related("submission__membership__user")
    last = mine.order_by("-decided_at").first()
    if last is None:
        return None
    place = lesson.find_activity(last.submission.activity)
    return Undo(
        review=last.pk,
        name=called[last.submission.membership_id],
        title=place[1].title if place else last.submission.activity,
        is_approved=last.decision == Review.Decision.APPROVED,
        until=last.decided_at + reviews.UNDO_WITHIN,
    )


def ticks(sent: Mapping[str, str]) -> list[bool]:
    """The rubric as a form sends it: tick_0 to tick_3."""
    return [f"tick_{n}" in sent for n in range(4)]
