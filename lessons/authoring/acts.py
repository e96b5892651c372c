"""Acts of a led part: what its class does, in which order, as its author says or as the parts of the lesson suggest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from lessons.authoring.base import AnyActivity, Loc, Votable
from lessons.authoring.lesson import Act, Lesson, Part


@dataclass(frozen=True)
class Step:
    """One act of a part, with what it names found.

    `kind`: ``work`` at an activity, ``vote`` on an item, ``run`` a trial of an experiment, ``reveal`` an item.
    """

    kind: str
    activity: str
    item: str = ""
    trial: str = ""
    minutes: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.activity, self.item


def order_of(lesson: Lesson, part: Part) -> tuple[Step, ...]:
    """The acts of a part in their order, extras left out: they are called up one by one."""
    if part.acts:
        return tuple(step for act in part.acts if (step := _find(lesson, part, act)) is not None)
    if part.homework or part.soon:
        return ()  # to open it is all
    return tuple(_default(lesson, part))


def run_of(lesson: Lesson, item: Votable) -> tuple[str, str] | None:
    """The experiment and the trial whose run tells what is right; nothing, if none has to."""
    measuring = lesson.activity(item.run)
    if measuring is None or not measuring.trial_keys:
        return None
    return measuring.key, item.trial or measuring.trial_keys[0]


def faults(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    """What is wrong with the acts that a lesson names, and where."""
    for number, part in enumerate(lesson.parts):
        if part.acts:
            yield from _faults_of(lesson, part, ("parts", number, "acts"))


def _default(lesson: Lesson, part: Part) -> Iterator[Step]:
    """Vote and reveal each question; those that a run answers are all guessed first, then it runs, then they open."""
    ran: set[tuple[str, str]] = set()
    for activity in part.activities:
        items = [item for item in activity.votables if not item.extra]
        if activity.extra:
            continue
        if activity.trial_keys:
            first = (activity.key, activity.trial_keys[0])
            if first not in ran:
                yield Step("run", *_run(first))
        elif not items:
            yield Step("work", activity.key)
        elif activity.n_to_choose:
            yield from _asked(activity, items[0])
            if activity.n_to_choose > 1:
                yield Step("work", activity.key)
        else:
            # Questions of one run stand together, where the first of them is.
            runs = [run_of(lesson, item) for item in items]
            ordered = sorted(
                items, key=lambda item: runs.index(run_of(lesson, item)) if item.run else items.index(item)
            )
            for run, group in groupby(ordered, key=lambda item: run_of(lesson, item)):
                yield from _told_by_run(activity, run, list(group))
                ran |= {run} if run else set()


def _told_by_run(activity: AnyActivity, run: tuple[str, str] | None, items: list[Votable]) -> Iterator[Step]:
    if run is not None:
        yield from (Step("vote", activity.key, item.key) for item in items if not item.poll)
        yield Step("run", *_run(run))
    for item in items:
        if run is None or item.poll:
            yield Step("vote", activity.key, item.key)
        yield Step("reveal", activity.key, item.key)


def _asked(activity: AnyActivity, item: Votable) -> Iterator[Step]:
    yield Step("vote", activity.key, item.key)
    yield Step("reveal", activity.key, item.key)


def _run(run: tuple[str, str]) -> tuple[str, str, str]:
    return run[0], "", run[1]


def _find(lesson: Lesson, part: Part, act: Act) -> Step | None:
    """Find what an act names in its part; nothing, if it is not there, or in two places."""
    first, __, second = act.name.partition("/")
    if act.kind in ("vote", "reveal"):
        places = [
            each.key
            for each in part.activities
            if each.votable(second or first) is not None and (not second or each.key == first)
        ]
        return Step(act.kind, places[0], second or first, minutes=act.minutes) if len(places) == 1 else None
    activity = next((each for each in part.activities if each.key == first), None)
    if activity is None:
        return None
    if act.kind == "work":
        return Step("work", first, minutes=act.minutes) if not (second or activity.trial_keys) else None
    trial = second or next(iter(activity.trial_keys), "")
    return Step("run", first, trial=trial, minutes=act.minutes) if trial in activity.trial_keys else None


_NAMES = {
    "work": "an activity to work at",
    "run": "an experiment, or “experiment/trial”",
    "vote": "a question, or “activity/question”",
    "reveal": "a question, or “activity/question”",
}


def _faults_of(lesson: Lesson, part: Part, loc: Loc) -> Iterator[tuple[Loc, str]]:
    said = "this part"
    own = {activity.key for activity in part.activities}
    done: list[tuple[str, str, str]] = []
    for number, act in enumerate(part.acts):
        at: Loc = (*loc, number, act.kind)
        step = _find(lesson, part, act)
        if step is None:
            yield at, f"{said} does not have “{act.name}”, which should be {_NAMES[act.kind]}"
            continue
        if (act.kind, *_place(step)) in done:
            yield at, f"{said} has “{act.name}” twice"
        activity = lesson.activity(step.activity)
        item = activity.votable(step.item) if activity and step.item else None
        run = run_of(lesson, item) if item else None
        has_run = run is None or run[0] not in own or ("run", *run) in done
        if act.kind == "reveal" and ("vote", *_place(step)) not in done:
            yield at, f"{said} reveals “{act.name}” before its vote"
        if item is not None and not has_run and (act.kind == "reveal" or item.poll):
            yield at, f"{said} has “{act.name}” before the run that it waits for: “{'/'.join(run or ())}”"
        if item is not None and run is not None and act.kind == "vote" and not item.poll and ("run", *run) in done:
            yield at, f"{said} asks “{act.name}” after its run: a guess comes first"
        done.append((act.kind, *_place(step)))
    yield from ((loc, f"{said} leaves out {left}") for left in _left_out(part, done))


def _place(step: Step) -> tuple[str, str]:
    return step.activity, step.item or step.trial


def _left_out(part: Part, done: list[tuple[str, str, str]]) -> Iterator[str]:
    for activity in part.activities:
        if activity.extra:
            continue
        if activity.votables and not activity.n_to_choose:
            for item in activity.votables:
                missing = [kind for kind in ("vote", "reveal") if (kind, activity.key, item.key) not in done]
                if missing and not item.extra:
                    yield f"“{item.key}” ({' and '.join(missing)})"
        elif activity.key not in {place for __, place, ___ in done}:
            yield f"“{activity.key}”"
