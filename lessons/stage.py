"""Stage of a led class: which parts, votes and reveals are open now, and what that lets a member do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

from django.db.models import DateTimeField, F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from classroom.acting import Acting
from classroom.models import Cohort, Membership, Pace
from classroom.prepared import Select, Slot
from lessons.models import Counts, PartOpening, RevealOpening, SkippedQuestion, Stage, Vote

Key = tuple[str, str]  # an activity's and an item's


class _Kind(StrEnum):
    """Kind of a row that is read of a stage: the stage itself is two of them."""

    STAGE = "stage"
    STRIP = "strip"
    PART = "part"
    VOTE = "vote"
    REVEAL = "reveal"
    SKIP = "skip"


def _as_row(kind: _Kind, rows: QuerySet[Any], *texts: str, n: str = "", at: Sequence[str] = (), hands: str = "") -> Any:
    """Select two texts, a number, two times and the hands, so that what a stage has is one query."""
    a, b, *__ = [*map(F, texts), _NO_TEXT, _NO_TEXT]
    since, until, *__ = [*map(F, at), _NO_TIME, _NO_TIME]
    said = Cast(hands, TextField()) if hands else _NO_TEXT
    row = {"k": Cast(Value(kind.value), TextField()), "a": a, "b": b, "n": F(n) if n else _NO_NUMBER}
    return rows.annotate(**row, t=since, u=until, h=said).values_list("k", "a", "b", "n", "t", "u", "h")


_NO_TEXT, _NO_NUMBER = Cast(Value(""), TextField()), Cast(Value(0), IntegerField())
_NO_TIME = Cast(Value(None), DateTimeField())


def _all_rows() -> Any:
    here = {"cohort": Slot("cohort"), "lesson": Slot("lesson")}
    stage = Stage.objects.filter(**here)
    of = {f"stage__{name}": value for name, value in here.items()}
    parts, votes = PartOpening.objects.filter(**of), Vote.objects.filter(**of)
    reveals, skips = RevealOpening.objects.filter(**of), SkippedQuestion.objects.filter(**of)
    return _as_row(_Kind.STAGE, stage, "on_wall", "message", n="number", at=("paused_at", "timer_ends_at")).union(
        _as_row(_Kind.STRIP, stage, n="call_number", at=("brought_at",)),
        _as_row(_Kind.PART, parts, "part", at=("opened_at", "freed_at")),
        _as_row(_Kind.VOTE, votes, "activity", "item", n="round", at=("opened_at", "closed_at"), hands="hands"),
        _as_row(_Kind.REVEAL, reveals, "activity", "item", at=("opens_at",)),
        _as_row(_Kind.SKIP, skips, "activity", "item"),
        all=True,
    )


_ROWS: Select[Any] = Select(_all_rows)
_NUMBERS: Select[tuple[int, int]] = Select(
    lambda: Stage.objects.filter(cohort=Slot("cohort"), lesson=Slot("lesson")).values_list("number", "call_number")
)


@dataclass(frozen=True)
class StageView:
    """Stage of one class in one lesson, as one kind of member meets it.

    Students of a led class find closed what the instructor has not opened. Instructors, and everybody in a
    self-paced class, go on alone.
    """

    is_led: bool
    token: str
    opened: Mapping[str, datetime] = field(default_factory=dict)  # since when
    freed: frozenset[str] = frozenset()
    votes: Mapping[Key, tuple[Vote, ...]] = field(default_factory=dict)
    reveals: Mapping[Key, datetime] = field(default_factory=dict)
    skipped: frozenset[Key] = frozenset()
    # What the projectors show: “activity/item”, or nothing for their first page.
    on_wall: str = ""
    # Of the strip on the students' pages: it is made again for more than the page is.
    call_token: str = ""
    is_paused: bool = False
    message: str = ""
    timer_ends_at: datetime | None = None
    brought_at: datetime | None = None
    now: datetime = field(default_factory=timezone.now)

    def is_locked(self, part: str) -> bool:
        return self.is_led and part not in self.opened

    def leads(self, part: str) -> bool:
        """Tell whether the instructor holds the reins in this part."""
        return self.is_led and part not in self.freed

    @property
    def moved_at(self) -> float:
        """When something was opened or closed last, in seconds since 1970; nought, if nothing was."""
        votes = [vote.closed_at or vote.opened_at for held in self.votes.values() for vote in held]
        return max((each.timestamp() for each in (*self.opened.values(), *votes, *self.reveals.values())), default=0.0)

    def votes_on(self, key: Key) -> tuple[Vote, ...]:
        """Votes held on an item so far, the first round first."""
        return self.votes.get(key, ())

    def open_vote(self, key: Key) -> Vote | None:
        return next((vote for vote in self.votes_on(key) if vote.is_open), None)

    def keeps(self, key: Key, round_: int, removed_at: datetime | None) -> bool:
        """Tell whether an answer is among the class's figures: its member is there, or was when the vote closed."""
        if removed_at is None:
            return True
        vote = next((vote for vote in self.votes_on(key) if vote.round == round_), None)
        return vote is not None and vote.closed_at is not None and vote.closed_at <= removed_at

    def is_revealed(self, key: Key) -> bool:
        """Tell whether the instructor has opened this reveal, and the time to take it back is over."""
        opens_at = self.reveals.get(key)
        return opens_at is not None and opens_at <= self.now

    def may_see(self, part: str, key: Key) -> bool:
        """Tell whether somebody who has sealed an answer may see what is behind the question."""
        if self.leads(part) and not self.is_skipped(key):
            return self.is_revealed(key)
        return self.open_vote(key) is None

    def is_skipped(self, key: Key) -> bool:
        """Tell whether the class passes over a question: whoever answers it does so at their own pace."""
        return key in self.skipped

    def question_in_the_room(self) -> Key | None:
        """Question whose vote is open."""
        return next((key for key, votes in self.votes.items() if votes[-1].is_open), None)


