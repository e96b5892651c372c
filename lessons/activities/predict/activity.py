"""Questions to predict, as a type of activity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import Cohort, GradientRule, Membership
from classroom.refusals import Conflict
from lessons import stage
from lessons.activities.base import Account, ActivityType, ActivityView, ClassMoment, Handout, Media, Sent, Verdict
from lessons.activities.predict import account, answers, credit, handouts, lint, page, sealing, states
from lessons.activities.predict.page import PredictSheet
from lessons.activities.predict.schema import Predict
from lessons.authoring.lesson import Lesson, Part
from lessons.authoring.lint import Findings
from lessons.authoring.loader import LoadedLesson
from lessons.standings import Standing


class PredictType(ActivityType[Predict]):
    schema = Predict
    template = "activities/predict/page.html"
    aside_template = "activities/predict/aside.html"
    media = Media(
        css=(
            "lessons/css/charts.css",
            "lessons/css/rates.css",
            "lessons/css/results.css",
            "activities/predict/predict.css",
        ),
        js=("lessons/js/rates.js",),
        own_js=(
            "activities/predict/slider.js",
            "activities/predict/drag.js",
            "activities/predict/play.js",
            # After the two whose focus it takes and whose drawing it waits for.
            "activities/predict/reveal.js",
            "activities/predict/conflict.js",
            "activities/predict/undo.js",
        ),
    )
    is_handed_in = False

    def page(self, view: ActivityView) -> PredictSheet:
        return page.page(view)

    def grade(self, sent: Sent) -> Verdict:
        raise Conflict(_("You can’t hand in predictions here. Seal each one by itself."))

    def draws(self, activity: Predict) -> Collection[str]:
        return {item.run for item in activity.every_item() if item.run is not None}

    def is_seen(self, sheet: PredictSheet) -> bool:
        return sheet.is_seen

    def is_held(self, sheet: PredictSheet) -> bool:
        return sheet.item is not None and sheet.item.state == "held"

    def is_waiting(self, sheet: PredictSheet) -> bool:
        item = sheet.item
        return item is not None and item.state in ("closed", "sealed") and not (item.undo and item.undo.then_reveals)

    def saved_at(self, sheet: PredictSheet) -> datetime | None:
        return sheet.saved_at

    def at_hand(self, sheet: PredictSheet) -> str:
        return sheet.item.key if sheet.item is not None and sheet.item.state == "form" else ""

    def shown(self, sheet: PredictSheet) -> str:
        return sheet.item.key if sheet.item is not None else ""

    def note_seen(
        self, membership: Membership, lesson: LoadedLesson, activity: str, sheet: PredictSheet
    ) -> Collection[str] | None:
        shown = sheet.item
        if shown is None or shown.reveal is None or not shown.reveal.is_fresh:
            return None
        return sealing.note_reveal(membership, lesson, activity, shown.key)

    def account(self, view: ActivityView) -> Account:
        return account.account(view)

    def facts(self, view: ActivityView) -> dict[str, Any]:
        return {"items": page.items_as_data(view)}

    def as_sealed(self, activity: Predict, item: str, choice: str, second: str) -> tuple[str, str]:
        found = answers.find_item(activity, item)
        if found is None:
            return super().as_sealed(activity, item, choice, second)
        asked = found[0]
        said = [answers.answer_text(asked, choice) if choice else ""]
        said.append(answers.text_of(asked.second.choices, second) if asked.second and second else "")
        return asked.title, " · ".join(filter(None, said))

    def share_left(self, activity: Predict, standing: Standing[Any]) -> float:
        n_needed = states.n_asked(activity) - standing.n_skipped
        return max(1 - standing.n_done / max(n_needed, 1), 0) if n_needed else 0

    def note(self, activity: Predict, standing: Standing[Any], slip: str) -> Sequence[str]:
        n_needed = states.n_asked(activity) - standing.n_skipped
        return (_("%(n)d of %(of)d") % {"n": standing.n_done, "of": n_needed},)

    def settle(
        self, membership: Membership, lesson: LoadedLesson, part: Part, activity: Predict, *, by: Membership | None
    ) -> None:
        sealing.settle(membership, lesson, part, activity, by=by)

    def may_move(self, activity: Predict, at: ClassMoment) -> bool:
        """The vote in the room is theirs to answer."""
        asked = at.stage.question_in_the_room()
        vote = at.stage.open_vote(asked) if asked else None
        if vote is None or vote.activity != activity.key:
            return False
        return (at.member, vote.activity, vote.item, vote.round) not in at.sealed

    def recount(
        self, membership: Membership, lesson: LoadedLesson, activity: Predict, standing: Standing[Any]
    ) -> Standing[Any]:
        slug = lesson.lesson.slug
        mine = answers.predictions_of(membership, slug, activity.key)
        met = answers.reconciliations_of(membership, slug, activity.key)
        return states.standing(activity, mine, met, stage.skipped_in(membership.cohort, slug))

    def handouts(self, activity: Predict, rule: GradientRule) -> Iterable[Handout]:
        return handouts.sheets(activity)

    def points(self, activity: Predict) -> int:
        """As many as are to be chosen."""
        return activity.choose or super().points(activity)

    def earned(self, activity: Predict, standing: Standing[Any]) -> int:
        return (
            min(standing.n_done + standing.n_skipped, activity.choose)
            if activity.choose
            else super().earned(activity, standing)
        )

    def choices(self, activity: Predict) -> Sequence[str]:
        return [item.key for item in activity.items] if activity.choose else ()

    def chosen(self, cohort: Cohort, lesson: Lesson, activity: Predict) -> Mapping[int, Collection[str]]:
        return credit.chosen(cohort, lesson.slug, activity)

    def lint(self, activity: Predict) -> Findings:
        return lint.lint(activity)

    def lint_lesson(self, lesson: Lesson) -> Iterable[str]:
        return lint.lint_lesson(lesson)
