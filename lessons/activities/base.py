"""Protocol of an activity type: what the rest of Downhill asks of one; where a type is silent, this holds.

A type stands in a folder of its own beside this module, and is one row in `registry`. Nothing outside these folders
asks which type an activity has: it asks `type_of(activity)` for what it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, ClassVar, Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from classroom.acting import Acting
from classroom.models import Cohort, GradientRule, Membership
from classroom.refusals import Conflict
from lessons import stage
from lessons.activities.measures import Measured, Picture
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Lesson, Part, word_of
from lessons.authoring.lint import Findings
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartState
from lessons.standings import Memory, Standing

A = TypeVar("A", bound=AnyActivity)


@dataclass(frozen=True)
class ActivityView:
    """Activity as one member meets it, and where this member stands in it.

    `step` is a step to mend if not the open one, `item` the question asked for, `closer` whether what its reveal draws
    is looked at more closely, `rate` what the free slider is set to, `trial` and `run` which of an experiment's.
    `comes_now` is false while what the activity names as coming before it is not done.
    """

    acting: Acting
    lesson: LoadedLesson
    part: Part
    activity: Any  # of the type's own schema
    standing: Standing[Any]
    # The last answer that was not accepted, and its reply.
    last: tuple[Mapping[str, Any], Mapping[str, Any]] = field(default_factory=lambda: ({}, {}))
    step: int | None = None
    item: str = ""
    closer: bool = False
    rate: str = ""
    trial: str = ""
    run: str = ""
    # What was sent and refused, as it was typed.
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    comes_now: bool = True
    # Who read what was written, if somebody did.
    reviewer: str = ""
    # Read already for several members or activities at once; else whoever needs it reads it.
    stage: stage.StageView | None = None

    @property
    def membership(self) -> Membership:
        return self.acting.member

    @property
    def rule(self) -> GradientRule:
        return GradientRule(self.membership.cohort.gradient_rule)


@dataclass(frozen=True)
class Sent:
    """Answer to be graded: to which step of which activity, and from where its sender goes on."""

    activity: Any  # of the type's own schema
    rule: GradientRule
    standing: Standing[Any]
    step: int
    answer: Any
    # What was sent to this step before.
    last: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Verdict:
    """Verdict on an answer, and what it means for going on.

    `memory` is what the activity's next step goes on from; it is kept in the member's progress.
    """

    answer: dict[str, Any]
    accepted: bool
    is_done: bool
    # Where the member stands after this: the step to work on.
    open_step: int = 1
    memory: Memory = field(default_factory=Memory)
    # Kept, and an instructor has to read it.
    waits_for_review: bool = False
    matches_notebook: bool = False
    is_blank: bool = False
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    carried_from: str | None = None
    # The slip of the first wrong cell; where several explain it, what they have in common.
    slip: str = ""
    # The cell that would tell apart what could explain a wrong number.
    ask: str = ""
    # How one line is worked out, where the sender asked for it and may see it.
    worked_line: str = ""


@dataclass(frozen=True)
class AsSent:
    """Submission to be read again: in words, by line as (name, label, value), or by cell as (cell, typed, state).

    `is_at_odds`: its conclusion is not the one that its own lines ask for.
    """

    text: str = ""
    lines: tuple[tuple[str, str, str], ...] = ()
    cells: tuple[tuple[str, str, str], ...] = ()
    is_at_odds: bool = False

    @property
    def in_words(self) -> str:
        """All of it as text, its cells apart."""
        return self.text or "\n".join(f"{label}: {value}" for _name, label, value in self.lines)


@dataclass(frozen=True)
class ClassMoment:
    """Moment of a class, and what one of its students has done: is there something for them to do?

    `sealed` holds (member, activity, item, round); `done` the keys of activities that are behind the student.
    """

    lesson: Lesson
    stage: stage.StageView
    member: int
    sealed: Collection[tuple[int, str, str, int]]
    done: Collection[str]


@dataclass(frozen=True)
class Achievement:
    """Achievement that a badge can rest on: steps that match the notebook, or a measurement before and after a mend."""

    n_steps: int = 0
    n_matching: int = 0
    is_measured: bool = False


@dataclass(frozen=True)
class Account:
    """Account of what a member did in an activity, for a page of theirs to print: nothing that is sealed to them.

    `lines` have what it was, what they gave, and what it turned out to be; `says` are sentences.
    """

    lines: tuple[tuple[str, str, str], ...] = ()
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handout:
    """Sheet of paper to hand out before class, drawn by `template` as `sheet`: nothing sealed is on it.

    Sheets of one `kind` are printed together, under `kind_title`.
    """

    kind: str
    kind_title: str
    title: str
    template: str
    sheet: Any


@dataclass(frozen=True)
class FirstRun:
    """Run that a member's page starts if they change nothing."""

    kind: str
    params: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class Script:
    """Module that a page loads, by its name under /static/; one that `is_own` on its member's own page alone."""

    name: str
    is_own: bool = False


