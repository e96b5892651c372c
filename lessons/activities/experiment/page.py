"""Page of an experiment: what a member may start, how their runs stand, and what the class has found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field

import experiments.selectors
from classroom.models import Membership
from classroom.refusals import Conflict
from experiments.models import Run, RunRequest, RunState
from experiments.selectors import RunView
from lessons.activities.base import ActivityView, Verdict
from lessons.activities.experiment import class_runs, outcomes
from lessons.activities.experiment.pictures.base import ClassFinds
from lessons.activities.experiment.schema import Experiment, Knob, Trial, experiment_of
from lessons.activities.measures import OUTCOMES_MEASURED, Picture
from lessons.activities.predict import answers
from lessons.activities.predict.schema import Item, Predict, guesses_before
from lessons.authoring.lesson import Lesson
from lessons.run_context import RunContext
from lessons.standings import Standing, TextMemory
from lessons.texts import versions
from lessons.texts.versions import TextView

HIGHEST_SEED = 999  # of those that are offered; a program may choose any that the engine takes
MAX_LISTED = 8


class RunsMemory(TextMemory):
    """How many runs of each trial are done, which trials those are, and what the first run measured; and what was
    concluded.
    """

    runs: dict[str, int] = Field(default_factory=dict)
    done: tuple[str, ...] = ()
    evidence: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class KnobView:
    """A setting to choose: its options as (value, name, whether it is chosen)."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class RunLine:
    """One of the member's runs."""

    title: str
    run: RunView
    beside: RunView | None
    is_shown: bool

    @property
    def parts(self) -> tuple[RunView, ...]:
        return (self.run, self.beside) if self.beside else (self.run,)

    @property
    def state(self) -> str:
        """The state of both together: whatever is still to come or went wrong comes before what is done."""
        states = {each.state for each in self.parts}
        order = (RunState.FAILED, RunState.CANCELLED, RunState.RUNNING, RunState.QUEUED, RunState.DONE)
        return next(state.value for state in order if state in states)

    @property
    def is_active(self) -> bool:
        return self.state in (RunState.QUEUED, RunState.RUNNING)

    @property
    def at_hand(self) -> RunView:
        """The one whose progress is told: what runs now, else what waits."""
        order = (RunState.RUNNING, RunState.QUEUED, RunState.FAILED, RunState.CANCELLED, RunState.DONE)
        return min(self.parts, key=lambda each: order.index(RunState(each.state)))


@dataclass(frozen=True)
class Prerequisite:
    """Prerequisite of a trial, not met yet: a sentence, and the question to go to with its part, if it is one."""

    says: str
    part: str = ""
    item: str = ""


@dataclass(frozen=True)
class TrialView:
    key: str
    title: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class ExperimentSheet:
    """The activity's page: one trial at hand, the member's runs of it, and what the class has found."""

    trials: tuple[TrialView, ...]
    trial: TrialView
    knobs: tuple[KnobView, ...]
    seed: int
    prerequisite: Prerequisite | None
    lines: tuple[RunLine, ...]
    shown: RunLine | None
    # Whether the address asks for one of its trials, or of its runs.
    is_asked_for: bool
    picture: Picture | None
    finds: ClassFinds | None
    conclusion: TextView | None
    # What was run, and a conclusion can be about.
    concluded: tuple[TrialView, ...]
    # Whether the member's progress does not know yet of a run that is done.
    is_behindhand: bool
    # Whether the member has looked at all that they had guessed about it.
    is_seen: bool
    token: str

    @property
    def is_active(self) -> bool:
        return any(line.is_active for line in self.lines)

    @property
    def has_run(self) -> bool:
        return _n_done(self.lines) > 0

    @property
    def is_ahead(self) -> bool:
        """Tell whether something else comes before its first trial, and no run is here to look at."""
        return self.prerequisite is not None and self.trial.key == self.trials[0].key and not self.lines


def page(view: ActivityView) -> ExperimentSheet:
    """Lay out an experiment for one member."""
    activity: Experiment = view.activity
    lesson = view.lesson.lesson
    trial = activity.trial(view.trial) or _awaited(view, activity) or _concluded(view, activity) or activity.trials[0]
    # The token before what it stands for: what comes meanwhile is asked for again, and never missed.
    n_class = class_runs.n_runs(view.membership.cohort, lesson, activity, trial)
    asked = requests_of(view.membership, lesson, activity, trial)
    lines = _lines(trial, asked, view.run)
    shown = next((line for line in lines if line.is_shown), None)
    prerequisite = missing_prerequisite(view.membership, lesson, activity, trial)
    seen = measures_seen(view.membership, lesson, activity, trial)
    typed = view.typed if view.typed.get("trial") == trial.key else {}
    is_seen = _is_all(seen)
    is_drawn = shown is not None and shown.state == RunState.DONE
    finds = None
    if shown is not None and is_drawn:
        params, member = shown.run.params, view.membership.pk
        finds = class_runs.finds(
            view.membership.cohort, lesson, activity, trial, params=params, seen=seen, member=member
        )
    return ExperimentSheet(
        trials=tuple(_trial(each, is_chosen=each is trial) for each in activity.trials),
        trial=_trial(trial, is_chosen=True),
        knobs=tuple(_knob(knob, shown, typed) for knob in trial.knobs),
        seed=shown.run.seed if shown else first_seed(view.membership, lesson, activity),
        prerequisite=prerequisite,
        lines=lines[:MAX_LISTED],
        shown=shown,
        is_asked_for=activity.trial(view.trial) is not None or view.run in (str(line.run.id) for line in lines),
        picture=_picture(lesson, activity, trial, lines) if is_drawn and is_seen else None,
        finds=finds,
        conclusion=_conclusion(activity, view),
        concluded=tuple(
            _trial(each, is_chosen=each is trial) for each in activity.trials if each.key in view.standing.memory.done
        ),
        is_behindhand=_n_done(lines) > view.standing.memory.runs.get(trial.key, 0),
        is_seen=is_seen,
        token=_token(asked, n_class),
    )


