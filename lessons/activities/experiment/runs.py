"""Runs from within a lesson: how they are started, and how what they measured is kept in the member's progress."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

import classroom.services
import experiments.registry
import experiments.selectors
import experiments.services
from classroom import events
from classroom.models import Membership
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from experiments.models import Run, RunRequest
from lessons import catalogue, progress, selectors
from lessons.activities.experiment import outcomes, page
from lessons.activities.experiment.forms import as_numbers
from lessons.activities.experiment.schema import Experiment, Trial, experiment_of
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import RunAsked, RunMeasured
from lessons.maths import values
from lessons.models import PartProgress, PartState
from lessons.run_context import RunContext
from lessons.standings import Standing

NOTHING_YET = Standing[page.RunsMemory](state=PartState.WORKING, tries=0, memory=page.RunsMemory())


def start(
    membership: Membership,
    lesson: LoadedLesson,
    activity_key: str,
    *,
    trial: str,
    settings: Mapping[str, Any],
    seed: Any,
) -> list[RunRequest]:
    """Ask for a run of a trial with these settings of its knobs, and for the one that it is compared with.

    Raises
    ------
    Refusal
        If there is no such trial, something has to come before it, or a setting is not among what it takes.
    """
    part, activity, found = find(membership, lesson, activity_key, trial)
    if values.is_blank(seed):
        seed = page.first_seed(membership, lesson.lesson, activity)
    params, seed = as_numbers(found.kind, found.spelled_out(dict(settings)), seed)
    return ask(membership, lesson, part, activity, found, params=params, seed=seed)


def ask_by_kind(membership: Membership, *, kind: str, params: Mapping[str, Any], seed: Any, activity: str = "") -> Run:
    """Ask for a run as a program does: for an experiment of one's lessons, or for oneself.

    For an experiment it counts as a run of the first of its trials that has these parameters, and its guesses are
    sealed first; a run for oneself needs none.
    """
    params, seed = as_numbers(kind, params, seed)
    if not activity:
        return experiments.services.request_run(membership, kind=kind, params=params, seed=seed).request.run
    for lesson in selectors.lessons_of(membership.cohort):
        if experiment_of(lesson.lesson, activity) is not None:
            part, found = selectors.find_activity(membership, lesson, activity)
            break
    else:
        raise NotFound(_("Your class does not have this experiment."))
    if not isinstance(found, Experiment):
        raise NotFound(_("Your class does not have this experiment."))
    complete = experiments.registry.read(kind, params, seed)
    trial = next((trial for trial in found.trials if _is_run_of(trial, kind, complete)), None)
    if trial is None:
        titles = ", ".join(trial.title for trial in found.trials)
        raise Refusal(_("“%(title)s” has no such run. It has: %(trials)s.") % {"title": found.title, "trials": titles})
    if missing := page.missing_prerequisite(membership, lesson.lesson, found, trial):
        raise Forbidden(missing.says)
    return ask(membership, lesson, part, found, trial, params=params, seed=seed)[0].run


def _is_run_of(trial: Trial, kind: str, params: Mapping[str, Any]) -> bool:
    """Tell whether a run with these parameters is one that this trial's page could start, knobs set at will."""
    if trial.kind != kind:
        return False
    starts = experiments.registry.read(kind, trial.spelled_out({}), 0)
    free = {knob.name for knob in trial.knobs} | {"n_repeats"}
    return all(params[name] == value for name, value in starts.items() if name not in free)


def ask(
    membership: Membership,
    lesson: LoadedLesson,
    part: Part,
    activity: Experiment,
    trial: Trial,
    *,
    params: Mapping[str, Any],
    seed: Any,
) -> list[RunRequest]:
    """Ask for the run with these parameters, and for its companion; all or none."""
    asked = []
    with transaction.atomic():
        progress.lock(membership)
        membership.cohort.refuse_if_archived()
        if missing := page.missing_prerequisite(membership, lesson.lesson, activity, trial):
            raise Conflict(missing.says)  # its guess was taken back meanwhile
        own = RunContext(lesson.lesson.slug, activity.key, trial.key)
        for context in (own, own.beside) if trial.beside else (own,):
            wanted = {**params, **trial.beside} if context.is_beside else params
            requested = experiments.services.request_run(
                membership, kind=trial.kind, params=wanted, seed=seed, context=str(context)
            )
            asked.append(requested.request)
        events.record(RunAsked(lesson.lesson.slug, activity.key, trial.key), membership)
        row = progress.row_of(membership, lesson, part)
        progress.advance(row, part, activity.key, _standing(row, activity), by=None)
        _note(membership, lesson, part, activity, trial)  # somebody may have had the same one run already
        classroom.services.touch(membership.cohort)
    return asked


