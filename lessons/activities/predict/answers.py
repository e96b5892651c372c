"""Sealed answers: what is right, whether an answer holds, how a class answered, and what counts as done.

It works out what is right for whoever asks, and guards nothing. `docs/how/sealing.md` lists who asks, and each guard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from django.db.models import Count, Model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from classroom.models import Cohort, GradientRule, Membership
from classroom.prepared import Select, Slot
from classroom.selectors import by_students_ever
from lessons import small_numbers
from lessons.activities.base import AnyType, type_of
from lessons.activities.measures import Measured, Truth
from lessons.activities.predict import class_charts, guess_charts, rate_charts
from lessons.activities.predict.class_charts import GuessChart as GuessChart
from lessons.activities.predict.class_charts import VoteChart as VoteChart
from lessons.activities.predict.guess_charts import CaseFigures as CaseFigures
from lessons.activities.predict.guess_charts import LowestPointChart as LowestPointChart
from lessons.activities.predict.maths import rates
from lessons.activities.predict.rate_charts import RateChart
from lessons.activities.predict.schema import MISSED, Choice, Item, Option, Predict, Question
from lessons.authoring.lesson import Lesson, Part
from lessons.drawing.bars import BarChart
from lessons.maths import values
from lessons.maths.descent import Problem
from lessons.models import Confidence, Counts, Prediction, Reconciliation
from lessons.stage import Key, StageView

REMOVED_AT = "membership__removed_at"
Tally = list[tuple[str, str, int]]  # (choice, second, how many)
Rounds = Mapping[int, Tally]  # one question's, by vote
Said = list[tuple[str, str, str, int]]  # (choice, second, confidence, how many)
Given = dict[tuple[str, str, int, str], Said]  # by activity, item, round and how they count
R = TypeVar("R", bound=Model)
CAST = (Counts.VOTE, Counts.OWN_PACE)


def _of_member(model: type[R]) -> Select[R]:
    return Select(
        lambda: model._default_manager.filter(
            membership=Slot("member"), lesson=Slot("lesson"), activity=Slot("activity")
        )
    )


_PREDICTIONS = _of_member(Prediction)
_RECONCILIATIONS = _of_member(Reconciliation)


@dataclass(frozen=True)
class ChoiceView:
    key: str
    text: str
    means: str
    sketch: str


@dataclass(frozen=True)
class ClassRate:
    """What a learning rate does, drawn, and in words: its name and its outcome; no words for two rates at once.

    `is_tied`: another guess was as frequent as the one that is drawn.
    """

    chart: RateChart
    name: str
    outcome: str
    is_tied: bool = False


@dataclass(frozen=True)
class ClassQuestion:
    """One question as a class meets it. Whoever shows what is right, or what is behind it, guards the showing."""

    part: Part
    activity: Predict
    item: Item
    rule: GradientRule

    @property
    def key(self) -> Key:
        return self.activity.key, self.item.key

    @property
    def choices(self) -> tuple[ChoiceView, ...]:
        return choice_views(self.item.choices)

    @property
    def second_choices(self) -> tuple[ChoiceView, ...]:
        return choice_views(self.item.second.choices) if self.item.second else ()

    @property
    def second_question(self) -> str:
        return self.item.second.question if self.item.second else ""

    @property
    def scale(self) -> str:
        """The numbers that may be given, where a number is asked for."""
        number = self.item.number
        if number is None:
            return ""
        low, high = values.show(number.min), values.show(number.max)
        if not number.unit.endswith(high):  # “0 to 100 of 100” would say it twice
            high = guess_charts.show_number(number, number.max)
        return _("A number from %(low)s to %(high)s") % {"low": low, "high": high}

    @property
    def chart(self) -> LowestPointChart | None:
        """The chart that a number is dragged on."""
        number = self.item.number
        return guess_charts.lowest_point(number) if number and number.lowest_point else None

    def said(self, choice: str, second: str = "") -> str:
        """A stored answer in words."""
        said = answer_text(self.item, choice)
        return f"{said} · {text_of(self.item.second.choices if self.item.second else (), second)}" if second else said

    # --- what is sealed ---

    @property
    def truth(self) -> Truth:
        return truth(self.activity, self.rule, self.item)

    def is_right(self, choice: str, second: str) -> bool:
        return is_right(self.activity, self.rule, self.item, choice, second)

    def share_right(self, given: Tally) -> float | None:
        return share_right(self.activity, self.rule, self.item, given)

    def n_right(self, given: Tally) -> int:
        """How many answers hold."""
        return n_right(self.activity, self.rule, self.item, given)

    def room(self, given: Tally) -> BarChart | None:
        """How the class answered, for after the reveal; nothing under five answers."""
        return room(self.activity, self.rule, self.item, given)

    def bars(self, counts: Mapping[str, int], *, shows_right: bool) -> BarChart | None:
        """One round in bars, with or without what was right; nothing under five answers."""
        return _bars(self.item, counts, self.truth if shows_right else Truth())

    def votes(self, given: Rounds, *, holds: Collection[str] = ()) -> VoteChart | None:
        """Both votes side by side; nothing for a number, and nothing of a vote with fewer than five answers.

        `holds` are the answers that are right by what a run has told.
        """
        votes = shown(given)
        if not votes or self.item.number is not None:
            return None
        return class_charts.vote_chart(self.item, votes, self.truth.right or frozenset(holds))

    def guesses(
        self,
        given: Rounds,
        *,
        truth: float | None = None,
        label: str = "",
        reach: tuple[float, float] | None = None,
    ) -> GuessChart | None:
        """Guesses that are numbers, on their scale, with what came out, if a run has told; nothing under five."""
        votes = shown(given)
        if not votes or self.item.number is None:
            return None
        own = self.truth.number
        truth = float(own) if truth is None and own is not None else truth
        return class_charts.guess_chart(self.item.number, votes, truth=truth, label=label, reach=reach)

    def run(self, given: Rounds) -> ClassRate | None:
        """The run that a learning rate makes, over what the class guessed most often besides; nothing without rates."""
        item, data = self.item, self.activity.data
        if not item.rates or data is None:
            return None
        votes = shown(given)
        said = votes[-1] if votes else {}
        other = class_charts.commonest(item, said, besides=self.truth.right)
        as_many = {key for key, n in said.items() if other and n == said[other.key]} - set(self.truth.right)
        problems = [problem(self.activity, self.rule, rate) for rate in item.rates]
        guess, name = (other.shrinks_by, other.text) if other else (None, "")
        chart = rate_charts.rate_chart(problems, data.start, guess=guess, guess_name=name)
        words = rate_charts.heading(chart) if len(problems) == 1 else ("", "")
        return ClassRate(chart, *words, is_tied=len(as_many) > 1)

    @property
    def answer(self) -> str:
        """What is right, in words; nothing, where a run has to tell."""
        return answer_in_words(self.item, self.truth)

    @property
    def reveal_text(self) -> str:
        return self.item.reveal.text if self.item.reveal else ""

    @property
    def case(self) -> CaseFigures | None:
        """The two figures of a case, side by side; nothing, where it has none."""
        return guess_charts.case_figures(self.item.reveal) if self.item.reveal else None

    @property
    def seen(self) -> tuple[Choice, ...]:
        """The answers to “What did you see?”."""
        return seen_choices(self.item)

    @property
    def ideas(self) -> tuple[Option, ...]:
        """The ideas that can be tapped, whatever was answered."""
        return every_idea(self.item)

    def idea_text(self, key: str) -> str:
        return next((option.text for option in self.ideas if option.key == key), key)


def class_questions(parts: Iterable[Part], rule: GradientRule) -> tuple[ClassQuestion, ...]:
    """The questions of these parts that a class of this rule meets, without transfer questions."""
    return tuple(
        ClassQuestion(part, activity, item, rule)
        for part in parts
        for each in part.activities
        if isinstance(each, Predict)
        for activity in [each.for_member("", rule)]
        for item in activity.items
    )


def question_named(lesson: Lesson, rule: GradientRule, activity: str, item: str) -> ClassQuestion | None:
    """The question of this name, transfer questions and those of the other rule included."""
    for part in lesson.parts:
        for each in part.activities:
            if each.key == activity and isinstance(each, Predict):
                found = find_item(each.for_member("", rule), item) or find_item(each, item)
                return ClassQuestion(part, each, found[0], rule) if found else None
    return None


def find_item(activity: Predict, key: str) -> tuple[Item, Item | None] | None:
    """Give an item of the activity, and the item that it is the transfer question of, if it is one."""
    for item in activity.items:
        if item.key == key:
            return item, None
        if item.transfer is not None and item.transfer.key == key:
            return item.transfer, item
    return None


def problem(activity: Predict, rule: GradientRule, rate: Fraction) -> Problem:
    if activity.data is None:
        raise ValueError(f"{activity.key} has no data to run on")
    return Problem(activity.data.x, activity.data.y, rate, rule.value)  # type: ignore[arg-type]  # half or full


def truth(activity: Predict, rule: GradientRule, item: Item, told: Truth | None = None) -> Truth:
    """Say what is right: given, worked out, or `told` by a run of the member's own."""
    if item.waits:
        return told or Truth()
    if item.number is not None:
        return Truth(number=item.number.right)
    if item.right is not None:
        return Truth(frozenset({item.right}), frozenset(item.also))
    if len(item.rates) == 1 and activity.data is not None:
        run = problem(activity, rule, item.rates[0])
        return Truth(frozenset({rates.outcome(run, activity.data.start)}), frozenset(item.also))
    return Truth()


