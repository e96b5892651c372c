"""One part across the class: how far it is, what was predicted, which slips were made, and where it is hardest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from classroom import selectors
from classroom.models import Cohort, GradientRule, Membership
from dashboard import needs
from dashboard.grid import IN_LEGEND, SHAPES, shapes_of
from dashboard.slip_counts import slips_made
from lessons import small_numbers, stage
from lessons.activities.base import type_of
from lessons.activities.predict import answers
from lessons.activities.predict.answers import ClassQuestion
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.drawing.bars import BarChart
from lessons.models import FINISHED, Confidence, Counts, PartProgress, PartState, Submission
from lessons.selectors import part_of
from lessons.stage import StageView

N_HARDEST = 3


@dataclass(frozen=True)
class SlipLine:
    """How many students made a slip at least once; a count and no names."""

    words: str
    n_students: int


@dataclass(frozen=True)
class HardCell:
    """A cell of a worksheet, and in how many checked tries it was not yet right."""

    step: int
    name: str
    n: int
    # Of the tries at that step, in percent.
    share: int


@dataclass(frozen=True)
class SheetFacts:
    """One worksheet across the class."""

    title: str
    slips: tuple[SlipLine, ...]
    hardest: tuple[HardCell, ...]


@dataclass(frozen=True)
class QuestionFacts:
    """How a class answered one question. Bars and confidence only from five answers on."""

    title: str
    question: str
    n: int
    n_late: int
    round: int
    bars: BarChart | None
    # Counts of five or more; a smaller one is None.
    confidence: tuple[tuple[str, int | None], ...]
    sure_and_other: int | None
    # A projector is open, and the reveal is not.
    is_hidden: bool


@dataclass(frozen=True)
class Minutes:
    """From the first move in a part to the last, over those who have finished it: quartiles."""

    low: int
    median: int
    high: int
    n: int


@dataclass(frozen=True)
class PartView:
    key: str
    title: str
    number: int
    is_soon: bool
    n_students: int
    shapes: tuple[tuple[str, str, int], ...]
    n_tries: int
    minutes: Minutes | None
    planned: int
    sheets: tuple[SheetFacts, ...]
    questions: tuple[QuestionFacts, ...]


def part_view(membership: Membership, lesson: LoadedLesson, key: str) -> PartView:
    """One part of the lesson across the instructor's class."""
    part, cohort = part_of(lesson, key), membership.cohort
    shapes = Counter(by_part[key] for by_part in shapes_of(cohort, lesson).values())
    in_class = PartProgress.objects.filter(selectors.by_students(cohort))
    fields = ("state", "tries", "begun_at", "moved_at")
    rows = list(in_class.filter(lesson=lesson.lesson.slug, part=key).values_list(*fields))
    shown = [shape for shape in IN_LEGEND if shapes[shape] or shape != PartState.WAITING]
    speed = needs.speed_of(cohort)
    finished = [(moved - begun) * speed for state, __, begun, moved in rows if state in FINISHED]
    return PartView(
        key=part.key,
        title=part.title,
        number=[each.key for each in lesson.lesson.parts].index(key) + 1,
        is_soon=part.soon,
        n_students=shapes.total(),
        shapes=tuple((shape, str(SHAPES[shape]), shapes[shape]) for shape in shown),
        n_tries=sum(tries for __, tries, *___ in rows),
        minutes=_minutes(finished),
        # What is done at home has no minutes in the room.
        planned=0 if part.homework else part.minutes,
        sheets=_sheets(cohort, lesson, part),
        questions=_Questions(membership, lesson, part).facts(),
    )


def _minutes(spans: Sequence[timedelta]) -> Minutes | None:
    minutes = sorted(span.total_seconds() / 60 for span in spans)
    if not minutes:
        return None
    low, median, high = quantiles(minutes, n=4, method="inclusive") if len(minutes) > 1 else minutes * 3
    return Minutes(round(low), round(median), round(high), len(minutes))