def _awaited(view: ActivityView, activity: Experiment) -> Trial | None:
    """Find the trial that a sealed guess waits for: what was asked last is what the form offers to run."""
    lesson, done = view.lesson.lesson, view.standing.memory.done
    for trial in activity.trials:
        guesses = guesses_before(lesson, activity.key, trial.key) if trial.key not in done else ()
        for predict, item in guesses:
            if item.trial and item.key in answers.predictions_of(view.membership, lesson.slug, predict.key):
                return trial
    return None


def _concluded(view: ActivityView, activity: Experiment) -> Trial | None:
    """Find the trial that was run last, where a conclusion is about whatever was run."""
    done = view.standing.memory.done
    return activity.trial(done[-1]) if done and activity.conclude is not None else None


def _n_done(lines: Sequence[RunLine]) -> int:
    return sum(line.state == RunState.DONE for line in lines)


def first_seed(membership: Membership, lesson: Lesson, activity: Experiment) -> int:
    """The seed to begin with: that of the run which this one follows, so that it is about the same model."""
    earlier = experiment_of(lesson, activity.after)
    if earlier is not None:
        place = (earlier.key, earlier.trials[0].key)
        if runs := outcomes.done_runs(membership, lesson, {place}, with_results=False).get(place):
            return runs[0][0].seed
    return own_seed(membership)


def own_seed(membership: Membership) -> int:
    return seed_of(membership.pk)


def seed_of(member: int) -> int:
    """A seed of one's own to begin with: only every 999th member has the same, and neighbours have distant ones."""
    return 1 + member * 617 % HIGHEST_SEED  # they have no common divisor


def requests_of(membership: Membership, lesson: Lesson, activity: Experiment, trial: Trial) -> list[RunRequest]:
    """A member's runs of a trial, companions included, the newest first."""
    contexts = outcomes.contexts_of(lesson.slug, activity.key, trial.key)
    return experiments.selectors.requests_of(membership, contexts)[::-1]


def token(membership: Membership, lesson: Lesson, activity: Experiment, trial: Trial) -> str:
    """What a page asks with: has a run of theirs moved, or has the class one more? Two queries."""
    asked = requests_of(membership, lesson, activity, trial)
    return _token(asked, class_runs.n_runs(membership.cohort, lesson, activity, trial))


def _token(asked: Sequence[RunRequest], n_class: int) -> str:
    moved = ".".join(f"{request.run.state[0]}{request.run.done}" for request in asked)
    return f"{moved or 'none'}.{n_class}"


class Moved(Enum):
    """How much of a page has to be made again."""

    TRIAL = "trial"  # a run is still on its way
    CLASS = "class"  # only others' runs have ended: nothing that somebody is setting or typing is touched
    PART = "part"  # a run of theirs has ended, or has come from another page


def moved(before: str, now: str) -> Moved:
    """Compare the token that a page asks with and the present one."""
    if _is_active(now) and _is_active(before):
        return Moved.TRIAL
    return Moved.CLASS if _own(before) == _own(now) else Moved.PART


def _own(token: str) -> str:
    return token.rpartition(".")[0]


def _is_active(token: str) -> bool:
    """Tell whether a run was on its way, or waiting, when a token was made."""
    return any(each[:1] in ("q", "r") for each in token.split("."))


def missing_prerequisite(
    membership: Membership, lesson: Lesson, activity: Experiment, trial: Trial
) -> Prerequisite | None:
    """Say what has to come before this trial may be run; nothing, if nothing has to."""
    if membership.is_instructor:
        return None
    earlier = experiment_of(lesson, activity.after)
    if earlier is not None and (missing := _behind(membership, lesson, earlier, earlier.title)):
        return missing
    for guesses, item in guesses_before(lesson, activity.key, trial.key):
        if item.key not in answers.predictions_of(membership, lesson.slug, guesses.key):
            return _asked_first(lesson, guesses, item, _("Guess first: “%(title)s”."))
    first = activity.trials[0]
    is_guessed = bool(guesses_before(lesson, activity.key, first.key))  # and another trial could tell
    return _behind(membership, lesson, activity, first.title) if trial is not first and is_guessed else None


