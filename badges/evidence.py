"""Evidence: what stands behind a criterion, in a few words and one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Max, QuerySet, Window
from django.utils.translation import gettext as _

from badges.rules import Condition, EvidenceKind
from classroom.models import Membership
from lessons import selectors
from lessons.activities.base import type_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, Submission
from lessons.standings import TextMemory

MOST_VERSIONS = 5  # of a text: the newest


@dataclass(frozen=True)
class Evidence:
    """One thing that a member did: when, in a few words, and where they find it again.

    `page`, `key` and `query` make its address within the lesson.
    """

    type: str  # submission or run
    id: str
    says: str
    page: str
    key: str
    query: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Comment:
    """What an instructor wrote with a decision, and who it was."""

    text: str
    by: str


class Finder(ABC):
    """Finds what one criterion rests on. One subclass for each kind of evidence."""

    def __init__(
        self, membership: Membership, lesson: LoadedLesson, rows: Mapping[str, PartProgress], condition: Condition
    ) -> None:
        self.membership, self.lesson = membership, lesson
        self.part, self.activity = selectors.place_of(lesson, condition.activity)
        self.standing = selectors.standing_of(rows.get(self.part.key), self.activity)

    def says(self) -> str:
        """What stands there, in a few words for its owner."""
        return type_of(self.activity).says_achievement(self.standing)

    def comment(self) -> Comment | None:
        """What an instructor wrote to its owner about it."""
        return None

    def is_returned(self) -> bool:
        """Tell whether it was sent back to its owner, and waits for them."""
        return False

    @abstractmethod
    def all(self) -> Iterator[Evidence]:
        """Each thing that the criterion rests on."""

    def accepted(self) -> QuerySet[Submission]:
        """What was handed in and accepted, without what stands in it."""
        slug = self.lesson.lesson.slug
        sent = Submission.objects.filter(membership=self.membership, lesson=slug, activity=self.activity.key)
        return sent.filter(accepted=True).only("step", "received_at")

    def submission(self, submission: Submission, label: str) -> Evidence:
        number = str(submission.pk)
        return Evidence("submission", number, label, page="submission", key=number, at=submission.received_at)


class Steps(Finder):
    """The newest answer to each step of a worksheet. One query."""

    def newest(self) -> QuerySet[Submission]:
        # By a window: asked as a subquery, PostgreSQL may work it out anew for every answer.
        last = Window(Max("pk"), partition_by=F("step"))
        return self.accepted().annotate(last=last).filter(pk=F("last")).order_by("step")

    def all(self) -> Iterator[Evidence]:
        for submission in self.newest():
            yield self.submission(submission, _("step %(n)d") % {"n": submission.step})


class Texts(Finder):
    """The newest versions of what was written. Two queries, and one for who wrote a comment."""

    def says(self) -> str:
        memory: TextMemory = self.standing.memory
        if memory.aloud:
            return _("explained aloud")
        if memory.is_settled:
            return _("approved by an instructor")
        if not memory.text:
            return ""
        return _("sent back") if memory.is_returned else _("with your instructor")

    def is_returned(self) -> bool:
        memory: TextMemory = self.standing.memory
        return memory.is_returned

    def comment(self) -> Comment | None:
        review = self.standing.memory.review
        if review is None or not review.comment:
            return None
        return Comment(review.comment, selectors.reviewer_of(review))

    def all(self) -> Iterator[Evidence]:
        found = self.accepted()
        n, last = found.count(), list(found.order_by("-pk")[:MOST_VERSIONS])
        for number, submission in zip(range(n, 0, -1), last, strict=False):
            yield self.submission(submission, _("version %(n)d") % {"n": number})


class Runs(Finder):
    """The run without the repair and the run with it. No query: the member's progress keeps what they measured."""

    def all(self) -> Iterator[Evidence]:
        found = self.standing.memory.evidence
        for when, label in (("before", _("before")), ("after", _("after"))):
            if when in found:
                yield self._run(found, found[when], label)

    def _run(self, found: Mapping[str, Any], figures: Mapping[str, Any], label: str) -> Evidence:
        said = _("%(label)s: recall %(percent)d of 100") % {
            "label": label,
            "percent": round(100 * figures["recall"]),
        }
        # The page shows both under that of the repair.
        run, trial = found["after"]["run"], self.activity.trial_keys[0]
        query = f"?trial={trial}&run={run}#{self.activity.key}-head"
        return Evidence("run", figures["run"], said, page="part", key=self.part.key, query=query)


FINDERS: Mapping[EvidenceKind, type[Finder]] = {"steps": Steps, "text": Texts, "measured": Runs}


def finder_of(
    membership: Membership, lesson: LoadedLesson, rows: Mapping[str, PartProgress], condition: Condition
) -> Finder:
    return FINDERS[condition.rests_on](membership, lesson, rows, condition)