def answer_in_words(item: Item, found: Truth) -> str:
    """What is right, in words; nothing, where it is not known."""
    if item.number is not None:
        return "" if found.number is None else guess_charts.show_number(item.number, found.number)
    texts = [answer_text(item, key) for key in sorted(found.right)]
    return " · ".join([*texts, second_answer(item.second)] if item.second else texts)


def is_right(
    activity: Predict, rule: GradientRule, item: Item, choice: str, second: str, told: Truth | None = None
) -> bool:
    """Tell whether an answer holds, credited ones included."""
    found = truth(activity, rule, item, told)
    if item.number is not None:
        guess = number_of(choice)
        return found.number is not None and guess is not None and abs(guess - found.number) <= item.number.within
    if item.second is not None and second and second not in {item.second.right, *item.second.also}:
        return False
    return found.judge(choice) != "other"


def tallies(cohort: Cohort, lesson: str, stage: StageView, key: Key | None = None) -> dict[Key, Tally]:
    """Count a class's answers by question, or to one: those of its last vote with the hands raised in it, or where none
    was held, all of those who are in the class.

    One query, however many questions.
    """
    every = rounds(cohort, lesson, stage, key)
    return {at: found for at, given in every.items() if (found := last_of(stage, at, given))}


def rounds(cohort: Cohort, lesson: str, stage: StageView, key: Key | None = None) -> dict[Key, dict[int, Tally]]:
    """Count a class's answers by question, or to one, and by vote, hands included; where none was held, all as one.

    One query, however many questions.
    """
    wanted = {"activity": key[0], "item": key[1]} if key else {}
    return in_rounds(given(cohort, lesson, stage, counts__in=CAST, **wanted), stage, key)