def _sheets(cohort: Cohort, lesson: LoadedLesson, part: Part) -> tuple[SheetFacts, ...]:
    titles = {activity.key: activity.title for activity in part.activities if type_of(activity).has_cells}
    if not titles:
        return ()
    theirs = selectors.by_students(cohort)
    sent = Submission.objects.filter(theirs, lesson=lesson.lesson.slug, activity__in=titles)
    lines: dict[str, list[SlipLine]] = {key: [] for key in titles}
    for made in slips_made(sent, by_activity=True):
        lines[made.activity].append(SlipLine(made.words, made.n_students))
    hardest = _hardest(sent.filter(is_try=True).values_list("activity", "step", "reply__cells"))
    return tuple(SheetFacts(titles[key], tuple(lines[key]), hardest.get(key, ())) for key in titles)


def _hardest(tries: object) -> dict[str, tuple[HardCell, ...]]:
    """Count by cell the tries in which it was not right yet; a row at a time, since there may be many."""
    wrong: dict[str, Counter[tuple[int, str]]] = {}
    of: Counter[tuple[str, int]] = Counter()
    for activity, step, cells in tries.iterator():  # type: ignore[attr-defined]  # a query
        of[activity, step] += 1
        counts = wrong.setdefault(activity, Counter())
        counts.update((step, name) for name, verdict in cells.items() if verdict["state"] == "not_yet")
    return {
        activity: tuple(
            HardCell(step, name.replace("_", " "), n, round(100 * n / of[activity, step]))
            for (step, name), n in counts.most_common(N_HARDEST)
        )
        for activity, counts in wrong.items()
    }


class _Questions:
    """The questions of a part, and how the class answered them."""

    def __init__(self, membership: Membership, lesson: LoadedLesson, part: Part) -> None:
        self.cohort, self.slug = membership.cohort, lesson.lesson.slug
        self.asked = answers.class_questions([part], GradientRule(self.cohort.gradient_rule))
        self.is_projected = selectors.is_projected(self.cohort.version)

    def facts(self) -> tuple[QuestionFacts, ...]:
        if not self.asked:
            return ()
        at = stage.read_for_room(self.cohort, self.slug)
        asked = {question.activity.key for question in self.asked}
        given = answers.given(self.cohort, self.slug, at, activity__in=asked)
        rounds = answers.in_rounds(given, at)
        tallies = {each.key: answers.last_of(at, each.key, rounds.get(each.key, {})) for each in self.asked}
        answered = {key[:2] for key in given}
        return tuple(
            self._question(each, at, tallies[each.key], given)
            for each in self.asked
            if each.key in answered or tallies[each.key]
        )

    def _question(
        self, question: ClassQuestion, stage_view: StageView, tally: answers.Tally, given: answers.Given
    ) -> QuestionFacts:
        key, item = question.key, question.item
        votes = stage_view.votes_on(key)
        round_ = votes[-1].round if votes else 1
        said = given.get((*key, round_, Counts.VOTE if votes else Counts.OWN_PACE), [])
        confidence: Counter[str] = Counter()
        sure_and_other = 0
        for choice, second, sure, n in said:
            confidence[sure] += n
            if sure == Confidence.SURE and not item.waits and not item.poll:
                sure_and_other += n * (not question.is_right(choice, second))
        is_hidden = self.is_projected and stage_view.is_led and not stage_view.is_revealed(key)
        return QuestionFacts(
            title=item.title,
            question=item.question,
            n=sum(n for *__, n in tally),
            n_late=sum(n for each in (1, 2) for *__, n in given.get((*key, each, Counts.LATE), [])),
            round=round_ if votes else 0,
            bars=None if is_hidden else question.room(tally),
            confidence=answers.confidence_counts(confidence),
            sure_and_other=small_numbers.shown(sure_and_other),
            is_hidden=is_hidden,
        )
