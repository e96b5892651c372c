"""A predict activity as one member meets it: the question, then what is behind it, and nothing early.

What is sealed in an item comes from `reveal`, which is asked only when the member has sealed an answer and the stage
lets them see. Other readers, and what guards each of them: `docs/how/sealing.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils.translation import gettext as _

from lessons import selectors, stage
from lessons.activities.base import ActivityView
from lessons.activities.measures import Picture
from lessons.activities.predict import answers, guess_charts, guesses, rate_charts, rate_runs, states
from lessons.activities.predict.answers import ChoiceView
from lessons.activities.predict.forms import scale_of
from lessons.activities.predict.guess_charts import LowestPointChart
from lessons.activities.predict.guesses import Reading
from lessons.activities.predict.rate_charts import RateChart
from lessons.activities.predict.reveal import Fold, Looking, RevealView, fold_of, looking_of, picture_of, reveal_of
from lessons.activities.predict.schema import Item, Predict, Question
from lessons.activities.predict.states import SEEN, WAITING, ItemLine, States
from lessons.authoring.base import visible
from lessons.forms import why_unreadable
from lessons.maths import values
from lessons.models import Confidence, Counts, PartState, Prediction


@dataclass(frozen=True)
class SliderView:
    """A number to guess: its slider, its field, and the chart on which it is dragged, if there is one."""

    low: str
    high: str
    step: str
    unit: str
    chart: LowestPointChart | None
    # How what was sent and refused is read, if it is a number.
    reading: Reading | None

    @property
    def scale(self) -> str:
        """Query that asks how a number is read here."""
        return urlencode({"low": self.low, "high": self.high, "unit": self.unit})


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
class Undo:
    """The moment in which what was sealed last can be taken back, and whether what is behind it comes right after."""

    seal: UUID
    milliseconds: int
    then_reveals: bool


@dataclass(frozen=True)
class ItemView:
    """One question as the page shows it; `state` is one of those of `States`."""

    key: str
    title: str
    question: str
    text: str
    is_full: bool
    is_extra: bool
    is_transfer: bool
    # The class passes over it, and the member has not answered it.
    is_skipped: bool
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
    undo: Undo | None
    sealed_chart: LowestPointChart | None
    # What a decision is about, where one is asked for.
    picture: Picture | None
    reveal: RevealView | None
    looking: Looking | None
    # Template of the closer look, where this is one; else what the way to it says, if there is one.
    closer: str = ""
    way_closer: str = ""


@dataclass(frozen=True)
class PlayView:
    """The free slider, and what the rate on it does."""

    rate: str
    step: str
    max: str
    chart: RateChart | None
    error: str
    # The rate as programs write it.
    plain: str = ""


@dataclass(frozen=True)
class PredictSheet:
    """The activity's page: its questions in a row, and the one at hand; without one, the shelf to choose from."""

    lines: tuple[ItemLine, ...]
    # Those behind the one at hand.
    folds: tuple[Fold, ...]
    item: ItemView | None
    next: ItemLine | None
    # Questions for whoever has time, still to be answered.
    extras: tuple[ItemLine, ...]
    worked: RateChart | None
    # Whether the worked run may be drawn; until a worksheet on the same data is done, one sentence has to do.
    draws_worked: bool
    play: PlayView | None
    choose: int
    # What the files to choose from are about.
    note: str
    n_done: int
    n_needed: int
    is_led: bool
    # Whether what is behind every question that was sealed may be seen.
    is_seen: bool
    saved_at: datetime | None


def page(view: ActivityView) -> PredictSheet:
    """Lay out a predict activity for one member."""
    now = states.read(view.membership, view.lesson, view.part, view.activity, at=view.stage)
    found = now.open_item(view.item)
    if found is None and (at := answers.find_item(view.activity, now.default())):
        found = at[0]
    shown = _item(view, now, found) if found else None
    if found and shown and shown.reveal and shown.reveal.is_fresh and shown.state == "done":
        # Looking at it is what the next one waits for.
        now = replace(now, looked_at=found.key)
    counted = states.count(view.activity, now.mine, now.met, now.stage.skipped)
    sealed = [guess.sealed_at for rounds in now.mine.values() for guess in rounds.values()]
    knows_chain = _has_done(view, view.activity.after)
    return PredictSheet(
        lines=now.lines,
        folds=_folds(view, now, shown),
        item=shown,
        next=now.next(found),
        extras=tuple(line for line in now.lines if line.is_extra and line.state == "form"),
        worked=_worked(view),
        draws_worked=knows_chain,
        play=_play(view, now) if knows_chain else None,
        choose=view.activity.choose or 0,
        note=view.activity.note or "",
        n_done=min(counted.n_done, counted.n_needed),
        n_needed=counted.n_needed,
        is_led=now.is_led,
        is_seen=all(line.state not in ("sealed", *WAITING) for line in now.lines),
        saved_at=max(sealed, default=None),
    )


def _folds(view: ActivityView, now: States, shown: ItemView | None) -> tuple[Fold, ...]:
    """Fold the questions that were answered, the one at hand apart."""
    found = []
    for line, item in zip(now.lines, now.open_items(), strict=True):
        if line.state in ("form", "closed") or (shown is not None and line.key == shown.key):
            continue
        is_unseen = line.state == "done" and not item.poll and line.key not in now.met
        is_news = is_unseen or line.state in ("look", "reconcile")
        found.append(fold_of(view, now, item, line.state, is_news=is_news))
    return tuple(found)


def items_as_data(view: ActivityView) -> list[dict[str, Any]]:
    """The questions that are open to a member, with how far each has come and nothing that is sealed."""
    now = states.read(view.membership, view.lesson, view.part, view.activity, at=view.stage)
    return [_as_data(now, item) for item in now.open_items()]