def in_rounds(said: Given, stage: StageView, key: Key | None = None) -> dict[Key, dict[int, Tally]]:
    """The same, from answers that were read before."""
    found: dict[Key, dict[int, Tally]] = {}
    for (activity, item, round_, counted), answers in said.items():
        votes = stage.votes_on((activity, item))
        held = {(vote.round, Counts.VOTE) for vote in votes} or {(1, Counts.OWN_PACE)}
        if (round_, counted) in held:
            found.setdefault((activity, item), {})[round_] = [(choice, second, n) for choice, second, __, n in answers]
    for at, votes in stage.votes.items():
        for vote in votes if key in (None, at) else ():
            hands = [(choice, "", n) for choice, n in vote.hands.items()]
            found.setdefault(at, {}).setdefault(vote.round, []).extend(hands)
    return found


def given(cohort: Cohort, lesson: str, stage: StageView, **wanted: Any) -> Given:
    """Count a class's answers by question, round and how they count. One query, however many questions."""
    rows = Prediction.objects.filter(by_students_ever(cohort), lesson=lesson, **wanted)
    fields = ("activity", "item", "round", "counts", "choice", "second", "confidence", REMOVED_AT)
    found: Given = {}
    for activity, item, round_, counted, choice, second, sure, removed_at, n in (
        rows.order_by(*fields).values_list(*fields).annotate(n=Count("pk"))
    ):
        if stage.keeps((activity, item), round_, removed_at):
            found.setdefault((activity, item, round_, counted), []).append((choice, second, sure, n))
    return found