def read(membership: Membership, lesson: str) -> StageView:
    """Read the stage for one member: one query."""
    return _read(membership.cohort, lesson, is_led=is_led_for(membership))


def read_for_room(cohort: Cohort, lesson: str) -> StageView:
    """Read the stage as the students of a class meet it."""
    return _read(cohort, lesson, is_led=cohort.pace == Pace.LED)


def is_led_for(membership: Membership) -> bool:
    return membership.cohort.pace == Pace.LED and not membership.is_instructor


def follows(acting: Acting) -> bool:
    """Tell whether a member's pages ask what has been opened: in a led class, and after it, should it be led again.

    The page of somebody else stays as it is.
    """
    member = acting.member
    is_led_or_was = is_led_for(member) or (member.cohort.ended_at is not None and not member.is_instructor)
    return is_led_or_was and acting.is_own


def counts(votes: Sequence[Vote], round_: int) -> str:
    """Value of `Counts` for an answer to one round that is sealed now."""
    if not votes:
        return Counts.OWN_PACE.value
    is_open = any(vote.is_open and vote.round == round_ for vote in votes)
    return (Counts.VOTE if is_open else Counts.LATE).value


def _rows(cohort: Cohort, lesson: str) -> Mapping[str, list[Any]]:
    rows: dict[str, list[Any]] = {kind: [] for kind in _Kind}
    for kind, *row in _ROWS(cohort=cohort.pk, lesson=lesson):
        rows[kind].append(row)
    return rows


def _read(cohort: Cohort, lesson: str, *, is_led: bool) -> StageView:
    rows = _rows(cohort, lesson)
    if not rows[_Kind.STAGE]:
        return StageView(is_led, f"{cohort.pace}0", call_token=f"{cohort.pace}0.0")
    now = timezone.now()
    ((on_wall, message, number, paused_at, timer_ends_at, __),) = rows[_Kind.STAGE]
    ((__, __, call_number, brought_at, __, __),) = rows[_Kind.STRIP]
    votes: dict[Key, tuple[Vote, ...]] = {}
    for activity, item, round_, opened_at, closed_at, hands in sorted(rows[_Kind.VOTE], key=itemgetter(3, 2)):
        vote = Vote(
            activity=activity,
            item=item,
            round=round_,
            opened_at=opened_at,
            closed_at=closed_at,
            hands=json.loads(hands),
        )
        votes[activity, item] = (*votes.get((activity, item), ()), vote)
    reveals = {(activity, item): opens_at for activity, item, __, opens_at, *__ in rows[_Kind.REVEAL]}
    # While a reveal can still be taken back no token is the newest: whoever asks is answered, until it is open.
    is_pending = any(opens_at > now for opens_at in reveals.values())
    pending = ".pending" if is_pending else ""
    return StageView(
        is_led=is_led,
        token=f"{cohort.pace}{number}{pending}",
        call_token=f"{cohort.pace}{number}.{call_number}{pending}",
        opened={part: opened_at for part, __, __, opened_at, *__ in rows[_Kind.PART]},
        freed=frozenset(part for part, __, __, __, freed_at, __ in rows[_Kind.PART] if freed_at),
        votes=votes,
        reveals=reveals,
        skipped=frozenset((activity, item) for activity, item, *__ in rows[_Kind.SKIP]),
        on_wall=on_wall,
        is_paused=paused_at is not None,
        message=message,
        timer_ends_at=timer_ends_at,
        brought_at=brought_at,
        now=now,
    )


@dataclass(frozen=True)
class Tokens:
    """Tokens that a page asks with: has anything been opened since, and has the strip changed?"""

    page: str
    call: str


def tokens(membership: Membership, lesson: str) -> Tokens:
    """Read both tokens as they are now. One query."""
    number, call_number = _NUMBERS.first(cohort=membership.cohort_id, lesson=lesson) or (0, 0)
    pace = membership.cohort.pace
    return Tokens(f"{pace}{number}", f"{pace}{number}.{call_number}")


def skipped_in(cohort: Cohort, lesson: str) -> frozenset[Key]:
    """Questions that a class passes over; no query where nobody has led it."""
    if cohort.pace != Pace.LED and cohort.ended_at is None:
        return frozenset()
    rows = SkippedQuestion.objects.filter(stage__cohort=cohort, stage__lesson=lesson)
    return frozenset(rows.values_list("activity", "item"))


def token(membership: Membership, lesson: str) -> str:
    """Read the page's token. One query."""
    return tokens(membership, lesson).page
