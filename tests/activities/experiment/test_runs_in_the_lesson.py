"""Runs inside a lesson: what comes before them, what they open, who shares them, and what is said about them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from classroom.refusals import Conflict, Refusal
from experiments import runner
from experiments.models import Run, RunRequest
from lessons.activities.experiment import page, runs
from lessons.activities.experiment.page import Moved
from lessons.activities.experiment.schema import experiment_of
from lessons.activities.predict import answers, sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState
from tests import pupils
from tests.factories import MembershipFactory

pytestmark = pytest.mark.usefixtures("brief_runs")

SLUG = "data-rules-everything"
GUESSES = {"headline": "80", "recall": "50", "absorber": "five"}

Sweep = Callable[..., list[RunRequest]]
Page = Callable[..., str]


@pytest.fixture
def guess(student: Membership, lesson: LoadedLesson) -> Callable[..., None]:
    """Seal what the U-curve asks, or what the bias part asks before its run."""

    def seal_all(by: Membership | None = None, *, part: str = "u-curve") -> None:
        who = by or student
        if part == "u-curve":
            pupils.seal(who, lesson, "u-curve-guess", "lowest", "11")
        else:
            for item, choice in GUESSES.items():
                pupils.seal(who, lesson, "bias-guess", item, choice)

    return seal_all


@pytest.fixture
def sweep(student: Membership, lesson: LoadedLesson, guess: Callable[..., None]) -> Sweep:
    """Guess, ask for a U-curve, and let a worker carry it out."""

    def run(
        by: Membership | None = None, *, seed: int = 1, is_carried_out: bool = True, **settings: Any
    ) -> list[RunRequest]:
        who = by or student
        if not answers.predictions_of(who, SLUG, "u-curve-guess"):
            guess(who)
        asked = runs.start(who, lesson, "u-curve-run", trial="polynomial", settings=settings, seed=seed)
        while is_carried_out and runner.execute_next():
            pass
        return asked

    return run


@pytest.fixture
def starve(student: Membership, lesson: LoadedLesson, guess: Callable[..., None]) -> Callable[[], Run]:
    def run() -> Run:
        guess(part="bias")
        asked = runs.start(student, lesson, "bias-run", trial="starve", settings={}, seed=149)
        runner.execute_next()
        return Run.objects.get(pk=asked[0].run_id)

    return run


@pytest.fixture
def part_page(client_of: Callable[[User], Client], student: Membership) -> Page:
    """The text of a part's part_page, as a member gets it."""

    def get(part: str, by: Membership | None = None, **asked: str) -> str:
        who = by or student
        answer = client_of(who.user).get(reverse("lessons:part", args=[who.cohort.slug, SLUG, part]), asked)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def standing(membership: Membership, part: str, activity: str) -> dict[str, Any]:
    found: dict[str, Any] = PartProgress.objects.get(membership=membership, part=part).activities[activity]
    return found


def look_through(membership: Membership, lesson: LoadedLesson) -> None:
    """Look at all that the starvation was guessed about, in its order."""
    sealing.open_reveal(membership, lesson, "bias-guess", "headline")
    sealing.reconcile(membership, lesson, "bias-guess", "headline", saw="six", idea="whole")
    pupils.seal(membership, lesson, "bias-guess", "ship", "hold")
    for item in ("ship", "recall", "absorber"):
        sealing.open_reveal(membership, lesson, "bias-guess", item)


# --- what comes first -----------------------------------------------------------------------------


def test_no_run_comes_before_its_guess(student: Membership, lesson: LoadedLesson, part_page: Page) -> None:
    with pytest.raises(Conflict, match="Guess first: “Where is the bottom\\?”"):
        runs.start(student, lesson, "u-curve-run", trial="polynomial", settings={}, seed=1)

    assert not Run.objects.exists()
    assert 'class="start"' not in part_page("u-curve")


def test_another_model_comes_after_the_one_that_was_guessed(
    student: Membership, lesson: LoadedLesson, guess: Callable[..., None], sweep: Sweep
) -> None:
    guess()
    with pytest.raises(Conflict, match="First finish “Polynomials”"):
        runs.start(student, lesson, "u-curve-run", trial="tree", settings={}, seed=1)
    sweep()
    with pytest.raises(Conflict, match="First look at the result of your run: “Where is the bottom\\?”"):
        runs.start(student, lesson, "u-curve-run", trial="tree", settings={}, seed=1)

    sealing.open_reveal(student, lesson, "u-curve-guess", "lowest")

    assert runs.start(student, lesson, "u-curve-run", trial="tree", settings={}, seed=1)


