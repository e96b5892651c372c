"""Instructor of an evening that leads itself: one act after the other, in the lesson's own order, by the same services.

What was done already is read from the class and not remembered, so that an act which is made twice is made once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext as _

from classroom.models import Cohort, Membership
from classroom.refusals import NotFound, Refusal
from experiments.models import RunRequest, RunState
from lessons import pacing, reviews, stage, voting
from lessons.authoring import acts
from lessons.authoring.acts import Step
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.models import FINISHED, Counts, PartProgress, Prediction, Review, Submission
from lessons.run_context import RunContext

# Seconds of the class: between two looks, and for how long an act may take if the class does not end it sooner.
LOOKS = 20.0
VOTE_OPEN, TALK, AFTER_REVEAL, RUNNING, WRITING = 110.0, 75.0, 60.0, 240.0, 360.0
ENOUGH = 0.85  # of those who are here
READ = 0.55  # of what was written is read in the end; the rest waits
RETURNED = 2  # which of them is returned


@dataclass(frozen=True)
class Look:
    """What came of a look at the class: for how long nothing else is to be done, and whether the act is over.

    `says` is what the class is asked aloud to run: an experiment and its trial.
    """

    takes: float = LOOKS
    is_over: bool = False
    is_news: bool = False
    says: tuple[str, str] | None = None


def script(membership: Membership, lesson: LoadedLesson) -> list[tuple[Part, Step]]:
    """What an evening consists of: the acts of each part that this class meets, without what is done at home."""
    found = []
    for part in lesson.lesson.parts:
        if part.homework or part.soon or part.badge:
            continue
        steps = [
            step for step in acts.order_of(lesson.lesson, part) if not step.item or _is_met(membership, lesson, step)
        ]
        found += [(part, step) for step in steps or [Step("open", "")]]
    return found


def look(membership: Membership, lesson: LoadedLesson, place: tuple[Part, Step], *, waited: float, n_here: int) -> Look:
    """Look at the class, and do what the act at hand asks for next.

    Parameters
    ----------
    waited : seconds since the act began
    n_here : how many students are here and follow
    """
    part, step = place
    try:
        if stage.read_for_room(membership.cohort, lesson.lesson.slug).is_locked(part.key):
            pacing.open_part(membership, lesson, part.key)
        return _ACTS[step.kind](_Act(membership, lesson, part, step, waited, n_here))
    except Refusal:  # somebody real has done it
        return Look(is_over=True)


def finish(membership: Membership, lesson: LoadedLesson) -> None:
    """Read some of what was written, and end the class."""
    texts, missing = _texts(membership.cohort, lesson), _("Say what happens on new dots, too.")
    for number, (pk, n_lines) in enumerate(texts[: round(READ * len(texts))]):
        returns = number == RETURNED
        met = [not (returns and line == 1) for line in range(n_lines)]
        decision = Review.Decision.RETURNED if returns else Review.Decision.APPROVED
        with suppress(Refusal):  # an older version
            reviews.decide(membership, pk, decision=decision.value, met=met, comment=missing if returns else "")
    pacing.end_class(membership)


@dataclass(frozen=True)
class _Act:
    """An act, and the class that it is about."""

    leader: Membership
    lesson: LoadedLesson
    part: Part
    step: Step
    waited: float
    n_here: int

    @property
    def question(self) -> tuple[Membership, LoadedLesson, str, str]:
        return self.leader, self.lesson, self.step.activity, self.step.item

    def is_enough(self, n: int) -> bool:
        return n >= ENOUGH * self.n_here


def _open(act: _Act) -> Look:
    return Look(takes=30.0, is_over=True, is_news=True)


def _work(act: _Act) -> Look:
    """Everybody works; the class goes on by the clock, not by the last of them."""
    activity = act.lesson.lesson.activity(act.step.activity)
    if activity is not None and activity.n_to_choose and not act.waited:
        pacing.free_part(act.leader, act.lesson, act.part.key)
    alone = len(acts.order_of(act.lesson.lesson, act.part)) == 1
    longest = 60.0 * (act.step.minutes or 0) or (60.0 * act.part.minutes if alone else WRITING)
    rows = PartProgress.objects.filter(membership__cohort=act.leader.cohort, part=act.part.key)
    done = [row for row in rows if row.activities.get(act.step.activity, {}).get("state") in FINISHED]
    return Look(is_over=act.waited >= longest or act.is_enough(len(done)), is_news=not act.waited)


def _vote(act: _Act) -> Look:
    view = stage.read_for_room(act.leader.cohort, act.lesson.lesson.slug)
    held = view.votes_on(act.step.key)
    if held and held[-1].is_open:
        sealed = Prediction.objects.filter(
            membership__cohort=act.leader.cohort,
            activity=act.step.activity,
            item=act.step.item,
            round=held[-1].round,
            counts=Counts.VOTE,
        )
        if not act.is_enough(sealed.count()) and act.waited < VOTE_OPEN * len(held) + TALK * (len(held) - 1):
            return Look(takes=5.0)
        voting.close_vote(*act.question)
        is_last = len(held) >= _rounds(act)
        return Look(takes=5.0 if is_last else TALK, is_over=is_last, is_news=True)
    if len(held) < _rounds(act):
        voting.open_vote(*act.question)
        return Look(takes=15.0, is_news=True)
    return Look(is_over=True)


def _run(act: _Act) -> Look:
    context = str(RunContext(act.lesson.lesson.slug, act.step.activity, act.step.trial))
    wanted = RunRequest.objects.filter(membership__cohort=act.leader.cohort, context=context, withdrawn_at=None)
    done = wanted.filter(run__state=RunState.DONE).values("membership").distinct().count()
    is_over = act.is_enough(done) or act.waited >= RUNNING
    return Look(is_over=is_over, is_news=not act.waited, says=(act.step.activity, act.step.trial))


def _reveal(act: _Act) -> Look:
    voting.reveal(*act.question)
    return Look(takes=AFTER_REVEAL, is_over=True, is_news=True)


_ACTS = {"open": _open, "work": _work, "vote": _vote, "run": _run, "reveal": _reveal}


def _is_met(membership: Membership, lesson: LoadedLesson, step: Step) -> bool:
    """Tell whether the class meets the question of a step: some are another gradient rule's."""
    try:
        voting.find(membership, lesson, step.activity, step.item)
    except NotFound:
        return False
    return True


def _rounds(act: _Act) -> int:
    return int(voting.find(*act.question)[2].votes)


def _texts(cohort: Cohort, lesson: LoadedLesson) -> list[tuple[int, int]]:
    """What was written for an instructor to read, the oldest first, and how many lines the rubric of each has."""
    n_lines = {activity.key: len(activity.rubric) for activity in lesson.lesson.activities if activity.is_read}
    sent = Submission.objects.filter(membership__cohort=cohort, lesson=lesson.lesson.slug, activity__in=n_lines)
    return [(pk, n_lines[activity]) for pk, activity in sent.order_by("pk").values_list("pk", "activity")]
