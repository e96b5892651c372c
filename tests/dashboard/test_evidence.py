"""The wall's evidence: the run, both votes, the guesses beside what came out, the images; and nothing of it early."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.models import Membership, User
from dashboard import evidence, projector
from dashboard.evidence import Evidence, Moved
from experiments.models import Run, RunState
from lessons import pacing, stage, voting
from lessons.activities.experiment.pictures.starvation import (
    ChangeOnWall,
    HeadlineOnWall,
    ImagesOnWall,
    RecallOnWall,
    TakersOnWall,
)
from lessons.activities.experiment.pictures.u_curve import CurveOnWall
from lessons.authoring.loader import LoadedLesson
from lessons.models import RevealOpening
from tests import pupils
from tests.factories import MembershipFactory
from tests.lessons import runs

TWICE = ("rates", "half-c")
HEADLINE, SHIP, RECALL, ABSORBER = (("bias-guess", item) for item in ("headline", "ship", "recall", "absorber"))
CASE = ("cases", "text-detectors")


# What a run gave, by its fingerprint: each is computed once in a session.
COMPUTED: dict[str, dict[str, Any]] = {}


def work() -> None:
    """Carry out all that waits, or store what the same run gave before."""
    for run in Run.objects.filter(fingerprint__in=COMPUTED, state=RunState.QUEUED).order_by("queued_at"):
        kept = COMPUTED[run.fingerprint]
        Run.objects.filter(pk=run.pk).update(state=RunState.DONE, finished_at=timezone.now(), **kept)
    runs.work()
    for run in Run.objects.filter(state=RunState.DONE):
        COMPUTED[run.fingerprint] = {"result": run.result, "provenance": run.provenance, "started_at": run.started_at}


class Room:
    """A led class in front of its wall."""

    def __init__(self, instructor: Membership, lesson: LoadedLesson) -> None:
        self.instructor, self.lesson, self.cohort = instructor, lesson, instructor.cohort
        self.students = MembershipFactory.create_batch(7, cohort=self.cohort)

    def vote(self, key: stage.Key, *said: Any, round_: int = 1, second: str = "", **hands: str) -> None:
        voting.open_vote(self.instructor, self.lesson, *key)
        for student, choice in zip(self.students, said, strict=False):
            student.refresh_from_db()
            pupils.seal(student, self.lesson, *key, choice, round_=round_, second=second)
        if hands:
            voting.count_hands(self.instructor, self.lesson, *key, hands)
        voting.close_vote(self.instructor, self.lesson, *key)

    def reveal(self, *keys: stage.Key) -> None:
        for key in keys:
            voting.reveal(self.instructor, self.lesson, *key)
        RevealOpening.objects.update(opens_at=timezone.now())

    def shown(self, key: stage.Key) -> Evidence:
        found = projector.wall(self.instructor, self.lesson, "/".join(key)).question
        assert found is not None
        return found.evidence

    def guess_about_bias(self, n: int = 6) -> None:
        """Everybody's three guesses, and the runs of four: two of them share one."""
        self.vote(HEADLINE, *[60, 70, 70, 80, 93, 95, 10][:n])
        self.vote(RECALL, *[40, 30, 20, 60, 70, 40, 5][:n])
        self.vote(ABSORBER, *["one", "three", "three", "nine", "three", "spread", "five"][:n])
        for student, seed in zip(self.students, (1, 2, 2, 3), strict=False):
            runs.ask_by_kind(
                student,
                kind="starvation",
                params={"digit": 8, "kept": 5, "model": "svc", "n_repeats": 2},
                seed=seed,
                activity="bias-run",
            )
        work()


@pytest.fixture
def room(instructor: Membership, lesson: LoadedLesson) -> Room:
    pacing.lead_class(instructor)
    return Room(instructor, lesson)


