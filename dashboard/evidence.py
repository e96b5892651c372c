"""Evidence on the wall: what came out, what the class had said, and how it moved between two votes.

Guarded by whoever asks: `of` is told if the question is revealed, and shows nothing of its answer before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from classroom.models import Cohort
from lessons import small_numbers
from lessons.activities.base import type_of
from lessons.activities.predict import answers
from lessons.activities.predict.answers import CaseFigures, ClassQuestion, ClassRate, GuessChart, Rounds, VoteChart
from lessons.authoring.lesson import Lesson
from lessons.stage import Key, StageView

MOST_SENTENCES = 2
_BETWEEN_SENTENCES = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][”’]))\s+")


@dataclass(frozen=True)
class Moved:
    """How many of those who answered both votes came to the right answer, left it, or kept theirs."""

    came: int
    left: int
    stayed: int
    other: int


@dataclass(frozen=True)
class Evidence:
    """What the wall shows of a question, besides asking it. All of it is empty where there is nothing to show.

    `outcome` is what came out, to stand beside the title, or beside `heading` in its place.
    """

    heading: str = ""
    outcome: str = ""
    rate: ClassRate | None = None
    votes: VoteChart | None = None
    guesses: GuessChart | None = None
    moved: Moved | None = None
    case: CaseFigures | None = None
    # What the runs of the class show together; its type of run has the template.
    finds: Any = None
    says: str = ""
    # Of how many answers how many were right; nothing under five, or where a run has to tell.
    n_right: int | None = None
    n_said: int = 0

    @property
    def is_large(self) -> bool:
        """What a sealed question is about wants all the room."""
        return self.finds is not None and self.finds.is_large

    @property
    def is_alone(self) -> bool:
        """One picture has all the room."""
        beside = self.case.bars if self.case else self.votes
        return sum(map(bool, (self.rate or self.case, beside, self.guesses, self.finds))) < 2


def of(
    cohort: Cohort, lesson: Lesson, asked: ClassQuestion, given: Rounds, *, at: StageView, revealed: Collection[Key]
) -> Evidence:
    """What there is to show of a question.

    Parameters
    ----------
    given : how the class answered, by vote
    at : the stage, as it was read
    revealed : the questions that are open to the class
    """
    is_open = asked.key in revealed
    finds = _finds(cohort, lesson, asked, given, revealed)
    if not is_open:
        return Evidence(finds=finds)
    votes = asked.votes(given, holds=finds.holds if finds else ())
    rate, last = asked.run(given), answers.last_shown(given)
    keeps_guesses = finds is not None and finds.has_guesses
    return Evidence(
        heading=rate.name if rate else "",
        outcome=rate.outcome if rate else finds.outcome if finds else "",
        rate=rate,
        votes=None if keeps_guesses else votes,
        guesses=None if keeps_guesses else _guesses(asked, given, finds),
        moved=_moved(cohort, lesson.slug, asked, at) if votes and votes.is_twice else None,
        case=asked.case,
        finds=finds,
        says=in_short(asked.reveal_text),
        n_right=asked.n_right(last) if last and not asked.item.waits else None,
        n_said=sum(n for __, __, n in last),
    )


def _guesses(asked: ClassQuestion, given: Rounds, finds: Any) -> GuessChart | None:
    """Guesses that are numbers, with what the runs of the class have told drawn in."""
    if finds is None:
        return asked.guesses(given)
    return asked.guesses(given, truth=finds.truth, label=finds.label, reach=finds.reach)


def in_short(text: str) -> str:
    """The first sentences of a text: a wall has no room for more, and somebody stands before it who can say the rest.

    Examples
    --------
    >>> in_short("So near. After 4 steps w is within 0.01 of 1.99. With 0.05 that took 12.")
    'So near. After 4 steps w is within 0.01 of 1.99.'
    """
    return " ".join(_BETWEEN_SENTENCES.split(text.strip())[:MOST_SENTENCES])


def moved(pairs: Sequence[tuple[str, str]], right: Collection[str]) -> Moved | None:
    """Count how answers moved from the first vote to the second; nothing under five who gave both."""
    if not small_numbers.are_enough(len(pairs)):
        return None
    counted: Counter[str] = Counter()
    for before, after in pairs:
        if before == after:
            counted["stayed"] += 1
        elif after in right:
            counted["came"] += 1
        else:
            counted["left" if before in right else "other"] += 1
    return Moved(counted["came"], counted["left"], counted["stayed"], counted["other"])


def _moved(cohort: Cohort, lesson: str, asked: ClassQuestion, at: StageView) -> Moved | None:
    activity, item = asked.key
    pairs = answers.in_both_votes(cohort, lesson, at, activity=activity, item=item)
    return moved(pairs.get(asked.key, []), asked.truth.right)


def _finds(cohort: Cohort, lesson: Lesson, asked: ClassQuestion, given: Rounds, revealed: Collection[Key]) -> Any:
    measuring = lesson.activity(asked.item.run)
    if measuring is None:
        return None
    shown = answers.shown(given) if asked.key in revealed else ()
    guesses = shown[-1] if shown else {}
    return type_of(measuring).class_finds(cohort, lesson, asked.item, guesses=guesses, revealed=revealed)
