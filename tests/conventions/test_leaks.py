"""What is sealed stays on the server until its moment: no page and no call gives it away."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classroom.models import Cohort, Membership, Role, User
from classroom.refusals import Refusal
from experiments.models import Run
from lessons import catalogue, pacing, services, voting
from lessons.activities.experiment import outcomes
from lessons.activities.experiment.pictures.starvation import FixPicture, StarvationPicture, mean_recall_of, recall_of
from lessons.activities.experiment.runs import ask_by_kind
from lessons.activities.predict import sealing
from lessons.authoring import base
from lessons.authoring.base import AnyActivity, Line, Sealed, Strict
from lessons.authoring.loader import LoadedLesson
from lessons.models import RevealOpening
from tests.conventions import canaries
from tests.conventions.canaries import answers, heard
from tests.factories import CohortFactory, MembershipFactory
from tests.lessons import runs

# The sampler's two steps by the half rule.
STEPS = (
    {"products": ["1", "2", "6"], "mean": "3", "w": "3.7"},
    {"mean": "2.4", "w": "3.46"},
)
GUESSES = {"third-step": "same", "far-away": "1", "twice-the-rate": "same"}
LogIn = Callable[[User], Client]


@pytest.fixture
def plant(tmp_path: Path, settings: Settings) -> Callable[..., LoadedLesson]:
    """Make the sampler, with a canary in every sealed text, the only lesson there is."""
    sources = catalogue.LESSONS_FOLDER / "sampler"

    def make(*, swapped: bool = False) -> LoadedLesson:
        root = tmp_path / ("swapped" if swapped else "planted")
        shutil.copytree(sources, root / "sampler")
        canaries.plant(root / "sampler", swapped=swapped)
        settings.LESSONS_FOLDERS = [root]
        return catalogue.all_lessons()["sampler"]

    return make


@pytest.fixture
def sampler(plant: Callable[..., LoadedLesson]) -> LoadedLesson:
    return plant()


@pytest.fixture
def ours(db: None, sampler: LoadedLesson) -> Cohort:
    return CohortFactory(slug="ours", lessons=["sampler"])


@pytest.fixture
def member(ours: Cohort) -> Membership:
    return MembershipFactory(cohort=ours)


@pytest.fixture
def leader(ours: Cohort) -> Membership:
    return MembershipFactory(cohort=ours, role=Role.INSTRUCTOR)


def hand_in(membership: Membership, lesson: LoadedLesson, activity: str, step: int, answer: dict[str, Any]) -> str:
    """Send an answer; give the reply as text."""
    receipt = services.submit(membership, lesson, activity, client_id=uuid.uuid4(), step=step, answer=answer)
    return str(receipt.submission.reply)


def seal(membership: Membership, lesson: LoadedLesson, item: str, round_: int = 1) -> None:
    sealing.seal(
        membership,
        lesson,
        "guess-first",
        client_id=uuid.uuid4(),
        item=item,
        round_=round_,
        choice=GUESSES[item],
        confidence="sure",
    )


def refusals(membership: Membership, lesson: LoadedLesson) -> str:
    """What somebody is told who sends nonsense to every question."""
    told = ""
    for item in lesson.find_activity("guess-first")[1].every_item():  # type: ignore[index,union-attr]  # a Predict
        for choice in ("", "no-such", "99999", "canary0x"):
            try:
                sealing.seal(
                    membership,
                    lesson,
                    "guess-first",
                    client_id=uuid.uuid4(),
                    item=item.key,
                    round_=1,
                    choice=choice,
                    confidence="",
                )
            except Refusal as refusal:
                told += f"{refusal.detail} {refusal.errors}"
    return told


def sealed_in(lesson: LoadedLesson, item: str) -> list[str]:
    """The sealed texts of one question, those of its transfer question left out."""
    found = next(each for each in lesson.find_activity("guess-first")[1].items if each.key == item)  # type: ignore[index,union-attr]
    return [text for text in canaries.canaries_below(found) if text not in canaries.canaries_below(found.transfer)]


def open_now(cohort: Cohort) -> None:
    """Let the three seconds pass in which a reveal can be taken back."""
    RevealOpening.objects.filter(stage__cohort=cohort).update(opens_at=timezone.now() - timedelta(seconds=1))


def test_every_sealed_text_of_the_planted_lesson_is_a_canary(sampler: LoadedLesson) -> None:
    sealed = canaries.sealed_texts(sampler)

    assert len(sealed) > 30
    shown = canaries.visible_text(sampler)
    assert [text for text in sealed if canaries.SONG not in text and text not in shown] == []


class Hint(Strict):
    text: Line
    more: Sealed[Line | None] = None


class Puzzle(AnyActivity):
    type: Literal["puzzle"]
    hints: tuple[Hint, ...]
    solution: Sealed[dict[str, Line]]


@pytest.mark.pure
def test_a_new_types_sealed_texts_become_canaries_at_any_depth() -> None:
    given = {"type": "puzzle", "key": "p", "title": "P", "hints": [{"text": "a", "more": "b"}], "solution": {"x": "c"}}

    planted = canaries.sing(Puzzle.model_validate(given), given, iter(["canary0x", "canary1x"]))

    assert planted == given | {"hints": [{"text": "a", "more": "canary0x"}], "solution": {"x": "canary1x"}}


@pytest.mark.slow
def test_nothing_sealed_is_anywhere_before_it_is_ones_turn(
    member: Membership, sampler: LoadedLesson, client_of: LogIn
) -> None:
    client, where = client_of(member.user), canaries.addresses(sampler, member)
    sealed = canaries.all_canaries(sampler)

    at_first = answers(client, where)
    replies = refusals(member, sampler) + hand_in(member, sampler, "two-steps", 1, {"w": "1"})

    print(f"\n{len(where)} addresses × {len(sealed)} canaries")
    assert len(where) > 50
    assert heard([canaries.SONG], at_first) == []
    assert canaries.SONG not in replies


@pytest.mark.slow
def test_a_sealed_answer_opens_its_own_question_and_no_other(
    member: Membership, sampler: LoadedLesson, client_of: LogIn
) -> None:
    seal(member, sampler, "third-step")

    said = answers(client_of(member.user), canaries.addresses(sampler, member))

    own = sealed_in(sampler, "third-step")
    others = [text for text in canaries.all_canaries(sampler) if text not in own]
    assert heard(own, said) != []
    assert heard(others, said) == []


@pytest.mark.slow
def test_a_full_cycle_shows_no_verdict_before_what_was_seen_and_no_transfer_before_the_end(
    member: Membership, sampler: LoadedLesson, client_of: LogIn
) -> None:
    seal(member, sampler, "twice-the-rate")
    item = next(each for each in sampler.find_activity("guess-first")[1].items if each.key == "twice-the-rate")  # type: ignore[index,union-attr]
    client = client_of(member.user)

    page = answers(client, ["/c/ours/lessons/sampler/guess-first/?item=twice-the-rate"])

    assert heard([item.reveal.text, *item.comments.values(), *(option.text for option in item.ideas)], page) == []
    everything = answers(client, canaries.addresses(sampler, member))
    assert heard(canaries.canaries_below(item.transfer), everything) == []


@pytest.mark.slow
def test_in_a_led_class_a_seal_opens_nothing_until_the_instructor_does(
    member: Membership,
    leader: Membership,
    sampler: LoadedLesson,
    client_of: LogIn,
    clock: Callable[[datetime], None],
) -> None:
    pacing.lead_class(leader)
    locked = answers(client_of(member.user), canaries.addresses(sampler, member))
    voting.open_vote(leader, sampler, "guess-first", "third-step")
    member.refresh_from_db()
    seal(member, sampler, "third-step")
    voting.close_vote(leader, sampler, "guess-first", "third-step")
    sealed = answers(client_of(member.user), canaries.addresses(sampler, member))
    clock(timezone.now())  # asking takes longer than the three seconds, on a slow machine
    voting.reveal(leader, sampler, "guess-first", "third-step")
    about_to = answers(client_of(member.user), canaries.addresses(sampler, member))
    wall = answers(client_of(leader.user), ["/present/ours/", "/present/ours/since/?v=0", "/c/ours/class/lead/"])

    for said in (locked, sealed, about_to, wall):
        assert heard([canaries.SONG], said) == []


def test_an_open_reveal_is_closed_to_whoever_has_sealed_nothing(
    member: Membership, leader: Membership, sampler: LoadedLesson, client_of: LogIn
) -> None:
    pacing.lead_class(leader)
    voting.open_vote(leader, sampler, "guess-first", "third-step")
    voting.close_vote(leader, sampler, "guess-first", "third-step")
    voting.reveal(leader, sampler, "guess-first", "third-step")
    open_now(leader.cohort)

    theirs = answers(client_of(member.user), canaries.addresses(sampler, member))
    wall = answers(client_of(leader.user), ["/present/ours/?question=guess-first/third-step"])

    assert heard([canaries.SONG], theirs) == []
    assert heard([canaries.SONG], wall) != []


@pytest.fixture
def differing(
    plant: Callable[..., LoadedLesson], client_of: LogIn, clock: Callable[[datetime], None], db: None
) -> Callable[[], list[str]]:
    """Name the addresses that say something else when something else is right; six neighbours have answered."""

    def compare() -> list[str]:
        clock(timezone.now())  # a page's version has the minute in it
        lesson = plant()
        cohort = CohortFactory(slug="ours", lessons=["sampler"])
        leader = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR)
        for neighbour in MembershipFactory.create_batch(6, cohort=cohort):
            for item in ("third-step", "far-away"):
                seal(neighbour, lesson, item)
        member = MembershipFactory(cohort=cohort)
        client, front = client_of(member.user), client_of(leader.user)
        where = canaries.addresses(lesson, member)
        walls = [
            f"/present/ours/{page}question=guess-first/{item}{remote}"
            for page in ("?", "since/?v=0&")
            for item in ("third-step", "far-away")
            for remote in ("", "&remote=1")
        ]
        front.get("/present/ours/")  # a projector that has just been opened makes a new version of the class's pages
        client.get("/c/ours/lessons/sampler/")  # the first visit alone unfolds the story
        one = answers(client, where) | answers(front, walls)
        plant(swapped=True)
        other = answers(client, where) | answers(front, walls)
        return [each for each in one if canaries.without_noise(one[each]) != canaries.without_noise(other[each])]

    return compare


@pytest.mark.slow
def test_what_is_right_changes_nothing_that_can_be_fetched_before_the_seal(differing: Callable[[], list[str]]) -> None:
    assert differing() == []


@pytest.mark.slow
def test_a_page_that_depends_on_what_is_right_is_found(
    differing: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "sealed_fields", lambda model: frozenset())

    assert "/api/v1/lessons/sampler/activities/guess-first/?cohort=ours" in differing()


def test_a_planted_leak_is_found(
    member: Membership, sampler: LoadedLesson, client_of: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "sealed_fields", lambda model: frozenset())

    said = answers(client_of(member.user), canaries.addresses(sampler, member))

    assert {address for _text, address in heard([canaries.SONG], said)} >= {
        "/api/v1/lessons/sampler/activities/guess-first/?cohort=ours"
    }


@pytest.mark.slow
def test_what_was_sealed_is_shown_once_the_activity_is_done(
    member: Membership, sampler: LoadedLesson, client_of: LogIn
) -> None:
    closing = sampler.texts["two_steps_closing.md"].strip().rpartition("<p>")[2].removesuffix("</p>")
    for step, answer in enumerate(STEPS, start=1):
        hand_in(member, sampler, "two-steps", step, answer)

    said = answers(client_of(member.user), canaries.addresses(sampler, member))

    assert {address for _text, address in heard([closing], said)} >= {
        "/api/v1/lessons/sampler/activities/two-steps/?cohort=ours",
        "/c/ours/lessons/sampler/two-steps/",
    }


@pytest.mark.slow
def test_what_one_student_unsealed_stays_sealed_for_the_next(
    member: Membership, sampler: LoadedLesson, client_of: LogIn
) -> None:
    for step, answer in enumerate(STEPS, start=1):
        hand_in(member, sampler, "two-steps", step, answer)
    for item in GUESSES:
        seal(member, sampler, item)
    neighbour = MembershipFactory(cohort=member.cohort)

    assert heard([canaries.SONG], answers(client_of(neighbour.user), canaries.addresses(sampler, neighbour))) == []


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["half", "full"])
def test_the_sealed_texts_of_the_session_are_nowhere_at_first(
    lesson: LoadedLesson, client_of: LogIn, rule: str, db: None
) -> None:
    student = MembershipFactory(cohort=CohortFactory(slug="ours", gradient_rule=rule))
    shown = canaries.visible_text(lesson)
    sealed = {text for text in canaries.sealed_texts(lesson) if len(text) >= 12 and text not in shown}

    said = answers(client_of(student.user), canaries.addresses(lesson, student))

    print(f"\n{len(said)} addresses × {len(sealed)} sealed texts of the session, {rule} rule")
    assert len(sealed) > 200
    assert heard(sealed, said) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_taken", "values"),
    [
        (0, ["14.925", "18.6", "31.2", "0.746", "1.212", "1.2127", "1.504"]),
        (1, ["1.212", "1.2127", "1.504"]),
    ],
)
def test_no_value_that_is_asked_for_is_anywhere_before_it_was_found(
    student: Membership, lesson: LoadedLesson, client_of: LogIn, n_taken: int, values: list[str]
) -> None:
    step_1 = {
        "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
        "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
        "mean": "-14.925",
        "w": "0.7463",
    }
    replies = [hand_in(student, lesson, "by-hand", 1, step_1)][:n_taken]
    if not n_taken:
        student = MembershipFactory(cohort=student.cohort)
        replies = [hand_in(student, lesson, "by-hand", 1, {"w": "99"})]
    where = {each for each in canaries.addresses(lesson, student) if "/rates/" in each or "by-hand" in each}

    said = answers(client_of(student.user), where)

    assert [found for value in values for found in canaries.numbers_heard(value, said)] == []
    assert [value for value in values if value in replies[0]] == []


# What each look at a starved model opens, in its order; the last is the fix.
STAGES = ("headline", "recall", "absorber", "louder")


def telling(run: Run, fix: Run | None = None, before: Run | None = None) -> dict[str, list[str]]:
    """What a run tells, by the look that opens it: figures, sentences, and the pixels of misread images."""
    whole = outcomes.draw(run, None)
    assert isinstance(whole, StarvationPicture)
    headline, recall, who = whole.headline, whole.recall.chart, whole.who
    pixels = [path for beat in who.images.images for path, __ in beat.image.shades if len(path) > 60]
    stamps = [beat.image.name for beat in who.images.images]
    said = {
        "headline": [headline.figure, headline.baseline],
        # The images stand under the recall already, without what they were called.
        "recall": [recall.summary, *(bar.says for bar in recall.bars), repr(recall_of(run)), *pixels],
        "absorber": [who.confusion.summary, who.takers.summary, who.images.title, *stamps],
        "louder": [],
    }
    if fix and before:
        fixed = outcomes.draw(fix, before)
        assert isinstance(fixed, FixPicture)
        both = fixed.chart
        said["louder"] = [both.summary, *(row.label for row in both.recall.rows), repr(mean_recall_of(fix))]
    return said


def addresses_with(lesson: LoadedLesson, member: Membership, *asked: Run) -> set[str]:
    """Every address outside the other parts, those that name one of these runs included.

    Left out is the run itself over the API and in one's own file: nobody's results are secret from themselves (see
    docs/decisions/0038-results-are-not-secret.md).
    """
    others = [part for part in lesson.lesson.parts if part.key != "bias"]
    elsewhere = [f"/{each.key}/" for part in others for each in (part, *part.activities)]
    base = f"/c/{member.cohort.slug}/lessons/{lesson.lesson.slug}/"
    every = {each for each in canaries.addresses(lesson, member) if not any(place in each for place in elsewhere)}
    found = {each for each in every if "/runs/5f3a1c9e" not in each and each != canaries.MY_DATA}
    trials = {"bias-run": ("starve", "other-digit", "other-model"), "bias-fix": ("give-back", "louder")}
    for activity, keys in trials.items():
        for trial in keys:
            for run in asked:
                found.add(f"{base}bias/?trial={trial}&run={run.pk}")
                found.add(f"{base}activities/{activity}/runs/?v=0&trial={trial}&run={run.pk}")
    assert len(found) > 50
    return found


def opened(said: dict[str, str], texts: dict[str, list[str]]) -> list[str]:
    """Which looks an answer gives away."""
    return [stage for stage in STAGES if heard(texts[stage], said)]


@pytest.mark.slow
def test_a_starved_model_is_shown_look_by_look_and_nothing_before_its_turn(
    student: Membership, lesson: LoadedLesson, client_of: LogIn
) -> None:
    client = client_of(student.user)
    run = runs.starve(student, lesson, seed=3)

    def seen(*others: Run) -> list[str]:
        # Asking every address looks at what may be looked at: so the first look is there from the start.
        return opened(answers(client, addresses_with(lesson, student, run, *others)), telling(run))

    steps = [seen()]
    sealing.reconcile(student, lesson, "bias-guess", "headline", saw="six", idea="whole")
    steps.append(seen())
    runs.guess(student, lesson, "ship")
    said = answers(client, [f"/c/ours/lessons/{lesson.lesson.slug}/bias/?item=ship"])

    assert steps == [["headline"], ["headline"]]
    assert opened(said, telling(run)) == ["headline"]
    runs.look(student, lesson, "recall", "absorber")
    assert seen() == ["headline", "recall", "absorber"]


@pytest.mark.slow
@pytest.mark.usefixtures("brief_runs")
def test_what_a_fix_brings_waits_for_the_guess_and_both_runs(
    student: Membership, lesson: LoadedLesson, client_of: LogIn
) -> None:
    neighbour = MembershipFactory(cohort=student.cohort)
    for member in (student, neighbour):
        run = runs.starve(member, lesson, seed=3)
        runs.look_at_the_harm(member, lesson)
    runs.guess(neighbour, lesson, "louder")
    fix, before = runs.ask(neighbour, lesson, "bias-fix", "louder", seed=3)
    runs.work()
    fix.refresh_from_db()
    before.refresh_from_db()
    texts, client = telling(run, fix, before), client_of(student.user)

    unguessed = opened(answers(client, addresses_with(lesson, student, run, fix, before)), texts)
    runs.guess(student, lesson, "louder")
    guessed = opened(answers(client, addresses_with(lesson, student, run, fix, before)), texts)
    runs.ask(student, lesson, "bias-fix", "louder", seed=3)
    looked = opened(answers(client, addresses_with(lesson, student, run, fix, before)), texts)

    assert "louder" not in unguessed
    assert "louder" not in guessed
    assert "louder" in looked


@pytest.mark.slow
def test_in_a_led_class_a_starved_model_waits_for_the_instructor_look_by_look(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: LogIn
) -> None:
    pacing.lead_class(instructor)
    for item in runs.BEFORE_THE_RUN:
        voting.open_vote(instructor, lesson, "bias-guess", item)
        student.refresh_from_db()
        runs.guess(student, lesson, item)
        voting.close_vote(instructor, lesson, "bias-guess", item)
    params = {"digit": 8, "kept": 5, "n_repeats": 2}
    run = ask_by_kind(student, kind="starvation", params=params, seed=3, activity="bias-run")
    runs.work()
    run.refresh_from_db()
    client = client_of(student.user)

    def seen() -> list[str]:
        return opened(answers(client, addresses_with(lesson, student, run)), telling(run))

    steps = [seen()]
    voting.reveal(instructor, lesson, "bias-guess", "headline")
    open_now(student.cohort)
    steps.append(seen())
    sealing.reconcile(student, lesson, "bias-guess", "headline", saw="six", idea="whole")
    voting.open_vote(instructor, lesson, "bias-guess", "ship")
    runs.guess(student, lesson, "ship")
    voting.close_vote(instructor, lesson, "bias-guess", "ship")
    steps.append(seen())
    voting.reveal(instructor, lesson, "bias-guess", "ship")
    voting.reveal(instructor, lesson, "bias-guess", "recall")
    open_now(student.cohort)
    steps.append(seen())

    assert steps == [[], ["headline"], ["headline"], ["headline", "recall"]]
