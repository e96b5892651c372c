"""A predict activity as one member meets it: the question, then what is behind it, and nothing early.

A student's page gets what is sealed in an item only as a `RevealView`, which is made when the member has sealed an
answer and the stage lets them see. Other readers, and what guards each of them: `docs/how/sealing.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from lessons import stage
from lessons.activities.base import ActivityView
from lessons.activities.measures import Picture, Truth
from lessons.activities.predict import answers, guess_charts, rate_charts
from lessons.activities.predict.answers import ChoiceView as ChoiceView
from lessons.activities.predict.answers import choice_views as choice_views
from lessons.activities.predict.guess_charts import LowestPointChart, NumberLine
from lessons.activities.predict.rate_charts import RateChart
from lessons.activities.predict.schema import Item, Option, Predict, Question, Reveal
from lessons.authoring.base import visible
from lessons.drawing.bars import BarChart
from lessons.maths import values
from lessons.models import Confidence, Counts, PartProgress, PartState, Prediction
from lessons.stage import Key

WAITING = ("run", "held")  # sealed, and something else has to come first
NEAR = Fraction(1, 50)  # so near a rate does what the rate does


@dataclass(frozen=True)
class SliderView:
    """A number to guess: its slider, its field, and the chart on which it is dragged, if there is one."""

    low: str
    high: str
    step: str
    unit: str
    chart: LowestPointChart | None


@dataclass(frozen=True)
class Guess:
    """A sealed prediction in words."""

    round: int
    text: str
    second: str
    confidence: str
    because: str
    sealed_at: datetime
    is_late: bool


@dataclass(frozen=True)
class RevealView:
    """What is behind a question, beside what this member had said."""

    facts: Reveal
    verdict: str
    is_strong: bool  # sure, and it was otherwise
    answer: str
    comment: str
    second_verdict: str
    second_answer: str
    second_comment: str
    rate_chart: RateChart | None
    number_line: NumberLine | None
    group_bars: BarChart | None
    room: BarChart | None
    # What the member's own run draws.
    picture: Picture | None
    is_poll: bool
    is_fresh: bool


@dataclass(frozen=True)
class Looking:
    """The way back through a full cycle: what was seen, then which idea, then a question alone."""

    question: str
    options: tuple[tuple[str, str], ...]
    saw: str
    saw_text: str
    saw_right: bool
    seen_text: str
    idea_question: str
    ideas: tuple[Option, ...]
    idea: str
    next_time: str


@dataclass(frozen=True)
class Stop:
    """One question in the row of an activity's questions."""

    key: str
    title: str
    note: str
    minutes: int
    is_extra: bool
    is_transfer: bool
    state: str
    # A run has told, and the member has not looked yet.
    is_fresh: bool
    is_voted_on: bool = False

    @property
    def is_done(self) -> bool:
        return self.state == "done"


@dataclass(frozen=True)
class ItemView:
    """One question as the page shows it.

    `state`: ``closed`` (the instructor has not opened it), ``form``, ``sealed`` (waiting for the reveal),
    ``run`` (waiting for a run), ``held`` (waiting for another question), ``look`` (what did you see?),
    ``reconcile``, ``done``.
    """

    key: str
    title: str
    question: str
    note: str
    text: str
    is_full: bool
    is_extra: bool
    is_transfer: bool
    state: str
    # The experiment whose run it waits for, and which of its trials if not the first.
    run: str
    trial: str
    round: int
    is_late: bool
    second_question: str
    choices: tuple[ChoiceView, ...]
    second: tuple[ChoiceView, ...]
    slider: SliderView | None
    guesses: tuple[Guess, ...]
    sealed_chart: LowestPointChart | None
    # What a decision is about, where one is asked for.
    picture: Picture | None
    reveal: RevealView | None
    looking: Looking | None


@dataclass(frozen=True)
class PlayView:
    """The free slider, and what the rate on it does."""

    rate: str
    step: str
    max: str
    chart: RateChart | None
    error: str


@dataclass(frozen=True)
class PredictSheet:
    """The activity's page: its questions in a row, and the one at hand; without one, the shelf to choose from."""

    stops: tuple[Stop, ...]
    item: ItemView | None
    is_open: bool
    next: Stop | None
    # Questions for whoever has time, still to be answered.
    extras: tuple[Stop, ...]
    worked: RateChart | None
    # Whether the worked run may be drawn; until a worksheet on the same data is done, one sentence has to do.
    draws_worked: bool
    play: PlayView | None
    choose: int
    n_done: int
    n_needed: int
    is_led: bool
    # Whether what is behind every question that was sealed may be seen.
    is_seen: bool
    calls_to: Stop | None
    saved_at: datetime | None