def measures_seen(membership: Membership, lesson: Lesson, activity: Experiment, trial: Trial) -> frozenset[str]:
    """What of this trial's outcome the member has looked at already: all that no guess of theirs is about."""
    asked = guesses_before(lesson, activity.key, trial.key)
    hidden = {item.measures for guesses, item in asked if item.key not in _looked_at(membership, lesson, guesses)}
    return frozenset(OUTCOMES_MEASURED) - hidden


def has_seen_all(membership: Membership, lesson: Lesson, activity: Experiment, trial: Trial) -> bool:
    """Tell whether the member has looked at all that they had guessed about this trial."""
    return _is_all(measures_seen(membership, lesson, activity, trial))


def _is_all(seen: frozenset[str]) -> bool:
    return seen == frozenset(OUTCOMES_MEASURED)


def _looked_at(membership: Membership, lesson: Lesson, guesses: Predict) -> Collection[str]:
    return answers.reconciliations_of(membership, lesson.slug, guesses.key)


def _behind(membership: Membership, lesson: Lesson, experiment: Experiment, title: str) -> Prerequisite | None:
    """Say that the first trial was not run yet, or not all that was guessed about it was looked at."""
    first = experiment.trials[0]
    if not outcomes.done_runs(membership, lesson, {(experiment.key, first.key)}, with_results=False):
        return Prerequisite(_("First finish “%(title)s”.") % {"title": title})
    for guesses, item in guesses_before(lesson, experiment.key, first.key):
        if item.key not in _looked_at(membership, lesson, guesses):
            return _asked_first(lesson, guesses, item, _("First look at the result of your run: “%(title)s”."))
    return None


def _asked_first(lesson: Lesson, guesses: Predict, item: Item, says: str) -> Prerequisite:
    part = next(part for part in lesson.parts if guesses in part.activities)
    return Prerequisite(says % {"title": item.title}, part.key, item.key)


def _trial(trial: Trial, *, is_chosen: bool) -> TrialView:
    return TrialView(trial.key, trial.title, trial.text or "", is_chosen)


def _knob(knob: Knob, shown: RunLine | None, typed: Mapping[str, str]) -> KnobView:
    chosen = shown.run.params.get(knob.name, knob.start) if shown else knob.start
    chosen = knob.read(typed.get(knob.name, chosen))
    options = tuple((str(value), name, value == chosen) for value, name in knob.named())
    return KnobView(knob.name, knob.label, options)


def _lines(trial: Trial, asked: Sequence[RunRequest], wanted: str) -> tuple[RunLine, ...]:
    """Lay out a member's runs, each with its companion; half of a pair whose other half was taken back is none."""
    placed = [(RunContext.parse(request.context), request.run) for request in asked]
    runs, others = ([run for of, run in placed if of and of.is_beside == wish] for wish in (False, True))
    pairs = [(run, outcomes.companion_of(trial, run, others)) for run in runs]
    pairs = [pair for pair in pairs if pair[1] is not None or not trial.beside]
    views = experiments.selectors.views_of([each for pair in pairs for each in pair if each is not None])
    keys = [str(run.pk) for run, _beside in pairs]
    at = keys.index(wanted) if wanted in keys else 0
    return tuple(
        RunLine(
            title=_title(trial, run),
            run=views[run.pk],
            beside=views[beside.pk] if beside else None,
            is_shown=number == at,
        )
        for number, (run, beside) in enumerate(pairs)
    )


def _title(trial: Trial, run: Run) -> str:
    """Name a run by its seed and what was set for it."""
    said = [_("seed %(seed)s") % {"seed": run.seed}]
    for knob in trial.knobs:
        names = dict(knob.named())
        value = run.params.get(knob.name)
        said.append(f"{knob.label} {names.get(value, value)}")
    return " · ".join(said)


def _picture(lesson: Lesson, activity: Experiment, trial: Trial, lines: Sequence[RunLine]) -> Picture | None:
    """Draw the run at hand, unless the guess that waited for it does: it is about the first that was done."""
    shown = next(line for line in lines if line.is_shown)
    first = next(line for line in reversed(lines) if line.state == RunState.DONE)
    is_guessed = any(
        (item.trial or activity.trials[0].key) == trial.key
        for _guesses, item in guesses_before(lesson, activity.key, trial.key)
    )
    if is_guessed and shown is first:
        return None
    runs = experiments.selectors.with_results(each.id for each in shown.parts)
    return outcomes.draw(runs[shown.run.id], runs[shown.beside.id] if shown.beside else None)


def _conclusion(activity: Experiment, view: ActivityView) -> TextView | None:
    if activity.conclude is None:
        return None
    is_open = bool(view.standing.memory.done)
    return versions.text_view(view.standing, activity.conclude, activity.asks, view.reviewer, is_open=is_open)


def grade(activity: Experiment, standing: Standing[RunsMemory], raw: Any) -> Verdict:
    """Keep what somebody concludes from their runs."""
    if activity.conclude is None:
        raise Conflict(_("You can’t hand in anything here. Start a run, and its result is saved."))
    if not standing.memory.done:
        raise Conflict(_("Start a run first. Then write what you conclude."))
    answer = {"text": versions.read(raw)}
    return versions.handed_in(standing, answer, answer)
