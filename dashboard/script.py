"""Script of a led lesson: its parts and their acts as one class goes through them, with titles and minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lessons.activities.base import type_of
from lessons.authoring.acts import Step, order_of, run_of
from lessons.authoring.base import AnyActivity, Votable
from lessons.authoring.lesson import Lesson, Part
from lessons.stage import Key

Run = tuple[str, str]  # an experiment's key and its trial's


@dataclass(frozen=True)
class Act:
    """Act of a part. `kind`: ``open``, ``work``, ``free`` (everybody chooses alone), ``vote``, ``run``, ``reveal``.

    `run` is the run itself, or the one that tells what is right; `n_votes` how often a question may be voted on.
    `is_easy_to_skip`: nothing else rests on it.
    """

    kind: str
    part: str
    activity: str = ""
    item: str = ""
    title: str = ""
    minutes: int = 0
    run: Run | None = None
    n_votes: int = 0
    is_easy_to_skip: bool = False

    @property
    def key(self) -> Key:
        return self.activity, self.item

    @property
    def place(self) -> tuple[str, str, Key]:
        """What tells it from every other act of the lesson; an opening has no question."""
        return self.part, self.kind, self.key

    @property
    def named(self) -> str:
        """Its title in a sentence: between quotation marks, unless it has some of its own."""
        return self.title if self.title.startswith("“") else f"“{self.title}”"


@dataclass(frozen=True)
class ScriptPart:
    """Part with its acts: it is opened, and then goes on."""

    key: str
    title: str
    number: int
    minutes: int
    acts: tuple[Act, ...]
    # Every question of the part, extras included, as the act that asks it.
    questions: tuple[Act, ...]

    @property
    def first_question(self) -> Act | None:
        return next((act for act in self.acts if act.kind == "vote"), None)


@dataclass(frozen=True)
class AwaitedRun:
    """Run that a class is awaited at: the guesses that come before it, or the run that it follows."""

    guesses: frozenset[Key]
    after: Run | None


@dataclass(frozen=True)
class Script:
    """A lesson as a class is led through it. A part that is still to be written, or that shows a badge, is none."""

    parts: tuple[ScriptPart, ...]
    runs: Mapping[Run, AwaitedRun]

    @property
    def acts(self) -> tuple[Act, ...]:
        return tuple(act for part in self.parts for act in part.acts)

    def question(self, key: Key) -> Act | None:
        """The question of this key, be it an extra."""
        return next((act for part in self.parts for act in part.questions if act.key == key), None)

    def part(self, key: str) -> ScriptPart | None:
        return next((part for part in self.parts if part.key == key), None)


def script_of(lesson: Lesson, rule: str) -> Script:
    """The script of a lesson for a class of this gradient rule."""
    parts = tuple(
        ScriptPart(
            key=part.key,
            title=part.title,
            number=number,
            minutes=part.minutes,
            acts=_acts(lesson, part, rule),
            questions=tuple(
                _question("vote", lesson, part, activity, item)
                for activity in _met(part, rule)
                for item in activity.votables
            ),
        )
        for number, part in enumerate(lesson.parts, start=1)
        if part.badge is None and not part.soon
    )
    acts = [act for part in parts for act in (*part.acts, *part.questions)]
    runs = {act.run: _awaited(lesson, act.run, rule) for act in acts if act.run is not None}
    return Script(parts, runs)


def _acts(lesson: Lesson, part: Part, rule: str) -> tuple[Act, ...]:
    met = {activity.key: activity for activity in _met(part, rule)}
    opening = Act("open", part.key, title=part.title)
    acts = [opening, *(act for step in order_of(lesson, part) for act in _act(lesson, part, met[step.activity], step))]
    # What the questions do not take of the part's minutes is for work and runs, or else for its opening.
    given = sum(act.minutes for act in acts)
    free = [i for i, act in enumerate(acts) if act.kind in ("work", "free", "run") and not act.minutes] or [0]
    each, more = divmod(max(part.minutes - given, 0), len(free))
    for n, i in enumerate(free):
        acts[i] = replace(acts[i], minutes=acts[i].minutes + each + (n < more))
    return tuple(acts)


def _act(lesson: Lesson, part: Part, activity: AnyActivity, step: Step) -> Iterator[Act]:
    """The act of one step; none, where classes of this rule do not meet its question."""
    if step.kind in ("vote", "reveal"):
        if (item := activity.votable(step.item)) is not None:
            act = _question(step.kind, lesson, part, activity, item)
            planned = (item.minutes + (step.kind == "vote")) // 2  # one half for the vote, one for what it brings
            yield replace(act, minutes=planned if step.minutes is None else step.minutes)
        return
    kind = "free" if step.kind == "work" and activity.votables else step.kind
    run = (activity.key, step.trial) if kind == "run" else None
    yield Act(
        kind,
        part.key,
        activity.key,
        title=type_of(activity).trial_title(activity, run[1]) if run else activity.title,
        minutes=step.minutes or 0,
        run=run,
        is_easy_to_skip=kind == "free" and activity.n_to_choose > 1,
    )


def _question(kind: str, lesson: Lesson, part: Part, activity: AnyActivity, item: Votable) -> Act:
    others = [each for each in activity.votables if each.key != item.key]
    rests = any(each.after == item.key and not each.extra for each in others)
    is_needed = rests or activity.votables[0].key == item.key
    return Act(
        kind,
        part.key,
        activity.key,
        item.key,
        item.title,
        run=run_of(lesson, item),
        n_votes=item.votes,
        is_easy_to_skip=not (is_needed or item.extra or item.votes > 1 or activity.n_to_choose),
    )


def _awaited(lesson: Lesson, run: Run, rule: str) -> AwaitedRun:
    measuring = lesson.activity(run[0])
    guesses = frozenset(
        (activity.key, item.key)
        for part in lesson.parts
        for activity in _met(part, rule)
        for item in activity.votables
        if not item.poll and item.run == run[0] and (item.trial == run[1] if item.trial else not item.extra)
    )
    earlier = lesson.activity(measuring.comes_after) if measuring else None
    after = (earlier.key, earlier.trial_keys[0]) if earlier and earlier.trial_keys else None
    return AwaitedRun(guesses, after)


def _met(part: Part, rule: str) -> list[AnyActivity]:
    return [activity.for_member("", rule) for activity in part.activities]