def page(view: ActivityView) -> PredictSheet:
    """Lay out a predict activity for one member."""
    return _Page(view).sheet()


def is_open(view: ActivityView, item: str) -> bool:
    """Tell whether a question of the activity exists for the member yet."""
    return any(each.key == item for each, __ in _Page(view).open_items())


class _Page:
    """Everything that one page asks the database, once; then the views of it."""

    def __init__(self, view: ActivityView) -> None:
        self.is_own = view.membership.helper is None
        self.view = view
        self.activity: Predict = view.activity
        self.membership = view.membership
        self.lesson = view.lesson.lesson.slug
        self.stage = stage.read(view.membership, self.lesson)
        self.mine = answers.predictions_of(view.membership, self.lesson, self.activity.key)
        self.met = answers.reconciliations_of(view.membership, self.lesson, self.activity.key)
        self.told = answers.told(view.membership, view.lesson.lesson, self.activity)
        # The question whose reveal this page shows for the first time.
        self.looked_at = ""
        self.knows_chain = self._has_done(self.activity.after)

    def _has_done(self, activity: str | None) -> bool:
        if activity is None or self.membership.is_instructor:
            return True
        rows = PartProgress.objects.filter(membership=self.membership, lesson=self.lesson)
        return any(row.activities.get(activity, {}).get("state") == PartState.DONE for row in rows)

    def sheet(self) -> PredictSheet:
        stops = tuple(self._stop(item, parent) for item, parent in self.open_items())
        found = answers.find_item(self.activity, self.view.item)
        if found is None or not self._is_open(*found):
            found = answers.find_item(self.activity, self._default(stops))
        item = self._item(*found) if found else None
        if item is not None and item.reveal is not None and item.reveal.is_fresh and item.state == "done":
            # Looking at it is what the next one waits for.
            self.looked_at = item.key
            stops = tuple(self._stop(each, parent) for each, parent in self.open_items())
        core = [each for each in self.activity.items if self.activity.choose or not each.extra]
        n_done = sum(self._is_done(each) for each in core)
        n_needed = self.activity.choose or len(core)
        later = [stop for stop in stops if not stop.is_done and (item is None or stop.key != item.key)]
        sealed = [guess.sealed_at for rounds in self.mine.values() for guess in rounds.values()]
        return PredictSheet(
            stops=stops,
            item=item,
            is_open=self.view.is_open or bool(item and item.state != "form"),
            next=self._next(item, stops),
            extras=tuple(stop for stop in stops if stop.is_extra and stop.state == "form"),
            worked=self._worked(),
            draws_worked=self.knows_chain,
            play=self._play(),
            choose=self.activity.choose or 0,
            n_done=min(n_done, n_needed),
            n_needed=n_needed,
            is_led=self.stage.leads(self.view.part.key),
            is_seen=all(stop.state not in ("sealed", *WAITING) for stop in stops),
            calls_to=next((stop for stop in later if stop.is_voted_on), None),
            saved_at=max(sealed, default=None),
        )

    def open_items(self) -> list[tuple[Item, Item | None]]:
        """The questions that exist for the member, each followed by the transfer question that comes after it."""
        transfers = [(item.transfer, item) for item in self.activity.items if item.transfer is not None]
        pairs: list[tuple[Item, Item | None]] = []
        for item in self.activity.items:
            if self._is_open(item, None):
                pairs.append((item, None))
            pairs += [
                (transfer, parent)
                for transfer, parent in transfers
                if (transfer.after or parent.key) == item.key and self._is_open(transfer, parent)
            ]
        return pairs

    def _is_open(self, item: Item, parent: Item | None) -> bool:
        """Tell whether a question exists for the member yet: one that comes after something else may not."""
        if parent is not None and not answers.is_reconciled(self.met.get(parent.key)):
            return False
        if item.key in self.mine or self._is_asked(item):
            return True
        if item.poll and item.key not in self.told:
            return False
        # A guess that a run waits for comes at once; what is behind it may be held.
        return (item.measures is not None and item.trial is None) or not self._is_held(item)

    def _is_held(self, item: Item) -> bool:
        """Tell whether another question has to be behind the member first; in a led class the instructor holds."""
        found = answers.find_item(self.activity, item.after) if item.after else None
        if found is None:
            return False
        if self.stage.leads(self.view.part.key):
            # What the instructor does not open by itself, a transfer question, follows what they have opened.
            return item not in self.activity.items and not self.stage.is_revealed(self.key(found[0]))
        return not self._is_behind(found[0])

    def _follows(self, key: str, before: str) -> bool:
        found = answers.find_item(self.activity, key)
        return found is not None and found[0].after == before

    def _is_behind(self, item: Item) -> bool:
        """Tell whether a member has looked at what is behind a question, and in a full cycle made something of it."""
        met = self.met.get(item.key)
        if item.cycle == "full":
            return answers.is_reconciled(met)
        return item.key in self.mine and (item.poll or met is not None or item.key == self.looked_at)

    def _default(self, stops: Sequence[Stop]) -> str:
        if voted_on := next((stop.key for stop in stops if stop.is_voted_on), ""):
            return voted_on
        if self.activity.choose:
            return ""
        core = [stop for stop in stops if not stop.is_extra]
        waiting = next((stop.key for stop in core if stop.is_fresh or stop.state not in (*WAITING, "done")), "")
        held = next((stop.key for stop in core if stop.state in WAITING), "")
        # What a run has told stays on the page when all is done.
        return waiting or held or next((item.key for item in self.activity.items if item.key in self.told), "")

    def _next(self, item: ItemView | None, stops: Sequence[Stop]) -> Stop | None:
        if item is None or item.state not in (*WAITING, "done"):
            return None
        after = [stop.key for stop in stops].index(item.key) + 1
        ahead = [*stops[after:], *stops[:after]]
        shut = (*WAITING, "done", "closed")
        wanted = [stop for stop in ahead if (stop.is_fresh or stop.state not in shut) and stop.key != item.key]
        # What this look opens comes first.
        wanted.sort(key=lambda stop: not self._follows(stop.key, item.key))
        if self.activity.choose:
            return next((stop for stop in wanted if stop.is_transfer), None)
        return next((stop for stop in wanted if not stop.is_extra), None)

    def _stop(self, item: Item, parent: Item | None) -> Stop:
        state = self.state(item, parent)
        return Stop(
            key=item.key,
            title=item.title,
            note=item.note or "",
            minutes=item.minutes,
            is_extra=item.extra,
            is_transfer=parent is not None,
            state=state,
            is_fresh=state == "done" and item.waits and not (item.poll or item.key in (*self.met, self.looked_at)),
            is_voted_on=self.stage.is_led and self._is_asked(item),
        )

    def key(self, item: Item) -> Key:
        return self.activity.key, item.key

    def _is_asked(self, item: Item) -> bool:
        """Tell whether a vote is open in which this member has not answered; whoever has seen what is behind cannot."""
        vote = self.stage.open_vote(self.key(item))
        return vote is not None and vote.round not in self.mine.get(item.key, {}) and item.key not in self.met

    def _may_see(self, item: Item, parent: Item | None) -> bool:
        if parent is not None or item.key in self.met:
            return True
        return self.stage.may_see(self.view.part.key, self.key(item))

    def state(self, item: Item, parent: Item | None) -> str:
        mine = self.mine.get(item.key, {})
        if self._is_asked(item):
            return "form"
        if not mine:
            has_begun = self.stage.votes_on(self.key(item)) or not self.stage.leads(self.view.part.key)
            return "form" if has_begun or parent else "closed"
        if item.waits and item.key not in self.told:
            return "run"
        if not self._may_see(item, parent):
            return "sealed"
        met = self.met.get(item.key)
        if met is None and self._is_held(item):
            return "held"
        if item.cycle == "quick" or answers.is_reconciled(met):
            return "done"
        return "reconcile" if met and met.saw else "look"

    def _is_done(self, item: Item) -> bool:
        return answers.is_done(item, self.mine, self.met)

    def _item(self, item: Item, parent: Item | None) -> ItemView:
        state = self.state(item, parent)
        votes = self.stage.votes_on(self.key(item))
        vote = self.stage.open_vote(self.key(item))
        mine = self.mine.get(item.key, {})
        last = mine[max(mine)] if mine else None
        is_seen = state in ("look", "reconcile", "done")
        return ItemView(
            key=item.key,
            title=item.title,
            question=item.question,
            note=item.note or "",
            text=item.text or "",
            is_full=item.cycle == "full",
            is_extra=item.extra,
            is_transfer=parent is not None,
            state=state,
            run=item.run or "",
            trial=item.trial or "",
            round=vote.round if vote else 1,
            is_late=state == "form" and stage.counts(votes, vote.round if vote else 1) == Counts.LATE,
            second_question=item.second.question if item.second else "",
            choices=choice_views(item.choices),
            second=choice_views(item.second.choices) if item.second else (),
            slider=_slider(item),
            guesses=tuple(_guess(item, mine[round_], is_own=self.is_own) for round_ in sorted(mine)),
            sealed_chart=_sealed_chart(item, last),
            picture=self._picture(item, last) if item.poll and self._sees_what_it_is_about(item) else None,
            reveal=self._reveal(item, parent, last) if is_seen and last else None,
            looking=self._looking(item, last) if is_seen and last and item.cycle == "full" else None,
        )

    def _reveal(self, item: Item, parent: Item | None, last: Prediction) -> RevealView | None:
        if item.reveal is None:
            return None
        found = self._truth(item)
        right = next(iter(found.right), "")
        holds = self._holds(item, last)
        second = item.second
        verdict = found.judge(last.choice) if item.number is None else ("right" if holds else "other")
        return RevealView(
            facts=item.reveal,
            verdict=verdict,
            is_strong=self.is_own and last.confidence == Confidence.SURE and not holds and not item.poll,
            answer=answers.answer_text(item, right) if item.number is None else "",
            comment=item.comments.get(last.choice, ""),
            second_verdict=_second_verdict(second, last.second),
            second_answer=answers.text_of(second.choices, second.right) if second else "",
            second_comment=second.comments.get(last.second, "") if second else "",
            rate_chart=self._rate_chart(item, last),
            number_line=_number_line(item, last.choice, found.number),
            group_bars=guess_charts.group_bars(item.reveal.bars) if item.reveal.bars else None,
            room=None if parent else self._room(item, last),
            picture=self._picture(item, last),
            is_poll=item.poll,
            is_fresh=item.key not in self.met,
        )

    def _truth(self, item: Item) -> Truth:
        told = self.told.get(item.key)
        return answers.truth(self.activity, self.view.rule, item, told.truth if told else None)

    def _holds(self, item: Item, last: Prediction) -> bool:
        told = self.told.get(item.key)
        truth = told.truth if told else None
        return answers.is_right(self.activity, self.view.rule, item, last.choice, last.second, truth)

    def _picture(self, item: Item, last: Prediction | None) -> Picture | None:
        told = self.told.get(item.key)
        return told.picture(answers.number_of(last.choice) if last else None) if told else None

    def _sees_what_it_is_about(self, item: Item) -> bool:
        """Tell whether the figure that a decision is about has been opened to the member."""
        found = answers.find_item(self.activity, item.after) if item.after else None
        return found is None or found[0].key in self.met or self._may_see(*found)

    def _room(self, item: Item, last: Prediction) -> BarChart | None:
        key = self.key(item)
        given = answers.tallies(self.membership.cohort, self.lesson, self.stage, key).get(key, [])
        return answers.room(self.activity, self.view.rule, item, given, mine=last.choice)

    def _rate_chart(self, item: Item, last: Prediction) -> RateChart | None:
        if not item.rates or self.activity.data is None:
            return None
        chosen = next((choice for choice in item.choices if choice.key == last.choice), None)
        return rate_charts.rate_chart(
            [answers.problem(self.activity, self.view.rule, rate) for rate in item.rates],
            self.activity.data.start,
            guess=chosen.shrinks_by if chosen else None,
            guess_name=chosen.text if chosen else "",
        )

    def _looking(self, item: Item, last: Prediction) -> Looking:
        met = self.met.get(item.key)
        saw, idea = (met.saw, met.idea) if met else ("", "")
        seen = item.saw
        choices = seen.choices if seen else item.choices
        right = seen.right if seen else next(iter(self._truth(item).right), "")
        holds = self._holds(item, last)
        ideas = item.convinced if holds else item.ideas
        return Looking(
            question=seen.question if seen else _("What did you see?"),
            options=tuple((choice.key, choice.text) for choice in choices),
            saw=saw,
            saw_text=answers.text_of(choices, saw) if saw else "",
            saw_right=saw == right,
            seen_text=answers.text_of(choices, right) if saw else "",
            idea_question=_("What convinced you?") if holds else _("Which idea made you choose that?"),
            ideas=ideas if saw else (),
            idea=next((option.text for option in (*item.ideas, *item.convinced) if option.key == idea), ""),
            next_time=met.next_time if met else "",
        )

    def _worked(self) -> RateChart | None:
        if self.activity.worked is None or self.activity.data is None:
            return None
        worked = answers.problem(self.activity, self.view.rule, self.activity.worked)
        return rate_charts.rate_chart([worked], self.activity.data.start)

    def _play(self) -> PlayView | None:
        """The free slider shows any learning rate: it comes when every core question is behind the member."""
        play, data = self.activity.play, self.activity.data
        core = [item for item in self.activity.items if not item.extra]
        is_behind = all(self._is_done(item) and self._may_see(item, None) for item in core)
        is_voting = any(self._is_asked(item) for item in self.activity.items)
        if play is None or data is None or not is_behind or is_voting or not self.knows_chain:
            return None
        typed = self.view.rate or rate_charts.show_rate(self.activity.worked or play.max / 2)
        step, highest = values.show(play.step, 6), values.show(play.max, 6)
        try:
            rate = values.parse(typed)
        except values.UnreadableNumber:
            rate = Fraction(0)
        if not 0 < rate <= play.max:
            error = _("Give a learning rate above 0, up to %(max)s. A fraction such as 4/15 works too.")
            return PlayView(typed, step, highest, None, error % {"max": highest})
        if asked := self._asks_about(rate):
            error = _("“%(title)s” is a question of its own: seal your guess on it first.")
            return PlayView(typed, step, highest, None, error % {"title": asked.title})
        chart = rate_charts.rate_chart([answers.problem(self.activity, self.view.rule, rate)], data.start)
        return PlayView(typed, step, highest, chart, "")

    def _asks_about(self, rate: Fraction) -> Item | None:
        """The question that a rate on the slider would answer, if the member has not: the rate itself or very near."""
        for item in self.activity.items:
            is_near = any(abs(rate - each) <= each * NEAR for each in item.rates)
            if is_near and not (item.key in self.mine and self._may_see(item, None)):
                return item
        return None


