"""Gradient descent by hand, as a type of activity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom.models import GradientRule, Membership
from lessons.activities.base import (
    Account,
    Achievement,
    ActivityType,
    ActivityView,
    AsSent,
    Handout,
    Media,
    Sent,
    Verdict,
)
from lessons.activities.hand_steps import account, grade, handouts, lint, page, slips
from lessons.activities.hand_steps.maths import misconceptions
from lessons.activities.hand_steps.page import Worksheet
from lessons.activities.hand_steps.schema import HandSteps
from lessons.authoring.lint import Findings
from lessons.maths import descent
from lessons.standings import Standing


class HandStepsType(ActivityType[HandSteps]):
    schema = HandSteps
    standing = Standing[grade.StepsMemory]
    template = "activities/hand_steps/page.html"
    aside_template = "activities/hand_steps/aside.html"
    media = Media(
        css=("lessons/css/charts.css", "activities/hand_steps/worksheet.css"),
        js=(
            "activities/hand_steps/worksheet.js",
            "activities/hand_steps/calculator.js",
            "activities/hand_steps/charts.js",
        ),
    )
    depends_on_rule = True
    keeps_page = True
    has_cells = True
    achieves = "steps"

    def page(self, view: ActivityView) -> Worksheet:
        return page.worksheet(view.activity, view.rule, view.standing, view.last, view.step)

    def pieces(self, sheet: Worksheet) -> tuple[str, ...]:
        return sheet.pieces

    def grade(self, sent: Sent) -> Verdict:
        return grade.grade(sent)

    def summary(self, standing: Standing[Any]) -> str:
        return grade.summary(standing.memory)

    def share_left(self, activity: HandSteps, standing: Standing[Any]) -> float:
        return 1 - (standing.step - 1) / len(activity.steps)

    def account(self, view: ActivityView) -> Account:
        return account.account(view)

    def note(self, activity: HandSteps, standing: Standing[Any], slip: str) -> Sequence[str]:
        tries = ngettext("%(n)d try", "%(n)d tries", standing.tries) % {"n": standing.tries}
        help_had = _("saw a solution") if standing.helped else ""
        return (_("step %(n)d") % {"n": standing.step}, tries, slips.in_words(slip) if slip else "", help_had)

    def first_result(self, activity: HandSteps, rule: GradientRule) -> Fraction | None:
        return None if activity.drawn else descent.step(grade.problem_of(activity, rule), activity.start)

    def as_sent(self, activity: HandSteps, answer: Mapping[str, Any], reply: Mapping[str, Any]) -> AsSent:
        return AsSent(cells=grade.shown_cells(answer, reply))

    def handouts(self, activity: HandSteps, rule: GradientRule) -> Iterable[Handout]:
        return handouts.worksheet(activity, rule)

    def slip_in_words(self, slip: str) -> str:
        return slips.in_words(slip) if slip in slips.WORDS or slip in slips.FAMILIES else ""

    def slip_counted_as(self, slip: str) -> str:
        return misconceptions.COUNTED_AS.get(slip, slip)

    def achievement(self, membership: Membership, activity: HandSteps, standing: Standing[Any]) -> Achievement:
        rule = GradientRule(membership.cohort.gradient_rule)
        chain = grade.chain_of(activity, rule, standing.memory)
        n_matching = sum(chain.matches(step, w) for step, w in enumerate(chain.values, start=1))
        return Achievement(n_steps=len(activity.steps), n_matching=n_matching)

    def says_achievement(self, standing: Standing[Any]) -> str:
        return grade.says_steps(standing.memory.values)

    def lint(self, activity: HandSteps) -> Findings:
        return lint.lint(activity)