def test_a_revealed_rate_draws_its_run_over_what_was_guessed_most_besides(room: Room) -> None:
    room.vote(TWICE, "bounces", "bounces", "zigzags", "zigzags", "explodes")
    before = room.shown(TWICE)

    room.reveal(TWICE)

    shown = room.shown(TWICE)
    assert before == Evidence()
    assert (shown.heading, shown.outcome) == ("Rate 4/15", "bounces forever")
    assert shown.rate is not None
    assert shown.rate.chart.guess_name == "zigzags, settles"
    assert shown.rate.chart.steps.guess.startswith("M")
    assert (
        shown.says == "From 0 to 3.98, back to 0, to 3.98 again. Each jump lands just as far away, on the other side."
    )


@pytest.mark.parametrize(
    ("said", "words"), [("zigzags", "guessed most besides: zigzags"), ("bounces", "guessed besides: zigzags")]
)
def test_of_two_guesses_as_frequent_neither_is_called_the_most(
    room: Room, client_of: Callable[[User], Client], said: str, words: str
) -> None:
    room.vote(TWICE, "bounces", "bounces", "bounces", "zigzags", "explodes", said)
    room.reveal(TWICE)

    page = client_of(room.instructor.user).get("/present/ours/?question=rates/half-c").content.decode()

    assert words in page


def test_both_votes_stand_side_by_side_with_what_moved_between_them(room: Room) -> None:
    room.vote(TWICE, "settles", "settles", "settles", "bounces", "zigzags", "zigzags", bounces="2")
    room.vote(TWICE, "bounces", "bounces", "settles", "zigzags", "bounces", "crawls", round_=2, bounces="2")

    room.reveal(TWICE)

    shown = room.shown(TWICE)
    assert shown.votes is not None
    assert (shown.votes.n, shown.votes.is_twice) == (8, True)
    assert {row.text: (row.before, row.now) for row in shown.votes.rows if row.before or row.now} == {
        "crawls": (0, 1),
        "settles smoothly": (3, 1),
        "zigzags, settles": (2, 1),
        "bounces forever": (3, 5),
    }
    assert [row.text for row in shown.votes.rows if row.is_right] == ["bounces forever"]
    assert max(row.share for row in shown.votes.rows) == 100
    assert shown.moved == Moved(came=3, left=1, stayed=1, other=1)


@pytest.mark.parametrize(
    ("first", "second", "votes", "is_moved"),
    [(5, 5, [5], True), (5, 4, None, False), (4, 5, [], False), (4, 4, None, False)],
)
def test_bars_and_flows_appear_whole_from_five_answers_on_and_otherwise_not(
    room: Room, first: int, second: int, votes: list[int] | None, is_moved: bool
) -> None:
    room.vote(TWICE, *["settles"] * first)
    room.vote(TWICE, *["bounces"] * second, round_=2)

    room.reveal(TWICE)

    shown = room.shown(TWICE)
    drawn = shown.votes and [row.before for row in shown.votes.rows if row.before]
    assert drawn == votes
    assert bool(shown.moved) is is_moved
    # The room that bars leave goes to the valley.
    assert shown.is_alone is (votes is None)


def test_a_vote_that_nobody_answered_is_not_replaced_by_the_one_before(room: Room) -> None:
    room.vote(TWICE, *["settles"] * 6)
    room.vote(TWICE, round_=2)

    room.reveal(TWICE)

    assert room.shown(TWICE).votes is None


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("One. Two. Three.", "One. Two."),
        ("After 4 steps w is within 0.01 of 1.99. Good!", "After 4 steps w is within 0.01 of 1.99. Good!"),
        ("“Ship it.” And? Then more.", "“Ship it.” And?"),
        ("", ""),
    ],
)
def test_prose_on_the_wall_is_two_sentences_at_most(text: str, short: str) -> None:
    assert evidence.in_short(text) == short


def test_what_the_lesson_says_behind_each_question_fits_two_sentences_on_the_wall(lesson: LoadedLesson) -> None:
    texts = [
        item["reveal"]["text"]
        for part in lesson.lesson.model_dump()["parts"]
        for activity in part["activities"]
        for item in activity.get("items", ())
        if item.get("reveal")
    ]

    assert len(texts) > 25
    assert {text: len(evidence.in_short(text)) for text in texts if len(evidence.in_short(text)) > 220} == {}


