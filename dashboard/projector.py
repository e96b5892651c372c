"""The front of the room: what a led class is asked now, for the projector and for whoever leads.

No name and nothing sealed is in a `Question`, before the reveal or in any field that is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import segno
from django.utils.safestring import mark_safe

import experiments.selectors
from classroom import selectors
from classroom.models import GradientRule, Membership
from dashboard import evidence, needs, next_act, run_sheet, script
from dashboard.evidence import Evidence
from dashboard.next_act import Count, Facts, NextAct, Press
from dashboard.run_sheet import RunSheet, SheetLine
from dashboard.script import Act, Run, Script
from lessons import class_call, stage, voting
from lessons.activities.base import type_of
from lessons.activities.predict import answers
from lessons.activities.predict.answers import ChoiceView, ClassQuestion, LowestPointChart
from lessons.authoring.loader import LoadedLesson
from lessons.models import FINISHED, Counts, PartProgress, Prediction
from lessons.run_context import RunContext
from lessons.stage import StageView

# What comes next for a question in each state.
ACTS = {
    "closed": "open_vote",
    "open": "close_vote",
    "voted": "reveal",
    "pending": "take_back",
    "revealed": "",
    "skipped": "take_up",
}


@dataclass(frozen=True)
class QuestionLine:
    """One question in the list: where it stands, and what the instructor can do with it next.

    `state`: ``closed``, ``open`` (a vote is on), ``voted``, ``pending`` (the reveal opens in a moment), ``revealed``,
    ``skipped``.
    `act` is the next thing to do: ``open_vote``, ``close_vote``, ``reveal``, ``take_back``, or nothing.
    """

    part: str
    activity: str
    item: str
    title: str
    state: str
    round: int
    n_votes: int
    act: str
    is_extra: bool
    waits: bool
    minutes: int
    # A vote is on or over, and hands raised in the room can be added to it.
    takes_hands: bool

    @property
    def presses(self) -> tuple[Press, ...]:
        """What can be done with it by itself, the next thing first."""
        acts = [self.act] if self.act else []
        if self.state == "voted" and self.round < self.n_votes:
            acts.append("reveal" if self.act == "open_vote" else "open_vote")
        if self.state in ("closed", "voted") and not self.is_extra:
            acts.append("skip")
        key, is_again = (self.activity, self.item), self.round > 0
        return tuple(next_act.on_question(act, key, is_again=is_again) for act in acts)


@dataclass(frozen=True)
class PartLine:
    key: str
    title: str
    number: int
    minutes: int
    is_soon: bool
    is_open: bool
    is_free: bool
    questions: tuple[QuestionLine, ...]
    sheet: SheetLine | None
    # An activity of which the rest to choose is skipped, or can be; nothing, where students choose nothing.
    chooses_in: str
    is_rest_skipped: bool


@dataclass(frozen=True)
class Lead:
    """What stands before whoever leads a class: the next act, the time, and what is asked before something is done.

    `next` is there as long as somebody leads, `sheet` from then on.
    """

    next: NextAct | None
    sheet: RunSheet | None
    coming: tuple[Act, ...]
    asked: Asked | None
    now: datetime
    # How many minutes of the class pass in one: the time of day tells nothing in a rehearsal at another speed.
    speed: int


@dataclass(frozen=True)
class Asked:
    """A question that is answered before something is done."""

    press: Press
    question: str


@dataclass(frozen=True)
class Way:
    """The way through the lesson, and the stage that it was read from."""

    parts: tuple[PartLine, ...]
    lead: Lead
    stage: StageView


@dataclass(frozen=True)
class Question:
    """One question as the whole room sees it."""

    line: QuestionLine
    eyebrow: str
    text: str
    question: str
    second_question: str
    scale: str
    chart: LowestPointChart | None
    choices: tuple[ChoiceView, ...]
    second: tuple[ChoiceView, ...]
    advice: str
    n_sealed: int
    n_here: int
    # Hands raised in the room, which are counted with the answers; what to count them by, where they are taken.
    n_hands: int
    hands: tuple[tuple[str, str, int], ...]
    # Which of its part's questions it is, and of how many.
    number: tuple[int, int] | None
    evidence: Evidence
    n_runs: int
    answer: str
    before: QuestionLine | None
    after: QuestionLine | None

    @property
    def shows_choices(self) -> bool:
        """Choices leave the wall to what the question is about, if that is large and all have chosen."""
        return self.line.state in ("closed", "open") or not self.evidence.is_large


@dataclass(frozen=True)
class Wall:
    """What a projector shows: a question, or the page with the way in.

    `pinned` is a question that this page alone looks at, while the class's wall shows something else.
    """

    question: Question | None
    pinned: str
    first: QuestionLine | None
    lead: Lead
    n_students: int
    n_here: int
    stage: StageView

    @property
    def is_next_about_another(self) -> bool:
        """Tell whether what comes next, or could instead, is about something else than the question that is shown."""
        shown, ahead = (self.question.line if self.question else None), self.lead.next
        if shown is None or ahead is None:
            return False
        offered = [each for each in (ahead.press, *ahead.others) if each is not None and each.act != "skip"]
        return all((each.activity, each.item) != (shown.activity, shown.item) for each in offered)


def question_to_ask(membership: Membership, lesson: LoadedLesson, press: Press) -> str:
    """What has to be answered before something is done; nothing, if it is done at once or will be refused."""
    room = _Room(membership, lesson)
    if not room.stage.is_led or room.cohort.archived:
        return ""
    return next_act.asks(room.script, room.stage, room.facts, press)


def way(membership: Membership, lesson: LoadedLesson, asked: Press | None = None) -> Way:
    """The lesson's parts with their questions, as the instructor leads through them."""
    room = _Room(membership, lesson)
    lead = room.lead(asked)
    sheet = {line.key: line for line in lead.sheet.lines} if lead.sheet else {}
    parts = tuple(
        PartLine(
            key=part.key,
            title=part.title,
            number=number,
            minutes=part.minutes,
            is_soon=part.soon,
            is_open=part.key in room.stage.opened,
            is_free=part.key in room.stage.freed,
            questions=tuple(room.line(each) for each in room.questions if each.part is part),
            sheet=sheet.get(part.key),
            chooses_in=(chosen := next((each.key for each in part.activities if each.n_to_choose > 1), "")),
            is_rest_skipped=room.stage.is_skipped((chosen, "")),
        )
        for number, part in enumerate(lesson.lesson.parts, start=1)
        if part.badge is None  # never closed, so never to be opened
    )
    return Way(parts, lead, room.stage)