def ask_again(membership: Membership, lesson: LoadedLesson, activity: Experiment, *, by: Membership) -> bool:
    """Ask once more for what failed of a member's runs in an activity; tell whether anything had to be asked for.

    An instructor's act (`by`). Done twice it asks once: what is on its way has not failed.

    Raises
    ------
    Refusal
        If the class is archived, or the member has too many runs on their way.
    """
    start, place = RunContext.start_in(lesson.lesson.slug, activity.key), lesson.find_activity(activity.key)
    if place is None:
        return False
    with transaction.atomic():
        progress.lock(membership)
        membership.cohort.refuse_if_archived()
        failed = experiments.selectors.failed_requests(membership.cohort, start, membership.pk)
        newest = {request.context: request for request in reversed(failed)}
        for request in newest.values():
            run = request.run
            experiments.services.request_run(
                membership, kind=run.kind, params=run.params, seed=run.seed, context=request.context
            )
        contexts = (RunContext.parse(context) for context in newest)
        for trial in dict.fromkeys(context.trial for context in contexts if context is not None):
            events.record(RunAsked(lesson.lesson.slug, activity.key, trial), membership, by=by)
            found = activity.trial(trial)
            if found is not None:
                _note(membership, lesson, place[0], activity, found)  # somebody may have had the same one run already
        if newest:
            classroom.services.touch(membership.cohort)
    return bool(newest)


def find(membership: Membership, lesson: LoadedLesson, activity_key: str, trial: str) -> tuple[Part, Experiment, Trial]:
    """Find a trial that this member may start or look at."""
    part, activity = selectors.find_activity(membership, lesson, activity_key)
    found = activity.trial(trial) if isinstance(activity, Experiment) else None
    if found is None or not isinstance(activity, Experiment):
        raise NotFound(_("This run does not exist here."))
    return part, activity, found


def note_end(run: Run) -> None:
    """Keep in the progress of everyone who asked for a run what it measured. Safe to do twice."""
    wanted = run.requests.filter(withdrawn_at=None, membership__in=Membership.objects.present())
    for request in wanted.select_related("membership__cohort", "membership__user"):
        context = RunContext.parse(request.context)
        lesson = catalogue.get(context.lesson) if context else None
        if context is not None and lesson is not None:
            # Whoever is removed meanwhile keeps nobody else from theirs; the page of who comes back catches up.
            with suppress(NotFound):
                catch_up(request.membership, lesson, context.activity, context.trial)


def catch_up(membership: Membership, lesson: LoadedLesson, activity_key: str, trial_key: str) -> None:
    """Keep in a member's progress what their finished runs of a trial measured, if it is not there yet.

    What the lesson no longer has is left alone.
    """
    place = lesson.find_activity(activity_key)
    activity = place[1] if place else None
    trial = activity.trial(trial_key) if isinstance(activity, Experiment) else None
    if place is None or trial is None or not isinstance(activity, Experiment):
        return
    with transaction.atomic():
        progress.lock(membership)
        if _note(membership, lesson, place[0], activity, trial):
            classroom.services.touch(membership.cohort)


def _note(membership: Membership, lesson: LoadedLesson, part: Part, activity: Experiment, trial: Trial) -> bool:
    """Put a trial's finished runs into the member's standing; tell whether anything was new."""
    key = activity.key, trial.key
    pairs = [
        pair for pair in outcomes.done_runs(membership, lesson.lesson, {key}).get(key, ()) if _is_whole(trial, pair)
    ]
    row = progress.row_of(membership, lesson, part)
    standing = _standing(row, activity)
    counted = {**standing.memory.runs, trial.key: len(pairs)}
    if not pairs or counted == standing.memory.runs:
        return False
    done = tuple(sorted(key for key, n in counted.items() if n))
    memory = standing.memory.model_copy(update={"runs": counted, "done": done})
    if trial is activity.trials[0] and not memory.evidence:
        memory = memory.model_copy(update={"evidence": outcomes.evidence(*pairs[0])})
    measured_it = PartState.DONE if activity.trials[0].key in done else PartState.WORKING
    state = memory.state if activity.is_read else measured_it
    after = standing.model_copy(update={"state": state, "tries": sum(counted.values()), "memory": memory})
    progress.advance(row, part, activity.key, after, by=None)
    events.record(RunMeasured(lesson.lesson.slug, activity.key, trial.key), membership)
    return True


def recounted(
    membership: Membership, lesson: LoadedLesson, activity: Experiment, standing: Standing[page.RunsMemory]
) -> Standing[page.RunsMemory]:
    """Give a standing with the runs counted again that the member has now."""
    trials = {(activity.key, trial.key): trial for trial in activity.trials}
    done = outcomes.done_runs(membership, lesson.lesson, trials.keys(), with_results=False)
    whole = {trial.key: sum(_is_whole(trial, pair) for pair in done.get(at, ())) for at, trial in trials.items()}
    counted = {key: n for key, n in whole.items() if n} or standing.memory.runs
    memory = standing.memory.model_copy(update={"runs": counted, "done": tuple(sorted(counted))})
    return standing.model_copy(update={"tries": sum(counted.values()), "memory": memory})


def _is_whole(trial: Trial, pair: outcomes.Pair) -> bool:
    return pair[1] is not None or not trial.beside


def _standing(row: PartProgress, activity: Experiment) -> Standing[page.RunsMemory]:
    kept = row.activities.get(activity.key)
    return Standing[page.RunsMemory].model_validate(kept) if kept else NOTHING_YET