@pytest.mark.slow
def test_the_page_that_gives_the_last_look_opens_the_fix(
    student: Membership, lesson: LoadedLesson, starve: Callable[[], Run], part_page: Page
) -> None:
    starve()
    fix_trial = 'id="trial-bias-fix"'
    assert fix_trial not in part_page("bias", item="recall")  # nothing is offered that cannot be done yet
    look_through(student, lesson)
    sealing.Reconciliation.objects.filter(membership=student, item="absorber").delete()
    assert fix_trial not in part_page("bias", item="ship")

    fix = part_page("bias", item="absorber").split(fix_trial)[1]

    assert "activities/bias-fix/start/" in fix


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "asks_with"),
    [("part", {}), ("since", {"v": "older"}), ("runs", {"v": "q1.0"})],
    ids=["page", "stage", "runs"],
)
def test_a_run_that_ends_while_its_page_is_made_shows_all_that_it_opens_or_is_asked_for_again(
    student: Membership,
    lesson: LoadedLesson,
    sweep: Sweep,
    client_of: Callable[[User], Client],
    name: str,
    asks_with: dict[str, str],
) -> None:
    sweep(is_carried_out=False)
    activity = experiment_of(lesson.lesson, "u-curve-run")
    assert activity is not None
    key = activity.key if name == "runs" else "u-curve"
    address = reverse(f"lessons:{name}", args=[student.cohort.slug, SLUG, key])
    browser = client_of(student.user)

    def page_if_it_ends_after(n_queries: int) -> HttpResponse | None:
        """The page, if the run ends after so many of its queries; nothing, if the page makes fewer."""
        left = n_queries

        def work_meanwhile(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
            nonlocal left
            result = execute(sql, *args)
            left -= 1
            if left == 0:
                runner.execute_next()
            return result

        with connection.execute_wrapper(work_meanwhile):
            answer = browser.get(address, asks_with, headers={"HX-Request": "true"} if asks_with else {})
        return answer if left <= 0 else None

    n_whole = 0
    for n_queries in itertools.count(1):
        with transaction.atomic():
            answer = page_if_it_ends_after(n_queries)
            if answer is not None:
                # The whole part, a piece of it with a token of its own, or nothing: then the page keeps its token.
                shown = answer.context or {}
                run, why = shown["pages"][1:] if "pages" in shown else (shown.get("page"), None)
                asks_next_with = run.sheet.token if run else asks_with["v"]
                now = page.token(student, lesson.lesson, activity, activity.trials[0])
                is_told_next = asks_next_with != now
                is_whole = why is not None and run.sheet.has_run and why.sheet.is_open
                assert is_whole or is_told_next, n_queries
                n_whole += is_whole
            transaction.set_rollback(True)
        if answer is None:
            break
    assert 0 < n_whole < n_queries


@pytest.mark.slow
def test_the_fix_begins_with_the_seed_of_the_model_that_was_looked_at(
    student: Membership, lesson: LoadedLesson, starve: Callable[[], Run], part_page: Page
) -> None:
    starve()
    look_through(student, lesson)

    form = part_page("bias").split('action="/c/ours/lessons/data-rules-everything/activities/bias-fix/start/"')[1]
    assert 'name="seed" inputmode="numeric" autocomplete="off" value="149"' in " ".join(form.split())


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"noise": "1.7"}, "noise: from 0 to 1"),
        ({"noise": "loud"}, "noise: "),
        ({"n_train": "1000000"}, "n_train: from 20 to 200"),
        ({"noise": "nan"}, "noise: "),
        ({"noise": "inf"}, "noise: "),
    ],
)
def test_a_setting_that_the_page_does_not_offer_is_refused(
    student: Membership, lesson: LoadedLesson, guess: Callable[..., None], chosen: dict[str, str], says: str
) -> None:
    guess()

    with pytest.raises(Refusal, match=says):
        runs.start(student, lesson, "u-curve-run", trial="polynomial", settings=chosen, seed=1)

    assert not Run.objects.exists()


def test_what_is_not_a_knob_of_the_trial_cannot_be_set(sweep: Sweep) -> None:
    asked = sweep(is_carried_out=False, n_repeats="1", model="tree")

    # A tenth of the lesson's 200.
    assert (asked[0].run.params["n_repeats"], asked[0].run.params["model"]) == (20, "polynomial")


# --- nothing early --------------------------------------------------------------------------------


def test_the_bottom_is_not_told_before_the_run(guess: Callable[..., None], part_page: Page) -> None:
    guess()

    text = part_page("u-curve")

    assert "Sealed. The answer is measured" in text
    assert "u-curve__curve" not in text
    assert "verdict" not in text