def items_as_data(view: ActivityView) -> list[dict[str, Any]]:
    """The questions that are open to a member, with how far each has come and nothing that is sealed."""
    page = _Page(view)
    data = []
    for item, parent in page.open_items():
        rounds = page.mine.get(item.key, {})
        votes = page.stage.votes_on(page.key(item))
        facts = visible(item)
        if item.number is not None:
            scale = {name: _plain(getattr(item.number, name)) for name in ("min", "max", "step")}
            facts["number"] |= scale
        data.append(
            facts
            | {
                "state": page.state(item, parent),
                "round": next((vote.round for vote in votes if vote.is_open), 1),
                "sealed_at": min((guess.sealed_at for guess in rounds.values()), default=None),
                "transfer_of": parent.key if parent else None,
            }
        )
    return data


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _slider(item: Item) -> SliderView | None:
    number = item.number
    if number is None:
        return None
    low, high, step = (values.show(value, 6).replace("−", "-") for value in (number.min, number.max, number.step))
    chart = guess_charts.lowest_point(number) if number.lowest_point else None
    return SliderView(low, high, step, number.unit, chart)


def _sealed_chart(item: Item, last: Prediction | None) -> LowestPointChart | None:
    guess = answers.number_of(last.choice) if last else None
    if guess is None or item.number is None or item.number.lowest_point is None:
        return None
    return guess_charts.lowest_point(item.number, guess)


def _number_line(item: Item, choice: str, right: Fraction | None) -> NumberLine | None:
    guess = answers.number_of(choice)
    return guess_charts.number_line(item.number, guess, right) if item.number and guess is not None else None


def _guess(item: Item, prediction: Prediction, *, is_own: bool) -> Guess:
    """A sealed prediction in words. How sure somebody was is theirs alone."""
    return Guess(
        round=prediction.round,
        text=answers.answer_text(item, prediction.choice),
        second=_second_text(item.second, prediction.second),
        confidence=str(Confidence(prediction.confidence).label) if is_own else "",
        because=prediction.because,
        sealed_at=prediction.sealed_at,
        is_late=prediction.is_late,
    )


def _second_verdict(second: Question | None, key: str) -> str:
    return Truth(frozenset({second.right}), frozenset(second.also)).judge(key) if second and key else ""


def _second_text(second: Question | None, key: str) -> str:
    return answers.text_of(second.choices, key) if second else ""