def in_both_votes(cohort: Cohort, lesson: str, stage: StageView, **wanted: Any) -> dict[Key, list[tuple[str, str]]]:
    """What everyone who took part in both votes on a question said in the first and in the second. One query."""
    rows = Prediction.objects.filter(by_students_ever(cohort), lesson=lesson, counts=Counts.VOTE, **wanted)
    said: dict[tuple[str, str, int], dict[int, str]] = {}
    for activity, item, member, round_, choice, removed_at in rows.values_list(
        "activity", "item", "membership", "round", "choice", REMOVED_AT
    ):
        if stage.keeps((activity, item), round_, removed_at):
            said.setdefault((activity, item, member), {})[round_] = choice
    found: dict[Key, list[tuple[str, str]]] = {}
    for (activity, item, __), votes in said.items():
        if {1, 2} <= votes.keys():
            found.setdefault((activity, item), []).append((votes[1], votes[2]))
    return found


def last_of(stage: StageView, key: Key, given: Rounds) -> Tally:
    """Of the answers to a question, those of its last vote; where none was held, all."""
    votes = stage.votes_on(key)
    return given.get(votes[-1].round if votes else 1, [])


def room(activity: Predict, rule: GradientRule, item: Item, given: Tally, *, mine: str = "") -> BarChart | None:
    """How a class answered, for after the reveal; nothing under five answers."""
    return _bars(item, by_choice(given), truth(activity, rule, item), mine=mine)


def by_choice(given: Tally) -> dict[str, int]:
    """How often each answer was given, whatever was said to a second question."""
    counts: dict[str, int] = {}
    for choice, _second, n in given:
        counts[choice] = counts.get(choice, 0) + n
    return counts


def last_shown(given: Rounds) -> Tally:
    """The answers of the last vote, if they are shown."""
    return given[max(given)] if shown(given) else []


def shown(given: Rounds) -> tuple[Mapping[str, int], ...]:
    """The votes that are shown, the last one last: each whole from five answers on, else not at all.

    Without its last vote a question has no picture: an earlier one alone would pass for it.
    """
    counted = [by_choice(given[round_]) for round_ in sorted(given)]
    if not counted or not small_numbers.are_enough(sum(counted[-1].values())):
        return ()
    return tuple(counts for counts in counted if small_numbers.are_enough(sum(counts.values())))


def _bars(item: Item, counts: Mapping[str, int], right: Truth, *, mine: str = "") -> BarChart | None:
    if not small_numbers.are_enough(sum(counts.values())):
        return None
    return guess_charts.room_bars(item, counts, right=right.right, number=right.number, mine=mine)


def confidence_counts(counts: Mapping[str, int]) -> tuple[tuple[str, int | None], ...]:
    """How sure a class was, in words: counts that can be shown, None for the others."""
    shown = small_numbers.shown_together({name: counts.get(name, 0) for name in Confidence.values})
    return tuple((str(Confidence(name).label), n) for name, n in shown.items())


