"""Experiment as a type of activity: runs that members start themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom.models import Cohort, Membership
from lessons.activities.base import (
    Account,
    Achievement,
    ActivityType,
    ActivityView,
    ClassMoment,
    FirstRun,
    Media,
    Sent,
    Verdict,
)
from lessons.activities.experiment import class_runs, lint, outcomes, page, runs
from lessons.activities.experiment.page import ExperimentSheet
from lessons.activities.experiment.pictures import registry
from lessons.activities.experiment.pictures.base import WallFinds
from lessons.activities.experiment.schema import Experiment, experiment_of
from lessons.activities.measures import Measured, Picture
from lessons.activities.predict.schema import guesses_before
from lessons.authoring.lesson import Lesson
from lessons.authoring.loader import LoadedLesson
from lessons.standings import Standing


class ExperimentType(ActivityType[Experiment]):
    schema = Experiment
    standing = Standing[page.RunsMemory]
    template = "activities/experiment/page.html"
    media = Media(
        css=(
            "lessons/css/charts.css",
            "lessons/css/rates.css",
            "lessons/css/results.css",
            "activities/experiment/pictures.css",
            "activities/experiment/trial.css",
            "lessons/css/texts.css",
        ),
        js=("lessons/js/rates.js", "activities/experiment/power.js", "activities/experiment/trial.js"),
    )
    # Runs are read before the questions that wait for them: one that ends in between is told by the next poll.
    order = 0
    achieves = "measured"

    def page(self, view: ActivityView) -> ExperimentSheet:
        return page.page(view)

    def grade(self, sent: Sent) -> Verdict:
        return page.grade(sent.activity, sent.standing, sent.answer)

    def is_ahead(self, sheet: ExperimentSheet) -> bool:
        return sheet.is_ahead

    def is_waiting(self, sheet: ExperimentSheet) -> bool:
        return sheet.is_active

    def catch_up(self, membership: Membership, lesson: LoadedLesson, activity: str, sheet: ExperimentSheet) -> bool:
        if sheet.is_behindhand:
            runs.catch_up(membership, lesson, activity, sheet.trial.key)
        return sheet.is_behindhand

    def summary(self, standing: Standing[Any]) -> str:
        return registry.summary(standing.memory.evidence)

    def account(self, view: ActivityView) -> Account:
        memory, lesson = view.standing.memory, view.lesson.lesson
        n = sum(memory.runs.values())
        counted = ngettext("%(n)d run, your own.", "%(n)d runs, your own.", n) % {"n": n} if n else ""
        # What was measured is told once all that was guessed about it has been looked at.
        is_seen = page.has_seen_all(view.membership, lesson, view.activity, view.activity.trials[0])
        found = registry.in_words(memory.evidence) if is_seen else ""
        return Account(says=tuple(filter(None, (found, counted))))

    def ask_again(self, membership: Membership, lesson: LoadedLesson, activity: Experiment, *, by: Membership) -> bool:
        return runs.ask_again(membership, lesson, activity, by=by)

    def note(self, activity: Experiment, standing: Standing[Any], slip: str) -> Sequence[str]:
        return (_("sent back") if standing.memory.is_returned else _("to run"),)

    def may_move(self, activity: Experiment, at: ClassMoment) -> bool:
        """Its guesses are sealed, and what an earlier experiment tells is open."""
        first = guesses_before(at.lesson, activity.key, activity.trials[0].key)
        is_guessed = all((at.member, guesses.key, item.key, 1) in at.sealed for guesses, item in first)
        return is_guessed and self._is_behind(activity.after, at)

    def _is_behind(self, after: str | None, at: ClassMoment) -> bool:
        earlier = experiment_of(at.lesson, after)
        if earlier is None:
            return True
        guesses = guesses_before(at.lesson, earlier.key, earlier.trials[0].key)
        return after in at.done and all(at.stage.is_revealed((each.key, item.key)) for each, item in guesses)

    def question(self, activity: Experiment) -> str:
        return activity.conclude or activity.title

    def pictures(self, student: Membership, lesson: Lesson, activity: Experiment) -> Iterator[Picture]:
        return outcomes.newest_pictures(student, lesson, activity, activity.trials)

    def first_pictures(self, student: Membership, lesson: Lesson, activity: Experiment) -> Iterator[Picture]:
        return outcomes.newest_pictures(student, lesson, activity, activity.trials[:1])

    def told(self, membership: Membership, lesson: Lesson, questions: Iterable[Any]) -> Mapping[str, Measured]:
        return outcomes.told(membership, lesson, questions)

    def class_finds(
        self,
        cohort: Cohort,
        lesson: Lesson,
        question: Any,
        *,
        guesses: Mapping[str, int],
        revealed: Collection[tuple[str, str]],
    ) -> WallFinds | None:
        return class_runs.finds_about(cohort, lesson, question, guesses=guesses, revealed=revealed)

    def n_runs(self, cohort: Cohort, lesson: Lesson, question: Any) -> int:
        return class_runs.n_done(cohort, lesson, question)

    def first_runs(self, activity: Experiment, member: int) -> Sequence[FirstRun]:
        trial = activity.trials[0]
        params, seed = trial.spelled_out({}), page.seed_of(member)
        own = FirstRun(trial.kind, params, seed)
        return (own, FirstRun(trial.kind, {**params, **trial.beside}, seed)) if trial.beside else (own,)

    def trial_title(self, activity: Experiment, trial: str) -> str:
        found = activity.trial(trial)
        return found.title if found else trial

    def achievement(self, membership: Membership, activity: Experiment, standing: Standing[Any]) -> Achievement:
        return Achievement(is_measured="before" in standing.memory.evidence)

    def merged(self, activity: Experiment, earlier: Standing[Any], later: Standing[Any]) -> Standing[Any]:
        """What the first run measured stays what it was."""
        together = super().merged(activity, earlier, later)
        evidence = earlier.memory.evidence or later.memory.evidence
        memory = together.memory.model_copy(update={"evidence": evidence})
        return together.model_copy(update={"memory": memory})

    def recount(
        self, membership: Membership, lesson: LoadedLesson, activity: Experiment, standing: Standing[Any]
    ) -> Standing[Any]:
        return runs.recounted(membership, lesson, activity, standing)

    def can_achieve(self, activity: Experiment) -> str:
        # Progress keeps the evidence of an experiment's first trial.
        return self.achieves if activity.trials[0].beside else ""

    def says_achievement(self, standing: Standing[Any]) -> str:
        return registry.in_words(standing.memory.evidence)

    def lint_lesson(self, lesson: Lesson) -> Iterable[str]:
        return lint.lint_lesson(lesson)
