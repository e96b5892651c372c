"""Call of a led class: what its instructor has opened, as one page of one student says it, wherever that page is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.selectors
from classroom.acting import Acting
from classroom.models import Cohort, Membership
from lessons import selectors, stage
from lessons.authoring.loader import LoadedLesson
from lessons.models import FINISHED, Counts, PartProgress, Prediction, Reconciliation
from lessons.stage import Key, StageView

# A page that was asleep when everybody was brought shows where the class is, and goes nowhere by itself.
BRINGS_FOR = timedelta(seconds=30)


@dataclass(frozen=True)
class Page:
    """Page of a student: the part that it shows, and the questions on it; a page of no part shows none."""

    part: str = ""
    questions: frozenset[Key] = frozenset()


@dataclass(frozen=True)
class Place:
    """Place where a led class is.

    `kind`: ``vote`` (one is open), ``closed`` (it is over, the answer is not shown), ``reveal``, or ``part``.
    """

    kind: str
    part: str
    part_title: str
    number: int
    activity: str = ""
    item: str = ""
    title: str = ""
    round: int = 0
    # What the part's page is asked for the question with, where it does not show it anyhow.
    extra: str = ""

    @property
    def key(self) -> str:
        """What this call is known by: it changes exactly when the class is called elsewhere."""
        return "/".join(filter(None, (self.kind, self.part, self.activity, self.item, str(self.round or ""))))

    @property
    def question(self) -> Key:
        return self.activity, self.item

    def is_on(self, page: Page) -> bool:
        return self.question in page.questions if self.item else self.part == page.part


@dataclass(frozen=True)
class Sealed:
    """How many of those who are here have sealed an answer to a question, and how many are here."""

    n: int
    here: int


@dataclass(frozen=True)
class Call:
    """Call of the class on one page of one student.

    `is_here`: the page shows what the class is at. `is_settled`: the student has done what it asks for. `sealed` is
    for who waits. All times are seconds from now on.
    """

    token: str
    place: Place | None = None
    is_here: bool = False
    is_settled: bool = False
    sealed: Sealed | None = None
    sealed_token: str = ""
    is_paused: bool = False
    message: str = ""
    time_left: int | None = None
    # Which bringing of everybody it is, if it is a moment ago.
    brought: str = ""

    @property
    def look(self) -> str:
        """How the strip looks: ``loud`` calls elsewhere, ``here`` shows once the question is out of sight."""
        if self.place is None:
            return ""
        if self.is_settled:
            return "quiet" if self.sealed or not self.is_here else ""
        if self.is_here:
            return "here" if self.place.item else ""
        return "loud"

    @property
    def is_shown(self) -> bool:
        return bool(self.look or self.message or self.is_paused or self.time_left is not None)

    @property
    def is_floating(self) -> bool:
        """Whether the strip lies over the page, once the question is out of sight, and takes no room before."""
        return self.look == "here" and not (self.message or self.is_paused or self.time_left is not None)

    @property
    def clock(self) -> str:
        """The time that is left, in minutes and seconds."""
        return "" if self.time_left is None else clock(self.time_left)

    @property
    def title(self) -> str:
        """What the browser's tab tells, if there is something."""
        if self.is_paused:
            return _("Eyes up front")
        if self.place is None or self.look != "loud":
            return _("Message") if self.message else ""
        titles = {
            "vote": _("Vote open"),
            "closed": _("The class has moved on"),
            "reveal": _("Answer revealed"),
            "part": _("Part %(number)d is open") % {"number": self.place.number},
        }
        return titles[self.place.kind]

    @property
    def mark(self) -> str:
        """What stands before the title of the page."""
        return f"● {self.title} · " if self.title else ""

    @property
    def line(self) -> str:
        """What the class is at, to be read after “The class:”."""
        if self.place is None:
            return ""
        lines = {
            "vote": _("second vote on “%(title)s”") if self.place.round > 1 else _("vote open on “%(title)s”"),
            "closed": _("at “%(title)s”, the vote is closed"),
            "reveal": _("the answer to “%(title)s”"),
            "part": _("part %(number)d, “%(part)s”"),
        }
        told = {"title": self.place.title, "number": self.place.number, "part": self.place.part_title}
        return lines[self.place.kind] % told

    @property
    def says(self) -> str:
        """What a screen reader hears, each line once."""
        said = [_("Eyes up front.")] if self.is_paused else []
        if self.look == "loud":
            said.append(_("The class: %(line)s.") % {"line": self.line})
        if self.message:
            said.append(_("Message: %(text)s") % {"text": self.message})
        return "\n".join(said)


def clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def seconds_left(until: datetime | None, now: datetime) -> int | None:
    """Give the whole seconds until a timer's end, none below nought."""
    return None if until is None else max(0, round((until - now).total_seconds()))