@pytest.mark.slow
def test_guesses_are_kept_beside_the_mean_of_the_different_runs(room: Room) -> None:
    room.guess_about_bias()
    room.reveal(HEADLINE, RECALL)

    headline, recall = room.shown(HEADLINE), room.shown(RECALL)

    three = [run.result["shown"] for run in Run.objects.filter(kind="starvation").order_by("seed") if run.result]
    assert len(three) == 3
    mean = sum(each["accuracy"] for each in three) / 3 * 100
    assert isinstance(headline.finds, HeadlineOnWall)
    assert headline.finds.figure == f"{mean:.1f}\u00a0%"
    assert headline.finds.counted == "3 different runs, started by 4"
    assert headline.guesses is not None
    assert (headline.guesses.n, headline.guesses.truth_label) == (6, f"{mean:.1f}\u00a0%")
    assert [bar.n for bar in headline.guesses.bars] == [0, 0, 0, 0, 0, 0, 1, 2, 1, 2]
    assert isinstance(recall.finds, RecallOnWall)
    assert recall.finds.chart is not None
    eights = sum(each["recall"]["8"] for each in three) / 3 * 100
    assert recall.outcome == f"{eights:.0f} of 100"
    assert recall.guesses is not None
    assert recall.guesses.truth == round(recall.guesses.x_axis.place(eights), 2)
    bars = recall.finds.chart.bars
    assert [bar.digit for bar in sorted(bars, key=lambda bar: bar.begins)][-1] == 8
    assert [bool(bar.hatch) for bar in bars] == [bar.is_starved for bar in bars]


@pytest.mark.slow
def test_the_images_come_unstamped_once_their_number_is_known_and_stamped_with_the_answer(room: Room) -> None:
    room.guess_about_bias()
    at_first = room.shown(ABSORBER)
    room.reveal(HEADLINE)
    with_headline = room.shown(ABSORBER)
    room.reveal(RECALL)
    unstamped = room.shown(ABSORBER)
    room.reveal(ABSORBER)
    stamped = room.shown(ABSORBER)

    assert at_first == with_headline == Evidence()
    assert isinstance(unstamped.finds, ImagesOnWall)
    assert unstamped.finds.images is not None
    assert {each.stamp for each in unstamped.finds.images.images} == {""}
    assert isinstance(stamped.finds, TakersOnWall)
    assert stamped.finds.images is not None
    assert stamped.finds.confusion is not None
    first = Run.objects.filter(kind="starvation").order_by("finished_at").first()
    assert first is not None
    assert first.result is not None
    said = [each["said"] for each in first.result["shown"]["misread"] if each["truth"] == 8]
    assert sorted(int(each.stamp) for each in stamped.finds.images.images) == sorted(said)
    assert len(unstamped.finds.images.images) == unstamped.finds.images.n == len(said)


@pytest.mark.slow
def test_nothing_on_the_wall_tells_the_stamps_before_who_takes_them_is_open(
    room: Room, client_of: Callable[[User], Client]
) -> None:
    """The same page, to the letter, whatever the misread 8s were called."""
    room.guess_about_bias()
    room.reveal(HEADLINE, RECALL)
    client, pages = client_of(room.instructor.user), []
    for said in (1, 9):
        for run in Run.objects.filter(kind="starvation"):
            assert run.result is not None
            for shown in (run.result["shown"], run.result["baseline"]):
                for each in shown["misread"]:
                    each["said"] = said if each["truth"] == 8 else each["said"]
                row = shown["confusion"][8]
                missed = sum(row) - row[8]
                shown["confusion"][8] = [missed * (i == said) + row[8] * (i == 8) for i in range(10)]
            run.result["absorbed"] = {str(i): float(i == said) for i in range(10)}
            Run.objects.filter(pk=run.pk).update(result=run.result)
        for place in ("bias-guess/absorber", "bias-guess/recall", "bias-guess/ship", "bias-guess/headline"):
            page = client.get(f"/present/ours/?question={place}").content.decode()
            pages.append(re.sub(r"csrfmiddlewaretoken\S* value=\S+|since/\?v=[^&]*", "", page))

    assert pages[:4] == pages[4:]
    assert "image-wall" in pages[0]