def _as_data(now: States, item: Item) -> dict[str, Any]:
    facts = visible(item)
    if item.number is not None:
        facts["number"] |= {name: _plain(getattr(item.number, name)) for name in ("min", "max", "step")}
    vote = now.stage.open_vote(now.key(item))
    sealed = [guess.sealed_at for guess in now.mine.get(item.key, {}).values()]
    parent = now.parent(item)
    return facts | {
        "state": now.state_of(item),
        "round": vote.round if vote else 1,
        "skipped": now.is_skipped(item),
        "sealed_at": min(sealed, default=None),
        "transfer_of": parent.key if parent else None,
    }


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _has_done(view: ActivityView, activity: str | None) -> bool:
    if activity is None or view.membership.is_instructor:
        return True
    rows = selectors.progress_of(view.membership, view.lesson).values()
    return any(row.activities.get(activity, {}).get("state") == PartState.DONE for row in rows)


def _item(view: ActivityView, now: States, item: Item) -> ItemView:
    state = now.state_of(item)
    votes, vote = now.stage.votes_on(now.key(item)), now.stage.open_vote(now.key(item))
    round_ = vote.round if vote else 1
    mine = now.mine.get(item.key, {})
    reveal = reveal_of(view, now, item) if state in SEEN else None
    closer = reveal.picture.closer if reveal and reveal.picture else None
    return ItemView(
        key=item.key,
        title=item.title,
        question=item.question,
        text=item.text or "",
        is_full=item.cycle == "full",
        is_extra=item.extra,
        is_transfer=now.is_transfer(item),
        is_skipped=now.is_skipped(item) and not mine,
        state=state,
        run=item.run or "",
        trial=item.trial or "",
        round=round_,
        is_late=state == "form" and stage.counts(votes, round_) == Counts.LATE,
        second_question=item.second.question if item.second else "",
        choices=answers.choice_views(item.choices),
        second=answers.choice_views(item.second.choices) if item.second else (),
        slider=_slider(item, view.typed),
        guesses=tuple(_guess(item, mine[each], is_own=view.acting.is_own) for each in sorted(mine)),
        undo=_undo(now, item),
        sealed_chart=_sealed_chart(item, now.last(item)),
        picture=picture_of(now, item) if item.poll and _sees_what_it_is_about(now, item) else None,
        reveal=reveal,
        looking=looking_of(view, now, item) if state in SEEN else None,
        closer=closer.template if closer and view.closer else "",
        way_closer=closer.way if closer and not view.closer else "",
    )


def _undo(now: States, item: Item) -> Undo | None:
    last = now.last(item)
    if last is None or not now.may_undo(item):
        return None
    left = now.undo_until[item.key, last.round] - now.stage.now
    # A little longer: who comes back too early would find it sealed still.
    return Undo(last.client_id, left // timedelta(milliseconds=1) + 50, now.settled.state_of(item) in SEEN)


def _sees_what_it_is_about(now: States, item: Item) -> bool:
    """Tell whether the figure that a decision is about has been opened to the member."""
    before = now.before(item)
    return before is None or now.may_see(before)


def _worked(view: ActivityView) -> RateChart | None:
    activity: Predict = view.activity
    if activity.worked is None or activity.data is None:
        return None
    return rate_charts.rate_chart([answers.problem(activity, view.rule, activity.worked)], activity.data.start)


def _play(view: ActivityView, now: States) -> PlayView | None:
    """The free slider shows any learning rate: it comes when every core question is behind the member."""
    activity: Predict = view.activity
    play, data = activity.play, activity.data
    core = [item for item in activity.items if not item.extra]
    is_behind = all(now.is_skipped(item) or (now.is_done(item) and now.may_see(item)) for item in core)
    if play is None or data is None or not is_behind or any(now.is_asked(item) for item in activity.items):
        return None
    typed = view.rate or rate_runs.show_rate(activity.worked or play.max / 2)
    step, highest = values.show(play.step, 6), values.show(play.max, 6)
    error = _("Type a learning rate above 0, up to %(max)s. A fraction such as 4/15 works too.") % {"max": highest}
    try:
        rate = values.parse(typed)
    except values.UnreadableNumber as unreadable:
        return PlayView(typed, step, highest, None, f"{why_unreadable(unreadable.reason)} {error}")
    if not 0 < rate <= play.max:
        return PlayView(typed, step, highest, None, error)
    if asked := now.asks_about(rate):
        error = _("“%(title)s” asks about this rate. Seal your guess there first.")
        return PlayView(typed, step, highest, None, error % {"title": asked.title})
    chart = rate_charts.rate_chart([answers.problem(activity, view.rule, rate)], data.start)
    return PlayView(typed, step, highest, chart, "", values.plain(rate))


def _slider(item: Item, typed: Mapping[str, str]) -> SliderView | None:
    number = item.number
    if number is None:
        return None
    low, high, step = (values.plain(value) for value in (number.min, number.max, number.step))
    chart = guess_charts.lowest_point(number) if number.lowest_point else None
    reading = None
    if typed.get("item") == item.key:
        with suppress(ValueError):
            reading = guesses.read(scale_of(number), typed.get("choice"))
    return SliderView(low, high, step, number.unit, chart, reading)


def _sealed_chart(item: Item, last: Prediction | None) -> LowestPointChart | None:
    guess = answers.number_of(last.choice) if last else None
    if guess is None or item.number is None or item.number.lowest_point is None:
        return None
    return guess_charts.lowest_point(item.number, guess)


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


def _second_text(second: Question | None, key: str) -> str:
    return answers.text_of(second.choices, key) if second else ""