@pytest.mark.slow
def test_each_look_opens_its_own_stage_and_no_more(
    student: Membership, lesson: LoadedLesson, starve: Callable[[], Run], part_page: Page
) -> None:
    starve()
    stages = ("headline__figure", 'class="chart recall"', "confusion__table")

    def seen(item: str) -> list[bool]:
        text = part_page("bias", item=item)
        return [stage in text for stage in stages]

    assert seen("headline") == [True, False, False]
    sealing.reconcile(student, lesson, "bias-guess", "headline", saw="six", idea="whole")
    assert seen("ship") == [True, False, False]
    assert seen("recall") == [False, False, False]
    pupils.seal(student, lesson, "bias-guess", "ship", "hold")
    assert seen("absorber") == [False, False, False]
    part_page("bias", item="ship")
    assert seen("recall") == [False, True, False]
    assert seen("absorber")[2]


# --- over the API ---------------------------------------------------------------------------------


@pytest.fixture
def post(api_of: Callable[[User], APIClient], student: Membership) -> Callable[..., HttpResponse]:
    def send(**body: Any) -> HttpResponse:
        return api_of(student.user).post("/api/v1/runs/", body, format="json")

    return send


def test_a_program_guesses_first_too_when_its_run_is_to_count(
    post: Callable[..., Any], guess: Callable[..., None], student: Membership
) -> None:
    body = {"kind": "u_curve", "seed": 7, "activity": "u-curve-run"}
    refused = post(**body)
    guess()
    taken = post(**body)
    runner.execute_next()

    assert (refused.status_code, taken.status_code) == (403, 202)
    assert "Guess first" in refused.json()["detail"]
    assert standing(student, "u-curve", "u-curve-run")["state"] == PartState.DONE


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"kind": "u_curve", "activity": "no-such"}, 404, "does not have this experiment"),
        ({"kind": "u_curve", "activity": "u-curve-guess"}, 404, "does not have this experiment"),
        ({"kind": "starvation", "activity": "u-curve-run"}, 400, "It has: Polynomials, Decision trees"),
        ({"kind": "starvation", "params": {"digit": 3}, "activity": "bias-fix"}, 400, "It has: Give 8s back"),
        ({"kind": "u_curve", "params": {"noise": 9}, "activity": "u-curve-run"}, 400, "noise"),
        ({"kind": "guesswork", "activity": "u-curve-run"}, 400, "kind"),
    ],
)
def test_a_run_that_the_activity_does_not_have_is_refused_with_what_it_has(
    post: Callable[..., Any], guess: Callable[..., None], body: dict[str, Any], status: int, says: str
) -> None:
    guess()

    answer = post(seed=1, **body)

    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert not Run.objects.exists()


# --- the class ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        ("q0.3", "r5.3", Moved.TRIAL),
        ("r5.3", "r6.4", Moved.TRIAL),
        ("r5.3", "d15.4", Moved.PART),
        ("r5.3", "f5.3", Moved.PART),
        ("d15.3", "d15.4", Moved.CLASS),
        ("none.0", "none.1", Moved.CLASS),
        ("d15.3", "q0.d15.3", Moved.PART),
        ("d15.r2.3", "d15.d15.3", Moved.PART),
        ("d15.d15.3", "d15.3", Moved.PART),
        ("nonsense", "d15.3", Moved.PART),
        ("", "d15.3", Moved.PART),
    ],
)
def test_a_poll_makes_no_more_of_the_page_again_than_has_moved(before: str, now: str, moved: Moved) -> None:
    assert page.moved(before, now) is moved


def test_a_classmates_run_brings_the_curve_and_touches_no_form(
    cohort: Cohort, student: Membership, sweep: Sweep, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    sweep()
    sealing.open_reveal(student, lesson, "u-curve-guess", "lowest")
    client = client_of(student.user)
    address = reverse("lessons:runs", args=[cohort.slug, SLUG, "u-curve-run"])
    experiment = experiment_of(lesson.lesson, "u-curve-run")
    assert experiment is not None
    asked = {"v": page.token(student, lesson.lesson, experiment, experiment.trials[0]), "trial": "polynomial"}
    mine = client.get(address, asked)
    sweep(MembershipFactory(cohort=cohort), seed=9)

    answer = client.get(address, asked)

    assert mine.status_code == 204
    assert "2 runs with noise 0.3 and 30 points" in answer.content.decode()
    assert "<form" not in answer.content.decode()
    assert "HX-Retarget" not in answer
