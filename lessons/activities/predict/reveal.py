"""What is behind a question, for a member who has sealed an answer and may see it; whoever calls has made sure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.base import ActivityView
from lessons.activities.measures import Picture, Truth
from lessons.activities.predict import answers, guess_charts, rate_charts
from lessons.activities.predict.guess_charts import NumberLine
from lessons.activities.predict.rate_charts import RateChart
from lessons.activities.predict.schema import Item, Option, Question, Reveal
from lessons.activities.predict.states import States
from lessons.drawing.bars import BarChart
from lessons.models import Confidence, Prediction


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


def reveal_of(view: ActivityView, states: States, item: Item) -> RevealView:
    """What is behind a question, beside what the member sealed last.

    Raises
    ------
    ValueError
        If they have sealed nothing, or nothing is behind it.
    """
    last = states.last(item)
    if item.reveal is None or last is None:
        raise ValueError(f"there is nothing to show behind {item.key}")
    found = _truth(view, states, item)
    holds = _holds(view, states, item, last)
    second = item.second
    verdict = found.judge(last.choice) if item.number is None else ("right" if holds else "other")
    return RevealView(
        facts=item.reveal,
        verdict=verdict,
        is_strong=view.acting.is_own and last.confidence == Confidence.SURE and not holds and not item.poll,
        answer=answers.right_text(item, found, last.choice) if item.number is None else "",
        comment=item.comments.get(last.choice, ""),
        second_verdict=_second_verdict(second, last.second),
        second_answer=answers.second_answer(second),
        second_comment=second.comments.get(last.second, "") if second else "",
        rate_chart=_rate_chart(view, item, last),
        number_line=_number_line(item, last.choice, found.number),
        group_bars=guess_charts.group_bars(item.reveal.bars) if item.reveal.bars else None,
        room=None if states.is_transfer(item) else _room(view, states, item, last),
        picture=picture_of(states, item),
        is_poll=item.poll,
        is_fresh=item.key not in states.met,
    )


@dataclass(frozen=True)
class Fold:
    """Question that is not at hand, in a line: what the member said last, and once they have seen it, what is so.

    `state` is that of the question; `is_news` marks one whose reveal waits for a look.
    """

    key: str
    title: str
    state: str
    is_news: bool
    said: str
    truth: str = ""


def fold_of(view: ActivityView, states: States, item: Item, state: str, *, is_news: bool) -> Fold:
    """Fold a question that the member has sealed an answer to. What is so comes from a reveal that they have seen."""
    last = states.last(item)
    said = answers.answer_text(item, last.choice) if last else ""
    truth = ""
    if state == "done" and not is_news and not item.poll:
        found = _truth(view, states, item)
        if item.number is None:
            truth = answers.right_text(item, found, last.choice if last else "")
        elif found.number is not None:
            truth = guess_charts.show_number(item.number, found.number)
    return Fold(item.key, item.title, state, is_news, said, truth)


def looking_of(view: ActivityView, states: States, item: Item) -> Looking | None:
    """What a full cycle goes on with: what was seen, and the ideas to choose from."""
    last = states.last(item)
    if last is None or item.cycle != "full":
        return None
    met = states.met.get(item.key)
    saw, idea = (met.saw, met.idea) if met else ("", "")
    choices = answers.seen_choices(item, _truth(view, states, item))
    right = item.saw.right if item.saw else next(iter(_truth(view, states, item).right), "")
    holds = _holds(view, states, item, last)
    return Looking(
        question=item.saw.question if item.saw else _("What did you see?"),
        options=tuple((choice.key, choice.text) for choice in choices),
        saw=saw,
        saw_text=answers.text_of(choices, saw) if saw else "",
        saw_right=saw == right,
        seen_text=answers.text_of(choices, right) if saw else "",
        idea_question=_("What convinced you?") if holds else _("What made you choose that?"),
        ideas=answers.ideas_for(item, holds=holds) if saw else (),
        idea=next((option.text for option in answers.every_idea(item) if option.key == idea), ""),
        next_time=met.next_time if met else "",
    )


def picture_of(states: States, item: Item) -> Picture | None:
    """What the member's own run draws, beside their guess."""
    told, last = states.told.get(item.key), states.last(item)
    return told.picture(answers.number_of(last.choice) if last else None) if told else None


def _truth(view: ActivityView, states: States, item: Item) -> Truth:
    told = states.told.get(item.key)
    return answers.truth(states.activity, view.rule, item, told.truth if told else None)


def _holds(view: ActivityView, states: States, item: Item, last: Prediction) -> bool:
    told = states.told.get(item.key)
    truth = told.truth if told else None
    return answers.is_right(states.activity, view.rule, item, last.choice, last.second, truth)


def _room(view: ActivityView, states: States, item: Item, last: Prediction) -> BarChart | None:
    key = states.key(item)
    given = answers.tallies(view.membership.cohort, view.lesson.lesson.slug, states.stage, key).get(key, [])
    return answers.room(states.activity, view.rule, item, given, mine=last.choice)


def _rate_chart(view: ActivityView, item: Item, last: Prediction) -> RateChart | None:
    data = view.activity.data
    if not item.rates or data is None:
        return None
    chosen = next((choice for choice in item.choices if choice.key == last.choice), None)
    return rate_charts.rate_chart(
        [answers.problem(view.activity, view.rule, rate) for rate in item.rates],
        data.start,
        guess=chosen.shrinks_by if chosen else None,
        guess_name=chosen.text if chosen else "",
    )


def _number_line(item: Item, choice: str, right: Fraction | None) -> NumberLine | None:
    guess = answers.number_of(choice)
    return guess_charts.number_line(item.number, guess, right) if item.number and guess is not None else None


def _second_verdict(second: Question | None, key: str) -> str:
    return Truth(frozenset({second.right}), frozenset(second.also)).judge(key) if second and key else ""
