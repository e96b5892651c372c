"""Guesses, runs and looks for tests: asked for as members do, and carried out as a worker does."""

from __future__ import annotations

from typing import Any

from classroom.acting import Acting
from classroom.models import Membership
from experiments import runner
from experiments.models import Run, RunRequest
from lessons import selectors
from lessons.activities.experiment.page import ExperimentSheet
from lessons.activities.experiment.runs import ask_by_kind, start
from lessons.activities.experiment.schema import Experiment
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from tests import pupils

GUESSES = {"lowest": ("u-curve-guess", 5)} | {
    item: ("bias-guess", choice)
    for item, choice in {
        "headline": 60,
        "ship": "hold",
        "recall": 40,
        "absorber": "one",
        "louder": "much",
        "louder-logistic": "nothing",
    }.items()
}
BEFORE_THE_RUN = ("headline", "recall", "absorber")
SWEEP = "u-curve-run"
TRIALS = {SWEEP: "polynomial", "bias-run": "starve", "bias-fix": "give-back", "stretch": "blame"}


def guess(membership: Membership, lesson: LoadedLesson, *items: str) -> None:
    for item in items:
        activity, choice = GUESSES[item]
        pupils.seal(membership, lesson, activity, item, choice)


def ask(
    membership: Membership,
    lesson: LoadedLesson,
    activity: str = SWEEP,
    trial: str = "",
    *,
    seed: Any = "",
    **knobs: Any,
) -> list[Run]:
    """Start a trial as its page does; give its run, and the one that it is compared with."""
    asked = start(membership, lesson, activity, trial=trial or TRIALS[activity], settings=knobs, seed=str(seed))
    return [request.run for request in asked]


def work() -> int:
    """Carry out all that waits, one after the other; give their number."""
    n = 0
    while runner.execute_next() is not None:
        n += 1
    return n


def sweep(membership: Membership, lesson: LoadedLesson, *, seed: Any = "", **knobs: Any) -> Run:
    """Guess if need be, ask for the polynomials, and have them carried out."""
    if not membership.predictions.filter(item="lowest").exists():
        guess(membership, lesson, "lowest")
    (run,) = ask(membership, lesson, seed=seed, **knobs)
    work()
    run.refresh_from_db()
    return run


def starve(membership: Membership, lesson: LoadedLesson, *, seed: Any = 1) -> Run:
    """Seal the three guesses of the bias part and have five 8s carried out, in two repeats as a program may wish."""
    guess(membership, lesson, *BEFORE_THE_RUN)
    params = {"digit": 8, "kept": 5, "model": "svc", "n_repeats": 2}
    run = ask_by_kind(membership, kind="starvation", params=params, seed=seed, activity="bias-run")
    work()
    run.refresh_from_db()
    return run


def look(membership: Membership, lesson: LoadedLesson, *items: str) -> None:
    """Look at what is behind these questions, the headline's whole cycle included."""
    for item in items:
        activity, __ = GUESSES[item]
        sealing.open_reveal(membership, lesson, activity, item)
        if item == "headline":
            sealing.reconcile(membership, lesson, activity, item, saw="six")
            sealing.reconcile(membership, lesson, activity, item, idea="whole")


def look_at_the_harm(membership: Membership, lesson: LoadedLesson) -> None:
    """All that comes before the fix."""
    look(membership, lesson, "headline")
    guess(membership, lesson, "ship")
    look(membership, lesson, "ship", "recall", "absorber")


def sheet(membership: Membership, lesson: LoadedLesson, activity: str = SWEEP, **asked: Any) -> ExperimentSheet:
    """An experiment's page, as data."""
    part, found = selectors.place_of(lesson, activity)
    assert isinstance(found, Experiment)
    row = selectors.progress_of(membership, lesson).get(part.key)
    laid_out = selectors.activity_page(Acting(membership), lesson, part, found, row, asked).sheet
    assert isinstance(laid_out, ExperimentSheet)
    return laid_out


def memory(membership: Membership, lesson: LoadedLesson, activity: str) -> dict[str, Any]:
    """What a member's progress keeps of an activity."""
    part, __ = selectors.place_of(lesson, activity)
    kept: dict[str, Any] = selectors.progress_of(membership, lesson)[part.key].activities[activity]["memory"]
    return kept


def wanted(membership: Membership) -> set[str]:
    """What a member waits for or has: the contexts of their requests that were not taken back."""
    rows = RunRequest.objects.filter(membership=membership, withdrawn_at=None)
    return {request.context.partition("/")[2] for request in rows}