def wall(membership: Membership, lesson: LoadedLesson, asked: str = "", before: Press | None = None) -> Wall:
    """What a projector shows: the question asked for as ``activity/item``, else what is on the wall.

    `before` is what was pressed and has to be asked about first.
    """
    room = _Room(membership, lesson)
    keys = ["/".join(asked.key) for asked in room.questions]
    on_wall = room.stage.on_wall if room.stage.on_wall in keys else ""
    pinned = asked if asked in keys and asked != on_wall else ""
    place = pinned or on_wall
    return Wall(
        question=_question(room, lesson, keys.index(place)) if place else None,
        pinned=pinned,
        first=room.first(),
        lead=room.lead(before),
        n_students=room.n_students,
        n_here=len(room.here()),
        stage=room.stage,
    )


def join_code(address: str) -> str:
    """The address as a QR code: an SVG of its own, dark on light in either theme, as wide as it is given room."""
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, dark="#1c2733", light="#fffef9", border=3)
    return mark_safe(drawn)  # noqa: S308 - drawn from an address, of which nothing stands in it as text


def _question(room: _Room, lesson: LoadedLesson, at: int) -> Question:
    """Lay out one question for the whole room."""
    asked = room.questions[at]
    item, line = asked.item, room.line(asked)
    n_sealed, n_here = room.counts(line)
    waits_for = lesson.lesson.activity(item.run)
    measuring = type_of(waits_for) if waits_for else None
    hands = room.hands(asked)
    return Question(
        line=line,
        eyebrow=asked.part.title,
        text=item.text or "",
        question=item.question,
        scale=asked.scale,
        chart=asked.chart,
        second_question=asked.second_question,
        choices=asked.choices,
        second=asked.second_choices,
        advice=room.advice(line, asked),
        n_sealed=n_sealed,
        n_here=n_here,
        n_hands=sum(hands.values()),
        hands=tuple((choice.key, choice.text, hands.get(choice.key, 0)) for choice in item.choices)
        if line.takes_hands
        else (),
        number=room.number_of(asked),
        evidence=evidence.of(
            room.cohort, lesson.lesson, asked, room.rounds(asked), at=room.stage, revealed=room.revealed()
        ),
        n_runs=measuring.n_runs(room.cohort, lesson.lesson, item) if measuring else 0,
        answer=asked.answer if line.state == "revealed" else "",
        before=room.next_to(at, -1),
        after=room.next_to(at, 1),
    )