def share_right(activity: Predict, rule: GradientRule, item: Item, given: Tally) -> float | None:
    """The share of right answers; nothing under five answers, or where a run has to tell."""
    total = sum(n for _choice, _second, n in given)
    if item.waits or not small_numbers.are_enough(total):
        return None
    return n_right(activity, rule, item, given) / total


def n_right(activity: Predict, rule: GradientRule, item: Item, given: Tally) -> int:
    return sum(n for choice, second, n in given if is_right(activity, rule, item, choice, second))


def number_of(choice: str) -> Fraction | None:
    """Read a stored number; nothing, if the question had choices when it was answered."""
    try:
        return values.parse(choice)
    except values.UnreadableNumber:
        return None


def answer_text(item: Item, choice: str) -> str:
    guess = number_of(choice) if item.number else None
    return (
        text_of(item.choices, choice)
        if item.number is None or guess is None
        else guess_charts.show_number(item.number, guess)
    )


def right_text(item: Item, found: Truth, said: str = "") -> str:
    """What is right, in words: the choice that was made, if it is among what is, else all that is."""
    if said in found.right:
        return text_of(item.choices, said)
    return get_text_list([choice.text for choice in item.choices if choice.key in found.right], _("or"))


def predictions_of(membership: Membership, lesson: str, activity: str) -> dict[str, dict[int, Prediction]]:
    """A member's sealed answers, by item and round."""
    return by_round(_PREDICTIONS(member=membership.pk, lesson=lesson, activity=activity))


def by_round(rows: Iterable[Prediction]) -> dict[str, dict[int, Prediction]]:
    """The same rows by item and round."""
    found: dict[str, dict[int, Prediction]] = {}
    for row in rows:
        found.setdefault(row.item, {})[row.round] = row
    return found


def reconciliations_of(membership: Membership, lesson: str, activity: str) -> dict[str, Reconciliation]:
    return {row.item: row for row in _RECONCILIATIONS(member=membership.pk, lesson=lesson, activity=activity)}


def is_reconciled(met: Reconciliation | None) -> bool:
    return met is not None and met.reconciled_at is not None


def told(membership: Membership, lesson: Lesson, activity: Predict) -> dict[str, Measured]:
    """What the member's own runs tell about the questions that wait for one, by question."""
    waiting: dict[AnyType, list[Item]] = {}
    for item in activity.every_item():
        if item.waits and (measuring := lesson.activity(item.run)):
            waiting.setdefault(type_of(measuring), []).append(item)
    return {key: each for kind, items in waiting.items() for key, each in kind.told(membership, lesson, items).items()}


def text_of(choices: Sequence[Choice], key: str) -> str:
    return next((choice.text for choice in choices if choice.key == key), key)


def choice_views(choices: Sequence[Choice]) -> tuple[ChoiceView, ...]:
    return tuple(
        ChoiceView(
            choice.key,
            choice.text,
            choice.means or "",
            rate_charts.sketch(choice.shrinks_by) if choice.shrinks_by is not None else "",
        )
        for choice in choices
    )


def seen_choices(item: Item, told: Truth | None = None) -> tuple[Choice, ...]:
    """The answers to “What did you see?”, with the number of the run that told, where one of them names it."""
    if item.saw is None:
        return item.choices
    n = _("their run’s number") if told is None or told.number is None else str(round(100 - told.number))
    return tuple(choice.model_copy(update={"text": choice.text.replace(MISSED, n)}) for choice in item.saw.choices)


def every_idea(item: Item) -> tuple[Option, ...]:
    return (*item.ideas, *item.convinced)


def ideas_for(item: Item, *, holds: bool) -> tuple[Option, ...]:
    """The ideas to choose from after an answer that holds, or one that does not."""
    return item.convinced if holds else item.ideas


def second_answer(second: Question | None) -> str:
    return text_of(second.choices, second.right) if second else ""
