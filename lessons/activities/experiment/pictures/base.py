"""Protocol of a kind's pictures: how its runs are drawn, and what they tell; where a kind is silent, this holds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from django.utils.translation import ngettext

import experiments.selectors
from classroom.models import Cohort
from experiments.models import Run
from lessons.activities.measures import Picture, Result, Truth
from lessons.activities.predict.schema import Item
from lessons.run_context import RunContext

POLL = "poll"  # the question for a decision on a run, which measures nothing


def question_of(item: Item) -> str:
    """What an item asks of a run: one of the measures, or for a decision on it."""
    return item.measures or POLL


def result_of(run: Run) -> Result:
    return run.result or {}


@dataclass(frozen=True)
class ClassFinds:
    """The runs of a class in one picture: `n` different ones, `n_asked` students. Each kind adds what it shows."""

    template: str
    n: int
    n_asked: int

    @property
    def counted(self) -> str:
        """How many runs that were, and whose: ten students who share one are no ten runs."""
        told = {"n": self.n, "asked": self.n_asked}
        if self.n_asked == self.n:
            return ngettext("%(n)d run", "%(n)d different runs", self.n) % told
        return ngettext("one run, started by %(asked)d", "%(n)d different runs, started by %(asked)d", self.n) % told


@dataclass(frozen=True)
class WallFinds(ClassFinds):
    """What the wall shows of a class's runs: in words beside the title, and where it lies on the scale of a guess."""

    outcome: str = ""
    # Which answers hold, by their keys; a number is `truth`.
    holds: frozenset[str] = frozenset()
    truth: float | None = None
    label: str = ""
    reach: tuple[float, float] | None = None
    # The guesses are in this picture, and need none of their own.
    has_guesses: bool = False
    # It wants all the room there is.
    is_large: bool = False


@dataclass(frozen=True)
class SharedRun:
    """One run, a few figures of it, and for how many students it is their first; `is_mine` marks the looker's own."""

    figures: Mapping[str, Any]
    n_asked: int
    is_mine: bool


@dataclass(frozen=True)
class ClassRuns:
    """A class's runs of a trial, to be put beside one of them.

    `params` are that run's, `seen` is what of the outcome may be shown, `member` whose run is marked. `is_compared`:
    each run of the trial is compared with another.
    """

    cohort: Cohort
    context: RunContext
    params: Mapping[str, Any]
    seen: Collection[str]
    member: int = 0
    is_compared: bool = False

    def results(self, figures: Sequence[str], **params: Any) -> list[SharedRun]:
        """The different runs among the students' first finished ones with these parameters.

        Whoever asks for the same numbers shares one run. Ten dots for it would say that ten runs agree.
        """
        rows = experiments.selectors.class_results(self.cohort, str(self.context), (*figures, "id"), **params)
        asked = Counter(row["id"] for __, row in rows)
        own = next((row["id"] for member, row in rows if member == self.member), None)
        shared = {row["id"]: {name: row[name] for name in figures} for __, row in rows}
        return [SharedRun(row, asked[key], key == own) for key, row in shared.items()]

    def first(self, **params: Any) -> Run | None:
        """The run of the class that was done first, with all that came of it: later ones do not take its place."""
        return experiments.selectors.first_run(self.cohort, str(self.context), **params)

    def beside(self) -> ClassRuns:
        """The runs that these are compared with."""
        return replace(self, context=self.context.beside)


class PictureType(ABC):
    """The pictures of one kind of run. Subclasses say what is theirs; the rest holds for all."""

    # The name of the kind, and the template of a run by itself.
    kind: ClassVar[str]
    template: ClassVar[str]
    # What its runs can be asked: measures, and `POLL`.
    tells: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def draw(self, run: Run, beside: Run | None) -> Picture:
        """A run by itself, or beside the one it is compared with."""

    def draw_at_question(self, item: Item, run: Run, beside: Run | None, guess: Fraction | None) -> Picture:
        """What a run tells about a question, beside what somebody had guessed.

        Raises
        ------
        ValueError
            If runs of this kind do not tell it.
        """
        raise self._silent(item)

    def truth(self, item: Item, run: Run, beside: Run | None) -> Truth:
        """What is right for a question; nothing, where somebody decides.

        Raises
        ------
        ValueError
            If runs of this kind do not tell it.
        """
        if question_of(item) == POLL:
            return Truth()
        raise self._silent(item)

    def _silent(self, item: Item) -> ValueError:
        return ValueError(f"item {item.key} asks for {question_of(item)}, which no run of kind {self.kind} tells")

    def evidence(self, run: Run, beside: Run | None) -> dict[str, Any]:
        """What a run measured, short enough for a member's progress: `before` and `after`, where it was compared."""
        return {"run": str(run.pk)}

    def summary(self, evidence: Mapping[str, Any]) -> str:
        """Evidence in a few words for the arc; nothing, if it is no evidence of this kind."""
        return ""

    def in_words(self, evidence: Mapping[str, Any]) -> str:
        """Evidence in a few words for a badge; nothing, if it is no evidence of this kind."""
        return ""

    def class_finds(self, runs: ClassRuns) -> ClassFinds | None:
        """What the runs of a class show together beside one of them."""
        return None

    def class_finds_at_question(self, runs: ClassRuns, item: Item, guesses: Mapping[str, int]) -> WallFinds | None:
        """What the runs of a class tell about a question, for the wall: no more than `runs.seen`.

        As long as what it asks for is not seen, this is what it is about. `guesses` are how often each was given.
        """
        return None
