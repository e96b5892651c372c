"""An experiment as one member meets it: what may be set, what is asked for, taken back and shared."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

import experiments.services
from classroom.models import Cohort, Membership, User
from classroom.refusals import Conflict, Refusal, TooMany
from experiments import runner
from experiments.models import Run, RunRequest, RunState
from lessons import pacing
from lessons.activities.experiment import class_runs, page
from lessons.activities.experiment.pictures.base import ClassFinds
from lessons.activities.experiment.pictures.charts.class_curve import class_curve_chart
from lessons.activities.experiment.pictures.starvation import DotsFinds
from lessons.activities.experiment.pictures.u_curve import CurveFinds
from lessons.activities.experiment.runs import ask_by_kind
from lessons.activities.experiment.schema import experiment_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartState
from tests.factories import CohortFactory, MembershipFactory
from tests.lessons import runs

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("brief_runs")]

SLUG = "data-rules-everything"
LogIn = Callable[[User], Client]
Post = Callable[..., Any]
ApiPost = Callable[..., Any]


@pytest.fixture
def classmate(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort)


@pytest.fixture
def post(client_of: LogIn, student: Membership) -> Post:
    """Send a form of an experiment's page, from a browser without JavaScript."""

    def send(act: str, activity: str = runs.SWEEP, by: Membership | None = None, **fields: Any) -> HttpResponse:
        who = by or student
        address = reverse(f"lessons:{act}", args=[who.cohort.slug, SLUG, activity])
        answer = client_of(who.user).post(address, {"member": who.pk, "trial": runs.TRIALS[activity], **fields})
        assert isinstance(answer, HttpResponse)
        return answer

    return send


@pytest.fixture
def wish(api_of: Callable[[User], APIClient], student: Membership) -> ApiPost:
    """Ask for a run as a program does."""

    def send(by: Membership | None = None, where: str = "", **body: Any) -> Any:
        sent = {"kind": "u_curve", "params": {"n_repeats": 1}, "seed": 1, "activity": runs.SWEEP, **body}
        return api_of((by or student).user).post(f"/api/v1/runs/{where}", sent, format="json")

    return send


def text_of(answer: HttpResponse) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def error_at(text: str, field: str) -> str:
    """What stands below a field."""
    return text.partition(f'id="{field}-error"')[2].partition(">")[2].partition("</p>")[0].strip()


# --- what may be set ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["abc", "-1", "1.5", "1000001", "1e3", "0x10", "²", "1" * 41])
def test_a_seed_that_is_none_stays_as_it_was_typed_with_its_range_below(
    student: Membership, lesson: LoadedLesson, post: Post, seed: str
) -> None:
    runs.guess(student, lesson, "lowest")

    answer = post("start", seed=seed)

    assert answer.status_code == 400
    assert error_at(text_of(answer), "u-curve-run-seed") == "seed: a whole number from 0 to 1000000"
    assert f'name="seed" inputmode="numeric" autocomplete="off" value="{seed}"' in text_of(answer)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("typed", "seed"), [("0", 0), (" 7 ", 7), ("007", 7), ("1000000", 1_000_000), ("７", 7), ("1 000", 1000)]
)
def test_a_seed_is_read_as_people_type_it(
    student: Membership, lesson: LoadedLesson, post: Post, typed: str, seed: int
) -> None:
    runs.guess(student, lesson, "lowest")

    assert post("start", seed=typed).status_code == 302

    assert Run.objects.get().seed == seed


TWO_NUMBERS = "this could be two numbers: leave out commas and points between thousands"


@pytest.mark.parametrize("seed", ["1,000", "2.500", "１，０００", "١،٠٠٠"])
def test_a_seed_that_could_be_two_numbers_is_told_so_at_its_field(
    student: Membership, lesson: LoadedLesson, post: Post, seed: str
) -> None:
    runs.guess(student, lesson, "lowest")

    answer = post("start", seed=seed)

    assert answer.status_code == 400
    assert error_at(text_of(answer), "u-curve-run-seed") == f"seed: {TWO_NUMBERS}"
    assert not Run.objects.exists()


