"""After class: how the room moved at each reveal, and which slips were made when. No small number, and no name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _

from classroom.models import Cohort, GradientRule, Membership
from classroom.selectors import by_students
from dashboard import evidence, slip_counts
from dashboard.evidence import Moved
from lessons import small_numbers, stage
from lessons.activities.predict import answers
from lessons.activities.predict.answers import ClassQuestion
from lessons.authoring.loader import LoadedLesson
from lessons.drawing.bars import BarChart, count_bars
from lessons.models import Counts, Reconciliation, RevealOpening, Submission, Vote
from lessons.stage import Key, StageView

MOST_STRETCHES = 12
N_COMMON = 5  # slips, by how many students made them
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)  # minutes


@dataclass(frozen=True)
class Act:
    """Something that an instructor opened or closed, when, and who it was."""

    what: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Round:
    """One vote in bars: whole, or with too few answers not at all."""

    title: str
    n: int
    bars: BarChart | None


@dataclass(frozen=True)
class Moment:
    """One question: what was said before, what was said to have been seen, and what was made of it."""

    part: str
    title: str
    question: str
    acts: tuple[Act, ...]
    rounds: tuple[Round, ...]
    changed: Moved | None
    saw: BarChart | None
    ideas: BarChart | None
    confidence: tuple[tuple[str, int | None], ...]
    says_something: bool

    @property
    def tells_confidence(self) -> bool:
        return any(n is not None for __, n in self.confidence)


@dataclass(frozen=True)
class Stretch:
    """A stretch of time and how many students made a slip in it; `x` and `height` place its bar.

    Without a number where too few did.
    """

    begins: datetime
    n: int | None
    x: float
    height: float


@dataclass(frozen=True)
class SlipsOverTime:
    """Slips of a class, each count one of students; the time of the session alone, where it has ended."""

    minutes: int
    stretches: tuple[Stretch, ...]
    width: float
    says: str
    # Words, students who made it, and in how many tries; none under five students.
    commonest: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Replay:
    moments: tuple[Moment, ...]
    # Questions that too few have answered to show anything of them.
    left_out: tuple[str, ...]
    # Questions that a class which is being led has not been told yet.
    unrevealed: tuple[str, ...]
    slips: SlipsOverTime | None


def replay_of(membership: Membership, lesson: LoadedLesson) -> Replay:
    """Tell the session again. The number of queries depends neither on the class nor on the questions."""
    told = _Moments(membership.cohort, lesson)
    moments = told.all()
    return Replay(
        moments=tuple(each for each in moments if each.says_something),
        left_out=tuple(each.title for each in moments if not each.says_something),
        unrevealed=tuple(question.item.title for question in told.answered if not told.is_open(question)),
        slips=_slips_over_time(membership.cohort, lesson),
    )


class _Moments:
    def __init__(self, cohort: Cohort, lesson: LoadedLesson) -> None:
        self.lesson, self.slug, self.rule = lesson.lesson, lesson.lesson.slug, GradientRule(cohort.gradient_rule)
        self.stage = stage.read_for_room(cohort, self.slug)
        self.acts = _acts(cohort, self.slug)
        self.given = answers.given(cohort, self.slug, self.stage, counts__in=answers.CAST)
        self.made = _made(cohort, self.slug)
        self.pairs = _pairs(cohort, self.slug, self.stage)
        answered = {key[:2] for key in self.given}
        questions = answers.class_questions(self.lesson.parts, self.rule)
        self.answered = [question for question in questions if question.key in answered]

    def is_open(self, question: ClassQuestion) -> bool:
        """Tell whether this page may show it: whoever opens it during a vote would show the room its bars."""
        return not self.stage.is_led or self.stage.is_revealed(question.key)

    def all(self) -> tuple[Moment, ...]:
        return tuple(self._moment(question) for question in self.answered if self.is_open(question))

    def _moment(self, question: ClassQuestion) -> Moment:
        key = question.key
        right = question.truth.right
        rounds = tuple(self._rounds(question))
        votes = self.stage.votes_on(key)
        last = (votes[-1].round, Counts.VOTE) if votes else (1, Counts.OWN_PACE)
        sure: Counter[str] = Counter()
        for *__, confidence, n in self.given.get((*key, *last), []):
            sure[confidence] += n
        made = self.made.get(key, (Counter(), Counter()))
        saw = _bars(_("What they said they saw"), [(choice.text, made[0][choice.key]) for choice in question.seen])
        ideas = _bars(_("What they made of it"), [(option.text, made[1][option.key]) for option in question.ideas])
        return Moment(
            part=question.part.title,
            title=question.item.title,
            question=question.item.question,
            acts=self.acts.get(key, ()),
            rounds=rounds,
            changed=evidence.moved(self.pairs.get(key, []), right) if right else None,
            saw=saw,
            ideas=ideas,
            confidence=answers.confidence_counts(sure),
            says_something=bool(saw or ideas or any(each.bars for each in rounds)),
        )

    def _rounds(self, question: ClassQuestion) -> Sequence[Round]:
        key = question.key
        votes = self.stage.votes_on(key)
        if not votes:
            said = self.given.get((*key, 1, Counts.OWN_PACE), [])
            title = _("At their own pace")
            return [_round(title, question, Counter(), said)] if said else []
        titles = {1: _("First vote"), 2: _("Second vote")}
        return [
            _round(
                titles[vote.round],
                question,
                Counter(vote.hands),
                self.given.get((*key, vote.round, Counts.VOTE), []),
            )
            for vote in votes
        ]


def _round(
    title: str, question: ClassQuestion, hands: Counter[str], said: Sequence[tuple[str, str, str, int]]
) -> Round:
    counts = Counter(hands)
    for choice, *__, n in said:
        counts[choice] += n
    return Round(title, sum(counts.values()), question.bars(counts, shows_right=True))


def _bars(name: str, counted: Sequence[tuple[str, int]]) -> BarChart | None:
    return count_bars(name, counted) if small_numbers.are_enough(sum(n for __, n in counted)) else None


def _acts(cohort: Cohort, lesson: str) -> Mapping[Key, tuple[Act, ...]]:
    found: dict[Key, list[Act]] = {}
    in_lesson = {"stage__cohort": cohort, "stage__lesson": lesson}
    for vote in Vote.objects.filter(**in_lesson).select_related("by__user"):
        title = _("Vote %(n)d opened") % {"n": vote.round}
        by = str(vote.by.user) if vote.by else ""
        found.setdefault((vote.activity, vote.item), []).append(Act(title, vote.opened_at, by))
        if vote.closed_at:
            closed = Act(_("Vote %(n)d closed") % {"n": vote.round}, vote.closed_at, "")
            found[vote.activity, vote.item].append(closed)
    for reveal in RevealOpening.objects.filter(**in_lesson).select_related("by__user"):
        by = str(reveal.by.user) if reveal.by else ""
        found.setdefault((reveal.activity, reveal.item), []).append(Act(_("Revealed"), reveal.opens_at, by))
    return {key: tuple(sorted(acts, key=lambda act: act.at)) for key, acts in found.items()}


def _pairs(cohort: Cohort, lesson: str, at: StageView) -> Mapping[Key, list[tuple[str, str]]]:
    """What everyone who took part in both votes said in the first and in the second."""
    asked_twice = Vote.objects.filter(stage__cohort=cohort, stage__lesson=lesson, round=2)
    return answers.in_both_votes(cohort, lesson, at, item__in=asked_twice.values("item"))


def _made(cohort: Cohort, lesson: str) -> Mapping[Key, tuple[Counter[str], Counter[str]]]:
    """By question: what was said to have been seen, and the ideas that were chosen."""
    fields = ("activity", "item", "saw", "idea")
    found: dict[Key, tuple[Counter[str], Counter[str]]] = {}
    rows = _of_students(Reconciliation.objects.all(), cohort, lesson).exclude(saw="")
    for activity, item, saw, idea, n in rows.order_by(*fields).values_list(*fields).annotate(n=Count("pk")):
        seen, ideas = found.setdefault((activity, item), (Counter(), Counter()))
        seen[saw] += n
        ideas[idea] += n if idea else 0
    return found


def _slips_over_time(cohort: Cohort, lesson: LoadedLesson) -> SlipsOverTime | None:
    sent = _of_students(Submission.objects.all(), cohort, lesson.lesson.slug)
    ranked = slip_counts.slips_made(sent)[:N_COMMON]
    common = tuple(
        (each.words, each.n_students, each.n_tries) for each in ranked if small_numbers.are_enough(each.n_students)
    )
    counted = slip_counts.tries_with_a_slip(sent)
    told = list(counted.order_by("received_at").values_list("received_at", "membership"))
    in_class = [row for row in told if cohort.ended_at is None or row[0] <= cohort.ended_at]
    width, first, counts = _by_time(in_class)
    most = max(filter(None, counts), default=0)
    if not most and not common:
        return None
    says = ""
    if common:
        # Five students at least.
        says = _("The most common slip: “%(slip)s”. %(of)d students made it.") % {
            "slip": common[0][0],
            "of": common[0][1],
        }
    share = 100 / len(counts) if counts else 0
    stretches = tuple(
        Stretch(
            first + i * timedelta(minutes=width), n, round(share * i, 2), round(100 * n / most, 1) if n and most else 0
        )
        for i, n in enumerate(counts)
    )
    return SlipsOverTime(width, stretches if most else (), round(share, 2), says, common)


def _by_time(told: Sequence[tuple[datetime, int]]) -> tuple[int, datetime, Sequence[int | None]]:
    """Count who made a slip in each stretch of time: (minutes of a stretch, begin of the first, counts as shown).

    The stretches are as long as lets most of them be shown.
    """
    times = [at for at, __ in told]
    if not times:
        return WIDTHS[0], datetime.min, ()
    found = []
    for width in WIDTHS:
        if _n_stretches(times, width) <= MOST_STRETCHES or width == WIDTHS[-1]:
            first = _floor(times[0], width)
            who: dict[int, set[int]] = {}
            for at, student in told:
                who.setdefault(int((at - first) / timedelta(minutes=width)), set()).add(student)
            last = min(max(who), MOST_STRETCHES - 1)
            counts = [small_numbers.shown(len(who.get(i, ()))) for i in range(last + 1)]
            found.append((width, first, counts))
    return max(found, key=lambda each: sum(n is not None for n in each[2]))


def _n_stretches(times: Sequence[datetime], width: int) -> int:
    return int((times[-1] - _floor(times[0], width)) / timedelta(minutes=width)) + 1


def _floor(at: datetime, width: int) -> datetime:
    return at.replace(minute=at.minute - at.minute % min(width, 60), second=0, microsecond=0)


def _of_students(rows, cohort: Cohort, lesson: str):  # type: ignore[no-untyped-def]  # a query of any of the three
    return rows.filter(by_students(cohort), lesson=lesson)