def place_of(view: StageView, membership: Membership, lesson: LoadedLesson) -> Place | None:
    """Work out where a led class is: at the vote that is open, else at what was opened or closed last."""
    moments = list(_moments(view, membership, lesson)) if view.is_led else []
    open_vote = next((place for __, place in moments if place.kind == "vote"), None)
    newest = max(moments, key=lambda moment: moment[0], default=(None, None))[1]
    return open_vote or newest


def _moments(view: StageView, membership: Membership, lesson: LoadedLesson) -> Iterator[tuple[datetime, Place]]:
    """Give what was opened or closed, part by part, each with its time."""
    for number, part in enumerate(lesson.lesson.parts, start=1):
        if part.key not in view.opened:
            continue
        whole = Place("part", part.key, part.title, number)
        yield view.opened[part.key], whole
        for each in part.activities:
            activity = selectors.as_met(membership, lesson, each)
            for key in {**view.votes, **view.reveals}:
                if key[0] != activity.key:
                    continue
                item = activity.votable(key[1])
                if item is None:  # the lesson or the rule has changed since
                    continue
                votes = view.votes_on(key)
                question = replace(
                    whole,
                    activity=activity.key,
                    item=item.key,
                    title=item.title,
                    round=votes[-1].round if votes else 0,
                    extra=activity.key if activity.extra else "",
                )
                for at, kind in _turns(view, key):
                    # In a part that was let go nobody is called to a question: everyone is at their own.
                    is_free = part.key in view.freed and kind != "vote"
                    yield at, whole if is_free else replace(question, kind=kind)


def _turns(view: StageView, key: Key) -> Iterator[tuple[datetime, str]]:
    votes = view.votes_on(key)
    if votes:
        last = votes[-1]
        yield (last.opened_at, "vote") if last.closed_at is None else (last.closed_at, "closed")
    if view.is_revealed(key):
        yield view.reveals[key], "reveal"


def read(
    acting: Acting, lesson: LoadedLesson, page: Page, view: StageView | None = None, *, is_here: bool | None = None
) -> Call | None:
    """Read the call for one page of a member's own; None where nobody calls.

    No query where nobody leads. Else one for what the member has done there, and two more for who waits.

    Parameters
    ----------
    view : the stage, if it was read for the page; one query more without
    is_here : whether the page shows what the class is at, where that was worked out before
    """
    membership = acting.member
    if not (acting.is_own and stage.is_led_for(membership)) or membership.cohort.archived:
        return None
    slug = lesson.lesson.slug
    view = view or stage.read(membership, slug)
    place = place_of(view, membership, lesson)
    here = place is not None and (place.is_on(page) if is_here is None else is_here)
    settled = place is not None and not (here and place.kind == "part") and _is_settled(membership, slug, place)
    waits = place is not None and place.kind == "vote" and settled
    is_new = view.brought_at is not None and view.now - view.brought_at < BRINGS_FOR
    return Call(
        token=view.call_token,
        place=place,
        is_here=here,
        is_settled=settled,
        sealed=count(membership.cohort, slug, place.question, place.round) if place and waits else None,
        sealed_token=sealed_token(membership) if waits else "",
        is_paused=view.is_paused,
        message=view.message,
        time_left=seconds_left(view.timer_ends_at, view.now),
        brought=f"{view.brought_at:%H%M%S%f}" if is_new and place else "",
    )


def _is_settled(membership: Membership, lesson: str, place: Place) -> bool:
    """Tell whether a member has done what the class is called to."""
    if place.kind == "part":
        rows = PartProgress.objects.filter(membership=membership, lesson=lesson, part=place.part)
        return rows.filter(state__in=FINISHED).exists()
    at = {"membership": membership, "lesson": lesson, "activity": place.activity, "item": place.item}
    if place.kind != "reveal" and Prediction.objects.filter(**at, round=place.round).exists():
        return True
    # Whoever has seen the answer can seal no more.
    return Reconciliation.objects.filter(**at).exists()


def sealed_token(membership: Membership) -> str:
    """The token with which who waits asks how many have sealed: the class's version, and the minute for who is here."""
    return f"{membership.cohort.version.number}.{timezone.now():%H%M}"


def count(cohort: Cohort, lesson: str, key: Key, round_: int) -> Sealed:
    """Count who is here, and who of them has sealed an answer to a round of votes; round 0 is where none was held."""
    here = classroom.selectors.students_here(cohort)
    sealed = Prediction.objects.filter(
        membership__in=here,
        lesson=lesson,
        activity=key[0],
        item=key[1],
        round=max(round_, 1),
        counts=Counts.VOTE if round_ else Counts.OWN_PACE,
    )
    return Sealed(sealed.count(), len(here))