def test_a_program_may_send_sizes_and_a_seed_as_people_type_them(
    student: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    runs.guess(student, lesson, "lowest")

    answer = wish(params={"n_train": "５０", "noise": "0,35", "n_repeats": "\u200b1"}, seed="٧")

    assert answer.status_code == 202
    assert answer.json()["seed"] == 7
    read = {name: answer.json()["params"][name] for name in ("n_train", "noise", "n_repeats")}
    assert read == {"n_train": 50, "noise": 0.35, "n_repeats": 1}


def test_a_program_is_told_which_of_its_numbers_could_be_two(
    student: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    runs.guess(student, lesson, "lowest")

    answer = wish(params={"n_train": "1,000", "complexities": ["1", "2.000"]}, seed="3.000")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {name: [f"{name}: {TWO_NUMBERS}"] for name in ("n_train", "complexities", "seed")}
    assert not Run.objects.exists()


@pytest.mark.parametrize("seed", [None, "", "x", "1.5", 1.5, True, [1], {}, -1, 10**30])
def test_a_program_is_told_what_a_seed_is(student: Membership, lesson: LoadedLesson, wish: ApiPost, seed: Any) -> None:
    runs.guess(student, lesson, "lowest")

    answer = wish(seed=seed)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["seed"]


def test_who_leaves_the_seed_out_gets_the_one_that_the_page_offers(student: Membership, lesson: LoadedLesson) -> None:
    runs.guess(student, lesson, "lowest")
    offered = runs.sheet(student, lesson).seed

    (run,) = runs.ask(student, lesson, seed="")

    assert run.seed == offered


def test_what_was_set_beside_a_wrong_seed_stays_set(student: Membership, lesson: LoadedLesson, post: Post) -> None:
    runs.guess(student, lesson, "lowest")

    text = text_of(post("start", seed="abc", noise="0.5", n_train="100"))

    assert '<option value="0.5" selected>' in text
    assert '<option value="100" selected>' in text


@pytest.mark.parametrize(
    ("knob", "sent", "says"),
    [("noise", "7", "noise: from 0 to 1"), ("n_train", "1000000", "n_train: from 20 to 200")],
)
def test_a_number_that_no_option_has_is_refused_with_what_is_allowed(
    student: Membership, lesson: LoadedLesson, knob: str, sent: str, says: str
) -> None:
    runs.guess(student, lesson, "lowest")

    with pytest.raises(Refusal) as refused:
        runs.ask(student, lesson, **{knob: sent})

    assert refused.value.errors == {knob: [says]}


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({"noise": 1.01}, {"noise": ["noise: from 0 to 1"]}),
        ({"n_train": 19}, {"n_train": ["n_train: from 20 to 200"]}),
        ({"n_repeats": 501}, {"n_repeats": ["n_repeats: from 1 to 500"]}),
        (
            {"noise": 2, "n_train": 1},
            {"noise": ["noise: from 0 to 1"], "n_train": ["n_train: from 20 to 200"]},
        ),
        ({"noise": "loud"}, {"noise": ["noise: a number"]}),
        ({"loudness": 3}, {"loudness": ["loudness: this parameter does not exist"]}),
    ],
)
def test_a_program_is_told_the_range_of_each_parameter(
    student: Membership, lesson: LoadedLesson, wish: ApiPost, params: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    runs.guess(student, lesson, "lowest")

    answer = wish(params=params)

    assert answer.status_code == 400
    assert answer.json()["errors"] == errors
    assert not Run.objects.exists()


def test_a_program_may_set_a_knob_to_what_no_option_has_and_nothing_else(
    student: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    runs.guess(student, lesson, "lowest")

    free = wish(params={"noise": 0.35, "n_repeats": 1})
    fixed = wish(params={"complexities": [1, 2, 3]})

    assert free.status_code == 202
    assert free.json()["params"]["noise"] == 0.35
    assert fixed.status_code == 400
    assert fixed.json()["detail"].startswith("“Sweep the degree” has no such run. It has: Polynomials, Decision trees")


def test_a_programs_own_number_is_named_where_its_run_is_listed(
    student: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    runs.guess(student, lesson, "lowest")

    wish(params={"noise": 0.35, "n_repeats": 1}, seed=5)

    assert [line.title for line in runs.sheet(student, lesson).lines] == ["seed 5 · noise 0.35 · points 30"]


def test_an_option_is_named_as_the_page_offers_it(student: Membership, lesson: LoadedLesson) -> None:
    runs.sweep(student, lesson)
    runs.look(student, lesson, "lowest")
    runs.ask(student, lesson, trial="tree", seed=5, noise="0")

    assert [line.title for line in runs.sheet(student, lesson, trial="tree").lines] == ["seed 5 · wrong labels none"]


# --- asking, sharing, taking back -----------------------------------------------------------------


def test_asking_again_changes_nothing_before_the_run_and_after_it(student: Membership, lesson: LoadedLesson) -> None:
    runs.guess(student, lesson, "lowest")
    asked = [runs.ask(student, lesson, seed=3), runs.ask(student, lesson, seed=3)]
    runs.work()
    asked.append(runs.ask(student, lesson, seed=3))

    assert len({run.pk for (run,) in asked}) == 1
    assert RunRequest.objects.count() == 1
    assert runs.memory(student, lesson, runs.SWEEP)["runs"] == {"polynomial": 1}


def test_a_run_that_a_classmate_has_had_is_ones_own_at_once(
    student: Membership, classmate: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    runs.guess(classmate, lesson, "lowest")
    wish(classmate)
    runs.work()
    runs.guess(student, lesson, "lowest")

    answer = wish()

    assert answer.status_code == 200
    assert answer.json()["result"]["complexities"] == list(range(1, 16))
    assert runs.memory(student, lesson, runs.SWEEP)["runs"] == {"polynomial": 1}


def test_who_takes_a_shared_run_back_does_not_stop_it_for_the_other(
    student: Membership, classmate: Membership, lesson: LoadedLesson, post: Post
) -> None:
    for member in (student, classmate):
        runs.guess(member, lesson, "lowest")
        (run,) = runs.ask(member, lesson, seed=3)

    assert post("withdraw", run=run.pk).status_code == 302
    runs.work()

    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert runs.sheet(student, lesson).lines == ()
    assert runs.sheet(classmate, lesson).has_run
    assert runs.memory(classmate, lesson, runs.SWEEP)["done"] == ["polynomial"]
    assert "done" not in runs.memory(student, lesson, runs.SWEEP)


def test_the_last_who_takes_it_back_stops_it_and_it_can_be_asked_for_again(
    student: Membership, classmate: Membership, lesson: LoadedLesson, post: Post
) -> None:
    for member in (student, classmate):
        runs.guess(member, lesson, "lowest")
        (run,) = runs.ask(member, lesson, seed=3)
    post("withdraw", run=run.pk)
    post("withdraw", by=classmate, run=run.pk)

    (again,) = runs.ask(student, lesson, seed=3)

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert again.pk != run.pk
    assert [line.state for line in runs.sheet(student, lesson).lines] == ["queued"]


def test_nobody_takes_back_what_somebody_else_asked_for(
    student: Membership, classmate: Membership, lesson: LoadedLesson, post: Post
) -> None:
    runs.guess(student, lesson, "lowest")
    (run,) = runs.ask(student, lesson)

    answers = [post("withdraw", by=classmate, run=each) for each in (run.pk, uuid.uuid4())]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("You have no such run." in text_of(answer) for answer in answers)
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_a_run_that_failed_stays_in_the_list_below_the_one_that_was_asked_for_again(
    student: Membership, lesson: LoadedLesson
) -> None:
    runs.guess(student, lesson, "lowest")
    (first,) = runs.ask(student, lesson, seed=3)
    Run.objects.filter(pk=first.pk).update(state=RunState.FAILED, failure="It broke.")

    runs.ask(student, lesson, seed=3)
    runs.work()

    page = runs.sheet(student, lesson)
    assert [(line.state, line.is_shown) for line in page.lines] == [("done", True), ("failed", False)]
    assert runs.memory(student, lesson, runs.SWEEP)["runs"] == {"polynomial": 1}


# --- how many at once -----------------------------------------------------------------------------


def test_a_fifth_run_on_its_way_is_refused_in_a_sentence(student: Membership, lesson: LoadedLesson, post: Post) -> None:
    runs.guess(student, lesson, "lowest")
    for seed in range(4):
        runs.ask(student, lesson, seed=seed)

    fifth, again = post("start", seed=9), post("start", seed=3)
    runner.execute_next()
    later = post("start", seed=9)

    assert fifth.status_code == 429
    assert "Only 4 of your runs can be on their way at once. Let one finish or cancel one" in text_of(fifth)
    assert (again.status_code, later.status_code) == (302, 302)


@pytest.fixture
def repaired(student: Membership, lesson: LoadedLesson) -> Membership:
    """Somebody who has starved a model, looked at all of it, and may repair it now."""
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    return student


def test_a_run_and_the_one_it_is_compared_with_come_together_or_not_at_all(
    repaired: Membership, lesson: LoadedLesson
) -> None:
    for restored in (5, 15, 35):
        experiments.services.request_run(
            repaired, kind="starvation", params={"fix": "restore", "restored": restored}, seed=4
        )

    with pytest.raises(TooMany) as refused:
        runs.ask(repaired, lesson, "bias-fix", seed=9)

    assert not RunRequest.objects.filter(context__contains="bias-fix").exists()
    assert not Run.objects.filter(seed=9).exists()
    assert str(refused.value).startswith("Only 4 of your runs can be on their way at once.")


# --- two runs that belong together ----------------------------------------------------------------


@pytest.mark.slow
def test_the_fix_is_measured_once_both_are_done(repaired: Membership, lesson: LoadedLesson) -> None:
    after, before = runs.ask(repaired, lesson, "bias-fix", seed=4, restored="75")
    states = [runs.sheet(repaired, lesson, "bias-fix").lines[0].state]
    for _ in (after, before):
        runner.execute_next()
        states.append(runs.sheet(repaired, lesson, "bias-fix").lines[0].state)

    memory = runs.memory(repaired, lesson, "bias-fix")
    assert states == ["queued", "queued", "done"]
    assert memory["runs"] == {"give-back": 1}
    assert memory["evidence"]["before"]["run"] == str(before.pk)
    assert memory["evidence"]["after"]["run"] == str(after.pk)


@pytest.mark.slow
def test_a_companion_that_failed_is_asked_for_again_by_itself(repaired: Membership, lesson: LoadedLesson) -> None:
    after, before = runs.ask(repaired, lesson, "bias-fix", seed=4)
    Run.objects.filter(pk=before.pk).update(state=RunState.FAILED, failure="It broke.")
    runs.work()
    failed = runs.sheet(repaired, lesson, "bias-fix").lines[0]

    same, another = runs.ask(repaired, lesson, "bias-fix", seed=4)
    runs.work()

    assert (failed.state, failed.at_hand.failure) == ("failed", "It broke.")
    assert (same.pk, another.pk == before.pk) == (after.pk, False)
    assert runs.sheet(repaired, lesson, "bias-fix").lines[0].state == "done"
    assert runs.memory(repaired, lesson, "bias-fix")["done"] == ["give-back"]


@pytest.mark.slow
def test_half_a_pair_is_no_run_that_is_done(repaired: Membership, lesson: LoadedLesson, post: Post) -> None:
    after, before = runs.ask(repaired, lesson, "bias-fix", seed=4)
    runner.execute_next()

    post("withdraw", "bias-fix", run=after.pk, beside=before.pk)

    page = runs.sheet(repaired, lesson, "bias-fix")
    assert not page.has_run
    assert not page.is_behindhand


def test_what_is_taken_back_in_one_trial_stays_wanted_in_another(
    repaired: Membership, lesson: LoadedLesson, post: Post
) -> None:
    runs.guess(repaired, lesson, "louder")
    runs.ask(repaired, lesson, "bias-fix", seed=4)
    louder, before = runs.ask(repaired, lesson, "bias-fix", "louder", seed=4)

    post("withdraw", "bias-fix", trial="louder", run=louder.pk, beside=before.pk)

    assert runs.wanted(repaired) == {"bias-run/starve", "bias-fix/give-back", "bias-fix/give-back/beside"}


# --- over the API ---------------------------------------------------------------------------------


def test_a_program_may_start_nothing_in_a_part_that_is_locked(
    instructor: Membership, student: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    pacing.lead_class(instructor)

    answer = wish()

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("Your instructor has not opened this part yet.")
    assert not Run.objects.exists()


def test_a_program_is_told_that_the_class_is_archived(student: Membership, lesson: LoadedLesson, wish: ApiPost) -> None:
    runs.guess(student, lesson, "lowest")
    Cohort.objects.filter(pk=student.cohort_id).update(archived=True)

    answers = [wish(), wish(activity="")]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert {answer.json()["detail"] for answer in answers} == {
        "This class is archived. You can read everything, but you can’t send anything new."
    }


def test_after_the_class_has_ended_a_run_counts_as_before(
    instructor: Membership, student: Membership, lesson: LoadedLesson, wish: ApiPost
) -> None:
    pacing.lead_class(instructor)
    pacing.end_class(instructor)
    student.refresh_from_db()
    runs.guess(student, lesson, "lowest")

    assert wish().status_code == 202

    runs.work()
    assert runs.memory(student, lesson, runs.SWEEP)["done"] == ["polynomial"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"activity": "sweep"},
            "Your class does not have this experiment.",
        ),  # of the sampler, which this class has not
        ({"activity": "by-hand"}, "Your class does not have this experiment."),
        ({"where": "?cohort=theirs"}, None),
    ],
)
def test_what_belongs_to_another_class_is_not_found(
    student: Membership, wish: ApiPost, body: dict[str, str], detail: str | None
) -> None:
    CohortFactory(slug="theirs", lessons=["sampler"])

    answer = wish(**body)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == (detail or answer.json()["detail"]) != ""


def test_somebody_in_two_classes_says_which(student: Membership, lesson: LoadedLesson, wish: ApiPost) -> None:
    other = MembershipFactory(user=student.user, cohort=CohortFactory(slug="theirs"))
    runs.guess(other, lesson, "lowest")

    answers = [wish(), wish(where="?cohort=ours"), wish(where="?cohort=theirs")]

    assert [answer.status_code for answer in answers] == [400, 403, 202]
    assert RunRequest.objects.get().membership == other


def test_a_wish_that_arrives_twice_is_one(student: Membership, lesson: LoadedLesson, wish: ApiPost) -> None:
    runs.guess(student, lesson, "lowest")

    answers = [wish(), wish()]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert RunRequest.objects.count() == 1


def test_a_run_for_oneself_counts_for_no_lesson(student: Membership, lesson: LoadedLesson, wish: ApiPost) -> None:
    assert wish(activity="").status_code == 202
    runs.work()

    assert runs.sheet(student, lesson).lines == ()
    assert not student.progress.exists()


def test_an_instructor_tries_a_run_without_a_guess_and_is_on_no_curve(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    runs.ask(instructor, lesson, seed=3)
    runs.work()

    runs.sweep(student, lesson, seed=4)

    found = finds(student, lesson)
    assert found is not None
    assert found.n == 1


# --- the class ------------------------------------------------------------------------------------


def finds(
    member: Membership,
    lesson: LoadedLesson,
    activity: str = runs.SWEEP,
    trial: str = "",
    *,
    seen: tuple[str, ...] = ("best", "accuracy", "recall"),
    **knobs: Any,
) -> ClassFinds | None:
    """What a member's page shows of the class beside a run with these settings."""
    experiment = experiment_of(lesson.lesson, activity)
    assert experiment is not None
    found = experiment.trial(trial or runs.TRIALS[activity])
    assert found is not None
    params = found.spelled_out(knobs)
    return class_runs.finds(member.cohort, lesson.lesson, experiment, found, params=params, seen=seen, member=member.pk)


def test_each_student_counts_once_with_their_first_run_of_the_same_noise_and_size(
    student: Membership, classmate: Membership, lesson: LoadedLesson
) -> None:
    runs.sweep(student, lesson, seed=1, noise="0.5")
    first = runs.sweep(student, lesson, seed=2)
    runs.sweep(student, lesson, seed=3)
    runs.sweep(classmate, lesson, seed=4, n_train="60")

    found = finds(student, lesson)

    assert isinstance(found, CurveFinds)
    assert found.n == 1
    assert first.result is not None
    alone = (first.result["complexities"], first.result["test"]["median"])
    assert found.chart == class_curve_chart([alone], 0, 0.3, 30, n_asked=1)


def test_numbers_that_several_asked_for_are_one_run(
    student: Membership, classmate: Membership, lesson: LoadedLesson
) -> None:
    """Three who ask for the same seed share its run; as three dots it would look like three runs that agree."""
    others = [classmate, MembershipFactory(cohort=student.cohort), MembershipFactory(cohort=student.cohort)]
    for member, seed in zip((student, *others), (2, 2, 2, 3), strict=True):
        runs.starve(member, lesson, seed=seed)

    found = finds(student, lesson, "bias-run")

    assert isinstance(found, DotsFinds)
    assert (found.n, found.n_asked) == (2, 4)
    assert found.accuracy is not None
    assert len(found.accuracy.dots) == 2
    assert sum(dot.is_mine for dot in found.accuracy.dots) == 1
    assert found.accuracy.summary.startswith("2 different runs, started by 4: from ")
    mean = sum(100 * run.result["shown"]["accuracy"] for run in Run.objects.all() if run.result) / 2
    assert found.accuracy.mean_label == f"mean of 2 different runs: {mean:.1f} %"


def test_a_run_that_failed_is_on_no_curve(student: Membership, classmate: Membership, lesson: LoadedLesson) -> None:
    runs.guess(classmate, lesson, "lowest")
    (broken,) = runs.ask(classmate, lesson, seed=4)
    Run.objects.filter(pk=broken.pk).update(state=RunState.FAILED, failure="It broke.")
    runs.sweep(student, lesson, seed=1)

    found = finds(student, lesson)

    assert found is not None
    assert found.n == 1


def test_nothing_of_the_class_comes_before_it_may_be_seen(student: Membership, lesson: LoadedLesson) -> None:
    runs.sweep(student, lesson)
    before = runs.sheet(student, lesson).finds

    runs.look(student, lesson, "lowest")

    after = runs.sheet(student, lesson).finds
    assert before is None
    assert after is not None
    assert after.n == 1


def test_the_class_curve_names_nobody(
    student: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: LogIn
) -> None:
    names = ["Xanthippe", "Yorick", "Zenobia"]
    for seed, name in enumerate(names):
        runs.sweep(
            MembershipFactory(cohort=cohort, user__username=name.lower(), user__display_name=name), lesson, seed=seed
        )
    runs.sweep(student, lesson, seed=9)
    runs.look(student, lesson, "lowest")

    text = text_of(client_of(student.user).get(reverse("lessons:part", args=["ours", SLUG, "u-curve"])))

    assert "4 runs with noise 0.3 and 30 points" in text
    assert [name for name in names if name in text or name.lower() in text] == []


@pytest.mark.slow
def test_the_dots_beside_a_run_are_those_of_the_same_model(
    student: Membership, classmate: Membership, lesson: LoadedLesson
) -> None:
    for member, model in ((student, "svc"), (classmate, "logistic")):
        runs.starve(member, lesson)
        runs.look_at_the_harm(member, lesson)
        params = {"digit": 8, "kept": 5, "model": model, "n_repeats": 1}
        ask_by_kind(member, kind="starvation", params=params, seed=2, activity="bias-run")
    runs.ask(student, lesson, "bias-run", "other-model", seed=2, model="svc")
    runs.work()

    found = finds(student, lesson, "bias-run", "other-model", model="svc")

    assert found is not None
    assert found.n == 1


def test_recall_in_the_class_waits_for_ones_own_look_at_it(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)

    seen = [runs.sheet(student, lesson, "bias-run").finds]
    runs.look(student, lesson, "headline")
    seen.append(runs.sheet(student, lesson, "bias-run").finds)
    runs.guess(student, lesson, "ship")
    runs.look(student, lesson, "ship", "recall")
    seen.append(runs.sheet(student, lesson, "bias-run").finds)

    shown = [(bool(found.accuracy), bool(found.recall)) for found in seen if isinstance(found, DotsFinds)]
    assert seen[0] is None
    assert shown == [(True, False), (True, True)]


# --- how often the database is asked --------------------------------------------------------------


def n_queries(client: Client, part: str) -> int:
    address = reverse("lessons:part", args=["ours", SLUG, part])
    client.get(address)  # the first visit notes that somebody is here, and what they look at
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


# From the second run on: with one alone its question draws it, and the experiment does not look up whether it may.


def test_the_u_curve_asks_as_often_after_four_runs_as_after_two(
    student: Membership, lesson: LoadedLesson, client_of: LogIn
) -> None:
    client = client_of(student.user)
    for seed in (1, 2):
        runs.sweep(student, lesson, seed=seed)
    with_two = n_queries(client, "u-curve")

    for seed in (3, 4):
        runs.sweep(student, lesson, seed=seed)

    assert n_queries(client, "u-curve") == with_two


@pytest.mark.slow
def test_the_bias_part_asks_as_often_after_four_runs_and_repairs_as_after_two(
    repaired: Membership, lesson: LoadedLesson, client_of: LogIn
) -> None:
    def run_and_repair(seed: int) -> None:
        starved: dict[str, Any] = {"digit": 8, "kept": 5, "n_repeats": 1}
        mended = {**starved, "fix": "restore", "restored": 15}
        for activity, params in (("bias-run", starved), ("bias-fix", mended)):
            ask_by_kind(repaired, kind="starvation", params=params, seed=seed, activity=activity)
        runs.work()

    client = client_of(repaired.user)
    run_and_repair(2)
    with_two = n_queries(client, "bias")

    run_and_repair(3)
    run_and_repair(4)

    assert n_queries(client, "bias") == with_two


def test_a_page_asks_as_often_while_three_runs_wait_as_while_one_does(
    student: Membership, lesson: LoadedLesson, client_of: LogIn
) -> None:
    client = client_of(student.user)
    runs.guess(student, lesson, "lowest")
    runs.ask(student, lesson, seed=1)
    with_one = n_queries(client, "u-curve")

    for seed in (2, 3):
        runs.ask(student, lesson, seed=seed)

    assert n_queries(client, "u-curve") == with_one


@pytest.mark.slow
@pytest.mark.parametrize("part", ["u-curve", "bias"])
def test_a_part_asks_as_often_with_ten_runs_of_the_class_as_with_one(
    student: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: LogIn, part: str
) -> None:
    run = runs.sweep if part == "u-curve" else runs.starve
    client = client_of(student.user)
    run(student, lesson, seed=1)
    runs.look(student, lesson, "lowest") if part == "u-curve" else runs.look_at_the_harm(student, lesson)
    run(MembershipFactory(cohort=cohort), lesson, seed=2)
    with_one = n_queries(client, part)

    for seed in range(3, 12):
        run(MembershipFactory(cohort=cohort), lesson, seed=seed)

    assert n_queries(client, part) == with_one


def test_a_trial_that_is_done_is_told_on_the_arc(student: Membership, lesson: LoadedLesson) -> None:
    runs.guess(student, lesson, "lowest")
    runs.ask(student, lesson)
    waiting = student.progress.get(part="u-curve").activities[runs.SWEEP]["state"]

    runs.work()

    assert waiting == PartState.WORKING
    assert student.progress.get(part="u-curve").activities[runs.SWEEP]["state"] == PartState.DONE


def test_nothing_is_handed_in_where_nothing_is_concluded(student: Membership, lesson: LoadedLesson) -> None:
    runs.sweep(student, lesson)
    activity = experiment_of(lesson.lesson, runs.SWEEP)
    assert activity is not None

    with pytest.raises(Conflict, match="You can’t hand in anything here"):
        page.grade(activity, {}, {"text": "Because it bends to every dot."})


def test_no_two_of_a_school_begin_with_the_same_seed() -> None:
    seeds = [page.own_seed(Membership(pk=pk)) for pk in range(1, 1000)]

    assert sorted(seeds) == list(range(1, page.HIGHEST_SEED + 1))
    assert min(abs(one - other) for one, other in pairwise(seeds)) > 300