@pytest.mark.slow
def test_an_answer_revealed_out_of_order_does_not_tell_the_one_before(room: Room) -> None:
    """How many 8s were misread is the answer to another question, and the headline to another still."""
    room.guess_about_bias()
    room.reveal(ABSORBER)
    room.vote(SHIP, *["ship"] * 5)
    room.reveal(SHIP)

    takers, ship = room.shown(ABSORBER), room.shown(SHIP)

    assert isinstance(takers.finds, TakersOnWall)
    assert (takers.finds.images, takers.finds.confusion) == (None, None)
    assert ship.finds is None


@pytest.mark.slow
def test_the_takers_are_a_mean_over_different_runs_beside_the_guesses(room: Room) -> None:
    room.guess_about_bias()
    room.reveal(HEADLINE, RECALL, ABSORBER)

    shown = room.shown(ABSORBER)

    assert isinstance(shown.finds, TakersOnWall)
    chart = shown.finds.chart
    assert chart is not None
    absorbed = [run.result["absorbed"] for run in Run.objects.filter(kind="starvation") if run.result]
    assert len(absorbed) == 3
    mean = sum(each["1"] or 0 for each in absorbed) / 3
    assert (chart.n_said, chart.n_models) == (6, 6)
    assert {row.text: row.n for row in chart.rows} == {
        "the 1": 1,
        "the 3": 3,
        "the 5": 0,
        "the 9": 1,
        "no single one": 1,
    }
    assert chart.rows[0].found == f"{100 * mean:.0f}\u00a0%"
    assert shown.votes is None


@pytest.mark.slow
def test_under_five_guesses_what_came_out_stands_alone(room: Room) -> None:
    room.guess_about_bias(4)
    room.reveal(HEADLINE, RECALL, ABSORBER)

    assert (room.shown(HEADLINE).guesses, room.shown(RECALL).guesses) == (None, None)
    takers = room.shown(ABSORBER).finds
    assert {row.n for row in takers.chart.rows} == {None}
    assert takers.chart.n_said == 0


@pytest.mark.slow
def test_a_decision_has_the_headline_it_is_about_once_that_is_open(room: Room) -> None:
    room.guess_about_bias()
    sealed = room.shown(SHIP)
    room.reveal(HEADLINE)

    asked = room.shown(SHIP)

    assert sealed == Evidence()
    assert isinstance(asked.finds, HeadlineOnWall)
    assert asked.finds.figure.endswith("\u00a0%")


@pytest.mark.slow
def test_the_u_curve_is_drawn_over_the_guesses_on_its_own_axis(room: Room) -> None:
    room.vote(("u-curve-guess", "lowest"), 1, 5, 5, 5, 11, 15)
    for student, seed in zip(room.students, (77, 77, 78), strict=False):
        runs.ask(student, room.lesson, seed=seed)
    work()
    room.reveal(("u-curve-guess", "lowest"))

    shown = room.shown(("u-curve-guess", "lowest"))

    assert isinstance(shown.finds, CurveOnWall)
    chart = shown.finds.chart
    assert chart is not None
    assert (chart.n, shown.finds.counted) == (2, "2 different runs, started by 3")
    assert [(round(bar.middle, 1), bar.n) for bar in chart.guesses] == [
        (round(chart.x_axis.at(power), 1), n) for power, n in ((1, 1), (5, 3), (11, 1), (15, 1))
    ]
    assert shown.outcome.startswith("at degree ")
    assert shown.guesses is None