class _Room:
    """What the front of the room asks the database, once."""

    def __init__(self, membership: Membership, lesson: LoadedLesson) -> None:
        self.cohort = membership.cohort
        self.lesson = lesson.lesson
        self.slug = lesson.lesson.slug
        self.stage = stage.read_for_room(self.cohort, self.slug)
        self.given_in_rounds = answers.rounds(self.cohort, self.slug, self.stage)
        self.questions = self._in_order_of_acts()

    @cached_property
    def script(self) -> Script:
        return script.script_of(self.lesson, self.cohort.gradient_rule)

    def lead(self, asked: Press | None) -> Lead:
        """The next act and the time; a question before it, if what was pressed still needs one. A class that has ended
        keeps its run sheet.
        """
        now, ended_at = self.stage.now, self.cohort.ended_at
        if not self.stage.is_led and ended_at is None:
            return Lead(None, None, (), None, now, 1)
        ahead = next_act.coming(self.script, self.stage, self.facts)
        speed = needs.speed_of(self.cohort)
        until = now if self.stage.is_led or ended_at is None else ended_at
        sheet = run_sheet.sheet_of(self.script, self.stage, ahead, led_at=self.cohort.led_at, now=until, speed=speed)
        if not self.stage.is_led:
            return Lead(None, sheet, (), None, now, speed)
        question = next_act.asks(self.script, self.stage, self.facts, asked) if asked else ""
        return Lead(
            next=next_act.next_act(self.script, self.stage, self.facts),
            sheet=sheet,
            coming=ahead,
            asked=Asked(asked, question) if asked and question else None,
            now=now,
            speed=speed,
        )

    @cached_property
    def facts(self) -> Facts:
        """What the class has done so far: three queries, however many students and runs."""
        here, runs = frozenset(self.here()), self._runs()
        sealed: dict[stage.Key, set[int]] = {}
        rows = Prediction.objects.filter(selectors.by_students(self.cohort), lesson=self.slug)
        asked_now = self.stage.question_in_the_room()
        vote = self.stage.open_vote(asked_now) if asked_now else None
        answered = set()
        fields = ("membership_id", "activity", "item", "round", "counts")
        for member, activity, item, round_, counted in rows.values_list(*fields):
            sealed.setdefault((activity, item), set()).add(member)
            is_asked = vote and (activity, item, round_) == (vote.activity, vote.item, vote.round)
            if is_asked and counted == Counts.VOTE:
                answered.add(member)
        awaited = {}
        for run, each in self.script.runs.items():
            may = [sealed.get(guess, set()) for guess in each.guesses]
            may += [runs.get(each.after, set())] if each.after else []
            missing = here.intersection(*may) - runs[run]
            awaited[run] = Count(len(runs[run]), len(runs[run]) + len(missing))
        wants = (asked.key for asked in self.questions if self._wants_second_vote(asked, self._n_votes(asked)))
        return Facts(awaited, self._work(here), frozenset(wants), Count(len(here & answered), len(here)))

    def _in_order_of_acts(self) -> list[ClassQuestion]:
        """Questions of each part as its acts first come to them; then those that no act names."""
        questions = answers.class_questions(self.lesson.parts, GradientRule(self.cohort.gradient_rule))
        named = {key: at for at, key in reversed([*enumerate(act.key for act in self.script.acts)])}
        parts = [part.key for part in self.lesson.parts]
        return sorted(
            questions, key=lambda each: (parts.index(each.part.key), named.get(each.key, len(self.script.acts)))
        )

    def _runs(self) -> dict[Run, set[int]]:
        contexts = {run: str(RunContext(self.slug, *run)) for run in self.script.runs}
        found = experiments.selectors.members_with_runs(self.cohort, contexts.values())
        return {run: found[context] for run, context in contexts.items()}

    def _work(self, here: frozenset[int]) -> dict[str, Count]:
        """How many have finished each activity, of those and of whoever is here."""
        done: dict[str, set[int]] = {}
        rows = PartProgress.objects.filter(membership__in=self.students, lesson=self.slug)
        for member, activities in rows.values_list("membership_id", "activities"):
            for key, kept in activities.items():
                if kept.get("state") in FINISHED:
                    done.setdefault(key, set()).add(member)
        keys = [activity.key for activity in self.lesson.activities]
        return {key: Count(len(done.get(key, ())), len(here | done.get(key, set()))) for key in keys}

    def _n_votes(self, asked: ClassQuestion) -> int:
        return len(self.stage.votes_on(asked.key))

    def here(self) -> list[int]:
        """Who is here now."""
        return [each.pk for each in self.students if selectors.is_here(each)]

    @property
    def n_students(self) -> int:
        return len(self.students)

    @cached_property
    def students(self) -> list[Membership]:
        return list(selectors.students_of(self.cohort))

    def first(self) -> QuestionLine | None:
        """The core question to begin with: the one after those that have been revealed."""
        lines = [self.line(asked) for asked in self.questions if not asked.item.extra]
        return next((line for line in lines if line.state != "revealed"), lines[0] if lines else None)

    def hands(self, asked: ClassQuestion) -> dict[str, int]:
        """The hands raised in the newest vote on a question."""
        votes = self.stage.votes_on(asked.key)
        return dict(votes[-1].hands) if votes else {}

    def next_to(self, at: int, way: int) -> QuestionLine | None:
        """The core question before or after a place; extras are called up one by one."""
        ahead = self.questions[at + 1 :] if way > 0 else self.questions[:at][::-1]
        return next((self.line(asked) for asked in ahead if not asked.item.extra), None)

    def line(self, asked: ClassQuestion) -> QuestionLine:
        item, votes, state = asked.item, self.stage.votes_on(asked.key), self._state(asked.key)
        act = ACTS[state]
        if state == "voted" and self._wants_second_vote(asked, len(votes)):
            act = "open_vote"
        return QuestionLine(
            part=asked.part.key,
            activity=asked.activity.key,
            item=item.key,
            title=item.title,
            state=state,
            round=votes[-1].round if votes else 0,
            n_votes=item.votes,
            act=act,
            is_extra=item.extra,
            waits=item.waits,
            minutes=item.minutes,
            takes_hands=state in ("open", "voted") and voting.takes_hands(item),
        )

    def advice(self, line: QuestionLine, asked: ClassQuestion) -> str:
        share = asked.share_right(self.given(asked))
        if line.state != "voted" or line.round >= line.n_votes or share is None:
            return ""
        return voting.advice(share)

    def given(self, asked: ClassQuestion) -> answers.Tally:
        """How the class answered a question: in its last vote, if there was one."""
        return answers.last_of(self.stage, asked.key, self.rounds(asked))

    def rounds(self, asked: ClassQuestion) -> answers.Rounds:
        """The same, vote by vote."""
        return self.given_in_rounds.get(asked.key, {})

    def revealed(self) -> frozenset[stage.Key]:
        """The questions that are open to the class."""
        return frozenset(asked.key for asked in self.questions if self.stage.is_revealed(asked.key))

    def number_of(self, asked: ClassQuestion) -> tuple[int, int] | None:
        """Which of its part's questions this is, where the class is asked them all and there is more than one."""
        core = [each for each in self.questions if each.part is asked.part and not each.item.extra]
        if asked not in core or len(core) < 2 or asked.activity.choose:
            return None
        return core.index(asked) + 1, len(core)

    def counts(self, line: QuestionLine) -> tuple[int, int]:
        """How many of those who are here have answered this round, and how many are here."""
        sealed = class_call.count(self.cohort, self.slug, (line.activity, line.item), line.round)
        return sealed.n, sealed.here

    def _state(self, key: stage.Key) -> str:
        if self.stage.is_revealed(key):
            return "revealed"
        if key in self.stage.reveals:
            return "pending"
        if self.stage.open_vote(key):
            return "open"
        if self.stage.is_skipped(key):
            return "skipped"
        return "voted" if self.stage.votes_on(key) else "closed"

    def _wants_second_vote(self, asked: ClassQuestion, n_held: int) -> bool:
        share = asked.share_right(self.given(asked))
        return n_held < asked.item.votes and share is not None and voting.wants_second_vote(share)