@dataclass(frozen=True)
class Media:
    """CSS and scripts that a type needs on a page, by their names under /static/, in the order of loading.

    `own_js` are those for its member's own page alone, where something is sent.
    """

    css: tuple[str, ...] = ()
    js: tuple[str, ...] = ()
    own_js: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.css + self.js + self.own_js

    @property
    def scripts(self) -> tuple[Script, ...]:
        return (*(Script(name) for name in self.js), *(Script(name, is_own=True) for name in self.own_js))


class ActivityType(Generic[A]):
    """Type of activity. Subclasses say what is theirs; the rest holds for all.

    `template` draws the activity on its part's page, `aside_template` what stands beside it, and both look and move by
    `media`. A page reads its activities from the database by `order`, the lowest first.
    """

    schema: ClassVar[type[AnyActivity]]
    # What a member's progress keeps of it.
    standing: ClassVar[type[Standing[Any]]] = Standing[Memory]
    template: ClassVar[str]
    aside_template: ClassVar[str] = ""
    media: ClassVar[Media] = Media()
    order: ClassVar[int] = 1
    # Its grades depend on the cohort's gradient rule, which the first of them therefore fixes.
    depends_on_rule: ClassVar[bool] = False
    # Answers are handed in, and what is sealed in it opens when it is done. Otherwise each question has its own moment.
    is_handed_in: ClassVar[bool] = True
    # Somebody who is typing here keeps the page: nothing is swapped under them.
    keeps_page: ClassVar[bool] = False
    # A submission is checked cell by cell, and a class's slips and hardest cells are counted.
    has_cells: ClassVar[bool] = False
    # Which of `page`, `grade` and `note` it has no need of, so that nobody misses it.
    has_none: ClassVar[frozenset[str]] = frozenset()
    # What of a badge's conditions can rest on it: `steps` or `measured`.
    achieves: ClassVar[str] = ""

    @property
    def key(self) -> str:
        """Word that stands as `type` in a lesson's file."""
        return word_of(self.schema)

    def standing_in(self, activities: Mapping[str, Any], key: str) -> Standing[Any]:
        """Standing of a member in one activity, of all that are kept."""
        return self.standing.model_validate(activities.get(key, {}))

    # --- the student ---

    def page(self, view: ActivityView) -> Any:
        """Lay it out for one member: what `template` draws, as `page.sheet`."""
        return None

    def grade(self, sent: Sent) -> Verdict:
        """Judge an answer.

        Raises
        ------
        Refusal
            If it cannot be read, or nothing is handed in here.
        """
        raise Conflict(_("You can’t hand in anything here."))

    def draws(self, activity: A) -> Collection[str]:
        """Keys of the activities whose pictures it may show: their media come with its own."""
        return ()

    def is_seen(self, sheet: Any) -> bool:
        """Tell whether all that it had to show has been seen, so that its closing words may stand."""
        return True

    def is_ahead(self, sheet: Any) -> bool:
        """Tell whether something else comes first, and nothing is here to look at: then the page does not offer it."""
        return False

    def is_held(self, sheet: Any) -> bool:
        """Tell whether the question at hand waits for another one: where nobody asked for it, that one is shown."""
        return False

    def is_waiting(self, sheet: Any) -> bool:
        """Tell whether the member waits here for somebody or something, and has time for an extra."""
        return False

    def saved_at(self, sheet: Any) -> datetime | None:
        """Time at which something was last kept that is no submission."""
        return None

    def pieces(self, sheet: Any) -> tuple[str, ...]:
        """Names of what its template shows that an answer need not bring again, while the page has it."""
        return ()

    def at_hand(self, sheet: Any) -> str:
        """Key of the question that a member is about to answer."""
        return ""

    def shown(self, sheet: Any) -> str:
        """Key of the question that is on the page, whatever its state."""
        return ""

    def note_seen(
        self, membership: Membership, lesson: LoadedLesson, activity: str, sheet: Any
    ) -> Collection[str] | None:
        """Remember what a page shows a member for the first time; name the other activities that waited for this look.

        None, if it shows nothing for the first time.
        """
        return None

    def catch_up(self, membership: Membership, lesson: LoadedLesson, activity: str, sheet: Any) -> bool:
        """Bring a member's progress up to date with what the page has found; tell whether it was behind."""
        return False

    def settle(
        self, membership: Membership, lesson: LoadedLesson, part: Part, activity: A, *, by: Membership | None
    ) -> None:
        """Bring a locked member's standing up to date after the class skips other questions; nothing has none."""

    def facts(self, view: ActivityView) -> dict[str, Any]:
        """Facts that the API tells of it besides its schema."""
        return {}

    def summary(self, standing: Standing[Any]) -> str:
        """Standing of a member, in a few words for the arc."""
        return ""

    def share_left(self, activity: A, standing: Standing[Any]) -> float:
        """Share of its work that a member has still to do who has begun it and is not done."""
        return 1.0

    def account(self, view: ActivityView) -> Account:
        """What the member did here, to be printed; nothing of it is news to them."""
        return Account()

    def why_not_yet(self, activity: A, part: Part, done: Collection[str]) -> str:
        """Sentence on what has to come before anything can be handed in; nothing, if all of it is `done`."""
        return ""

    # --- the instructor ---

    def note(self, activity: A, standing: Standing[Any], slip: str) -> Sequence[str]:
        """Note on where a student stands who is at it, in a few words for the grid's cell."""
        return ()

    def remark(self, standing: Standing[Any]) -> str:
        """Remark that the grid makes on it whatever else a student is at."""
        return ""

    def may_move(self, activity: A, at: ClassMoment) -> bool:
        """Tell whether a student of a led class can do something here, or waits as they should."""
        return True

    def as_sent(self, activity: A, answer: Mapping[str, Any], reply: Mapping[str, Any]) -> AsSent:
        """Submission, to be read again by its student and by whoever teaches them."""
        return AsSent(text=str(answer.get("text") or ""))

    def as_sealed(self, activity: A, item: str, choice: str, second: str) -> tuple[str, str]:
        """Prediction, to be read again by its owner: its question, and what they said; as kept, where that is gone."""
        return item, " · ".join(filter(None, (choice, second)))

    def slip_in_words(self, slip: str) -> str:
        """Words for a slip that its grades name; nothing, if it is none of its own."""
        return ""

    def handouts(self, activity: A, rule: GradientRule) -> Iterable[Handout]:
        """Sheets on paper that a class of this rule can work at it with. `activity` is as the class meets it."""
        return ()

    def slip_counted_as(self, slip: str) -> str:
        """Slip under which a class counts it: one that cannot be told from others counts with them."""
        return slip

    # --- what an instructor reads ---

    def question(self, activity: A) -> str:
        """Question that was to be answered in writing."""
        return activity.title

    def remembered(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Version as the page shows it and as it is kept in the member's progress."""
        return {"text": answer["text"]}

    def pictures(self, student: Membership, lesson: Lesson, activity: A) -> Iterator[Picture]:
        """Pictures of the student's own runs that a text is about, to be read beside it."""
        return iter(())

    # --- runs, and what they tell ---

    def first_pictures(self, student: Membership, lesson: Lesson, activity: A) -> Iterator[Picture]:
        """Pictures of the student's newest run of its first trial, for whoever reads what was written about it."""
        return iter(())

    def told(self, membership: Membership, lesson: Lesson, questions: Iterable[Any]) -> Mapping[str, Measured]:
        """Measurements by a member's own runs for questions elsewhere that wait for activities like this, by key.

        A question whose run is not done yet is not among them.
        """
        return {}

    def class_finds(
        self,
        cohort: Cohort,
        lesson: Lesson,
        question: Any,
        *,
        guesses: Mapping[str, int],
        revealed: Collection[tuple[str, str]],
    ) -> Any:
        """Findings that the runs of a whole class show together about a question that waits for one, for the wall.

        `guesses` are how often each answer was given, `revealed` the questions (activity, item) that are open to the
        class. What another question would tell is not in it.
        """
        return None

    def n_runs(self, cohort: Cohort, lesson: Lesson, question: Any) -> int:
        """Number of students who have the run that a question waits for."""
        return 0

    def ask_again(self, membership: Membership, lesson: LoadedLesson, activity: A, *, by: Membership) -> bool:
        """Ask once more for a member's runs that failed; tell whether there were any. `by` is the instructor's act.

        Raises
        ------
        Refusal
            If nothing new can be asked for.
        """
        return False

    def first_runs(self, activity: A, member: int) -> Sequence[FirstRun]:
        """Runs that the page of the member with this key starts first, so that they can be computed before class."""
        return ()

    def first_result(self, activity: A, rule: GradientRule) -> Fraction | None:
        """Result of the first step by a gradient rule, where it is the same for everybody."""
        return None

    def trial_title(self, activity: A, trial: str) -> str:
        """Title of one of its trials."""
        return trial

    # --- two accounts of one person ---

    def merged(self, activity: A, earlier: Standing[Any], later: Standing[Any]) -> Standing[Any]:
        """Standing of a member who had worked under two accounts: where they were further, with the tries and the help
        of both. `later` is that of the account which sent something here last.
        """
        is_settled = PartState.DONE in (earlier.state, later.state)
        if activity.is_read and not is_settled and later.memory.text:
            further, other = later, earlier  # the newest version is the one that is read
        else:
            further, other = (earlier, later) if _reach(earlier) > _reach(later) else (later, earlier)
        tries_at = {step: further.tries_at.get(step, 0) + n for step, n in other.tries_at.items()}
        return further.model_copy(
            update={
                "tries": further.tries + other.tries,
                "tries_at": {**further.tries_at, **tries_at},
                "helped": tuple(sorted({*further.helped, *other.helped})),
            }
        )

    def recount(
        self, membership: Membership, lesson: LoadedLesson, activity: A, standing: Standing[Any]
    ) -> Standing[Any]:
        """Standing brought up to date with the rows that are kept of the member, where it follows from them."""
        return standing

    # --- marks ---

    def points(self, activity: A) -> int:
        """Points that a gradebook has for it: one for all that is committed, and reconciled where it asks for that."""
        return 1

    def earned(self, activity: A, standing: Standing[Any]) -> int:
        """Points of them that a member has; never for being right."""
        return self.points(activity) if standing.is_finished else 0

    def choices(self, activity: A) -> Sequence[str]:
        """Keys of what members choose from in it: each has a column of its own in a gradebook."""
        return ()

    def chosen(self, cohort: Cohort, lesson: Lesson, activity: A) -> Mapping[int, Collection[str]]:
        """Keys of what each student of a class has chosen and done, by member."""
        return {}

    # --- badges and authors ---

    def achievement(self, membership: Membership, activity: A, standing: Standing[Any]) -> Achievement | None:
        """Achievement that a badge can rest on, if there is one yet. `activity` is as the member meets it."""
        return None

    def can_achieve(self, activity: A) -> str:
        """Kind of a badge's conditions that this activity can meet: `steps`, `measured`, or nothing."""
        return self.achieves

    def says_achievement(self, standing: Standing[Any]) -> str:
        """Words for what was achieved, a few, for the badge's page."""
        return ""

    def lint(self, activity: A) -> Findings:
        """Find what its author has to mend, may want to think about again, or should know."""
        return Findings()

    def lint_lesson(self, lesson: Lesson) -> Iterable[str]:
        """Warnings about all activities of this type in a lesson together."""
        return ()


def _reach(standing: Standing[Any]) -> tuple[int, int, int]:
    """How far a member has come in an activity, to be compared."""
    states = (PartState.WAITING, PartState.DONE)
    return (states.index(standing.state) + 1 if standing.state in states else 0, standing.n_done, standing.step)


AnyType = ActivityType[Any]

_types: dict[str, AnyType] = {}


def use(types: Iterable[AnyType]) -> None:
    """Let these be the types that there are, and no others.

    Raises
    ------
    ImproperlyConfigured
        If one does not say what it may contain: nothing could be read with it.
    """
    types = tuple(types)
    if nameless := [type(kind).__name__ for kind in types if getattr(kind, "schema", None) is None]:
        raise ImproperlyConfigured(f"The activity type {nameless[0]} has no `schema`.")
    _types.clear()
    _types.update((kind.key, kind) for kind in types)


def types() -> Mapping[str, AnyType]:
    """Types that there are, by their words."""
    return _types


def type_of(activity: AnyActivity) -> AnyType:
    return _types[activity.type]


def slip_in_words(slip: str) -> str:
    """Words for a slip, whichever type's grades name it."""
    return next((words for kind in _types.values() if (words := kind.slip_in_words(slip))), slip)


def slip_counted_as(slip: str) -> str:
    """Slip under which a class counts it, whichever type's grades name it."""
    return next((kind.slip_counted_as(slip) for kind in _types.values() if kind.slip_in_words(slip)), slip)