@pytest.mark.slow
def test_a_fix_shows_recall_before_and_after_over_the_pairs_of_the_class(room: Room) -> None:
    key = ("bias-guess", "louder")
    pacing.end_class(room.instructor)
    student = room.students[0]
    student.refresh_from_db()
    runs.starve(student, room.lesson)
    runs.look_at_the_harm(student, room.lesson)
    runs.guess(student, room.lesson, "louder")
    params = {"digit": 8, "kept": 5, "model": "svc", "fix": "reweight", "n_repeats": 2}
    runs.ask_by_kind(student, kind="starvation", params=params, seed=1, activity="bias-fix")
    runs.work()
    pacing.lead_class(room.instructor)
    room.vote(key)
    room.reveal(key)

    shown = room.shown(key)

    assert isinstance(shown.finds, ChangeOnWall)
    assert shown.finds.chart is not None
    before, after = (row.label for row in shown.finds.chart.rows)
    assert shown.outcome == f"{before} → {after} of 100"
    assert shown.finds.holds == {"nothing"}


def test_a_case_has_its_two_figures_its_source_and_how_many_said_so(room: Room) -> None:
    room.vote(CASE, *["false-positive-rate"] * 3, "accuracy", "precision", second="non-native")
    room.reveal(CASE)

    shown = room.shown(CASE)

    assert shown.case is not None
    assert (shown.case.figure, shown.case.source) == ("0–12\u00a0%", "Liang et al., 2023")
    assert shown.case.bars is not None
    assert [row.label for row in shown.case.bars.rows if row.is_harmed] == [
        "48\u00a0%",
        "61.2\u00a0%",
        "76\u00a0%",
    ]
    assert (shown.n_right, shown.n_said) == (3, 5)


def test_every_case_has_a_short_name_for_a_source(lesson: LoadedLesson) -> None:
    (cases,) = [each for part in lesson.lesson.parts for each in part.activities if each.key == "cases"]

    assert [
        item.key
        for item in cases.items  # type: ignore[attr-defined]  # a Predict
        if not any(source.short for source in item.reveal.sources)
    ] == []


@pytest.mark.parametrize(
    ("key", "number"),
    [(TWICE, (3, 4)), (("rates", "half-g"), None), (("u-curve-guess", "lowest"), None), (CASE, None), (SHIP, (4, 5))],
)
def test_a_question_says_which_of_its_part_it_is(room: Room, key: stage.Key, number: tuple[int, int] | None) -> None:
    found = projector.wall(room.instructor, room.lesson, "/".join(key)).question

    assert found is not None
    assert found.number == number


def test_question_pages_carry_the_address_and_the_code(room: Room, client_of: Callable[[User], Client]) -> None:
    client = client_of(room.instructor.user)

    page = client.get("/present/ours/?question=rates/half-c").content.decode()

    assert "testserver/join" in page
    assert room.cohort.join_code in page


# Seven of them for the one button and the clock.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("keys", "most"), [((TWICE,), 17), ((HEADLINE,), 18), ((RECALL,), 18), ((HEADLINE, RECALL, ABSORBER), 19)]
)
def test_the_wall_asks_as_often_for_three_different_runs_as_for_one(
    room: Room, client_of: Callable[[User], Client], keys: tuple[stage.Key, ...], most: int
) -> None:
    client, address = client_of(room.instructor.user), f"/present/ours/?question={'/'.join(keys[-1])}"
    if keys == (TWICE,):
        room.vote(TWICE, *["settles"] * 5)
        room.vote(TWICE, *["bounces"] * 5, round_=2)
    else:
        room.guess_about_bias()
    room.reveal(*keys)
    client.get(address)  # the first notes that a projector is open

    with CaptureQueriesContext(connection) as many:
        client.get(address)
    Run.objects.exclude(pk=getattr(Run.objects.first(), "pk", None)).delete()
    with CaptureQueriesContext(connection) as one:
        client.get(address)

    assert len(many) == len(one) <= most


@pytest.mark.slow
def test_no_name_is_in_what_the_wall_shows(room: Room) -> None:
    for i, student in enumerate(room.students):
        student.user.display_name = f"Gwendolyn {i}"
        student.user.save()
    room.guess_about_bias()
    room.reveal(HEADLINE, RECALL, ABSORBER)

    for key in (HEADLINE, RECALL, ABSORBER):
        assert "Gwendolyn" not in str(asdict(room.shown(key)))
