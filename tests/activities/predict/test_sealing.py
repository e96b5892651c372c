"""Predict, see, reconcile: each in its turn, once, and nothing early."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

import classroom.services
from classroom.models import Cohort, GradientRule, LearningEvent, Membership
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from lessons import catalogue, selectors
from lessons.activities.predict import sealing
from lessons.activities.predict.reveal import RevealView
from lessons.activities.predict.sealing import SealReceipt
from lessons.authoring.loader import LoadedLesson
from lessons.events import PartDone, PredictionSealed, Reconciled
from lessons.models import Counts, PartProgress, PartState, Prediction, Reconciliation
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory, version_of

pytestmark = pytest.mark.services

Seal = Callable[..., SealReceipt]
SLUG = "data-rules-everything"
# By the half rule the answers are settles, zigzags, bounces, explodes.
RIGHT = {"half-a": "settles", "half-b": "zigzags", "half-c": "bounces", "half-d": "explodes"}


@pytest.fixture
def seal(student: Membership, lesson: LoadedLesson) -> Seal:
    def send(item: str = "half-a", choice: Any = "settles", *, activity: str = "rates", **more: Any) -> SealReceipt:
        return pupils.seal(more.pop("by", student), lesson, activity, item, choice, **more)

    return send


@pytest.fixture
def look(student: Membership, lesson: LoadedLesson) -> Callable[..., RevealView]:
    def see(item: str = "half-a", activity: str = "rates") -> RevealView:
        return sealing.open_reveal(student, lesson, activity, item)

    return see


@pytest.fixture
def reconcile(student: Membership, lesson: LoadedLesson) -> Callable[..., tuple[Reconciliation, bool]]:
    def send(item: str = "half-c", activity: str = "rates", **said: Any) -> tuple[Reconciliation, bool]:
        return sealing.reconcile(student, lesson, activity, item, **said)

    return send


@pytest.fixture
def open_items(student: Membership, lesson: LoadedLesson) -> Callable[[], list[str]]:
    """The questions of `rates` that stand open to the student."""
    return lambda: [item["key"] for item in selectors.activity_facts(student, lesson, "rates")["items"]]


@pytest.fixture
def go_round(seal: Seal, look: Callable[..., Any], reconcile: Callable[..., Any]) -> Callable[..., None]:
    """The full cycle of half-c up to its transfer question."""

    def go(choice: str = "bounces", idea: str = "pattern") -> None:
        seal("half-c", choice)
        look("half-c")
        reconcile(saw="bounces", idea=idea)

    return go


def activity_state(membership: Membership, activity: str, part: str = "") -> str:
    row = PartProgress.objects.get(membership=membership, part=part or activity)
    return row.activities[activity]["state"]


# --- what is stored -------------------------------------------------------------------------------


def test_a_prediction_is_kept_as_it_was_said_with_the_servers_time(
    seal: Seal, student: Membership, lesson: LoadedLesson
) -> None:
    client_id, before = uuid.uuid4(), timezone.now()

    receipt = seal(choice="zigzags", confidence="sure", because="  0.05 came nearer, so …  ", client_id=client_id)

    stored = Prediction.objects.get(membership=student)
    assert receipt.is_new
    assert receipt.says == "Sealed."
    assert (stored.lesson, stored.activity, stored.item, stored.round) == (SLUG, "rates", "half-a", 1)
    assert (stored.choice, stored.second, stored.confidence) == ("zigzags", "", "sure")
    assert stored.because == "0.05 came nearer, so …"
    assert (stored.client_id, stored.lesson_hash) == (client_id, lesson.content_hash)
    assert stored.counts == Counts.OWN_PACE
    assert before <= stored.sealed_at <= timezone.now()


def test_the_same_id_gets_its_first_receipt_back_whatever_it_says_now(seal: Seal) -> None:
    first = seal(choice="settles")

    again = seal("half-b", "nonsense", confidence="", client_id=first.prediction.client_id)

    assert not again.is_new
    assert again.prediction == first.prediction
    assert (again.prediction.item, again.prediction.choice) == ("half-a", "settles")
    assert Prediction.objects.count() == 1


def test_the_same_id_from_somebody_else_is_another_prediction(seal: Seal, cohort: Cohort) -> None:
    first = seal()

    other = seal(by=MembershipFactory(cohort=cohort), client_id=first.prediction.client_id)

    assert other.is_new
    assert Prediction.objects.count() == 2


def test_a_second_prediction_is_refused_with_the_time_of_the_first_on_the_clock_of_the_class(
    seal: Seal, student: Membership
) -> None:
    student.cohort.time_zone = "Europe/Berlin"
    seal(choice="settles")
    Prediction.objects.update(sealed_at=datetime(2026, 1, 15, 9, 5, 7, tzinfo=UTC))

    with pytest.raises(Conflict) as refused:
        seal(choice="explodes")

    assert refused.value.detail == "You sealed your prediction at 10:05:07. It cannot change now."
    assert Prediction.objects.get().choice == "settles"


@pytest.mark.parametrize("changed", [{"pk": None, "client_id": uuid.UUID(int=7)}, {"pk": None, "item": "half-b"}])
def test_the_database_itself_refuses_a_second_row_for_one_round_and_for_one_id(
    seal: Seal, changed: Mapping[str, Any]
) -> None:
    stored = seal().prediction
    for name, value in changed.items():
        setattr(stored, name, value)

    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save(force_insert=True)


def test_a_seal_raises_the_version_of_the_class_once(seal: Seal, cohort: Cohort) -> None:
    before = version_of(cohort)

    receipt = seal()
    seal(client_id=receipt.prediction.client_id)

    assert version_of(cohort) == before + 1


# --- what cannot be read --------------------------------------------------------------------------

CHOOSE = "Choose an answer first."
NO_SUCH = "This question has no such answer."
HOW_SURE = "Say how sure you are, too."
ONE_LINE = "One line is enough here: at most 300 characters."
ON_THE_CURVE = "Type a number from 1 to 15."
UNREADABLE = f"We cannot read that as a number. {ON_THE_CURVE}"
ENDLESS = f"We cannot calculate with that number. {ON_THE_CURVE}"
PERCENT = "This is not a percentage. Leave out the %."
IN_PERCENT = "Type a number from 0 to 100."


@pytest.mark.parametrize(
    ("activity", "item", "sent", "errors"),
    [
        ("rates", "half-a", {"choice": ""}, {"choice": [CHOOSE]}),
        ("rates", "half-a", {"choice": None}, {"choice": [CHOOSE]}),
        ("rates", "half-a", {"choice": "flies"}, {"choice": [NO_SUCH]}),
        ("rates", "half-a", {"choice": "settles smoothly"}, {"choice": [NO_SUCH]}),
        ("rates", "half-a", {"choice": ["settles"]}, {"choice": [NO_SUCH]}),
        ("rates", "half-a", {"choice": {"settles": 1}}, {"choice": [NO_SUCH]}),
        ("rates", "half-a", {"choice": 0}, {"choice": [NO_SUCH]}),
        ("rates", "half-a", {"choice": "settles", "confidence": ""}, {"confidence": [HOW_SURE]}),
        ("rates", "half-a", {"choice": "settles", "confidence": None}, {"confidence": [HOW_SURE]}),
        ("rates", "half-a", {"choice": "settles", "confidence": "certain"}, {"confidence": [HOW_SURE]}),
        ("rates", "half-a", {"choice": "settles", "because": "x" * 301}, {"because": [ONE_LINE]}),
        ("rates", "half-a", {"choice": "settles", "because": 5}, {"because": ["Send text."]}),
        ("rates", "half-a", {"choice": "", "confidence": ""}, {"choice": [CHOOSE], "confidence": [HOW_SURE]}),
        ("u-curve-guess", "lowest", {"choice": "0.99"}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": "15,01"}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": "−3"}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": "about 7"}, {"choice": [UNREADABLE]}),
        ("u-curve-guess", "lowest", {"choice": "7/0"}, {"choice": [ENDLESS]}),
        ("u-curve-guess", "lowest", {"choice": ""}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": "  "}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": None}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": True}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": [7]}, {"choice": [ON_THE_CURVE]}),
        ("u-curve-guess", "lowest", {"choice": float("nan")}, {"choice": [ENDLESS]}),
        ("u-curve-guess", "lowest", {"choice": float("inf")}, {"choice": [ENDLESS]}),
        (
            "u-curve-guess",
            "lowest",
            {"choice": "7" * 5000},
            {"choice": [f"That is too long for a number here. {ON_THE_CURVE}"]},
        ),
        ("u-curve-guess", "lowest", {"choice": "7 %"}, {"choice": [f"{PERCENT} {ON_THE_CURVE}"]}),
        ("bias-guess", "headline", {"choice": 100.5}, {"choice": [IN_PERCENT]}),
        ("cases", "face-analysis", {"choice": "accuracy"}, {"second": [CHOOSE]}),
        ("cases", "face-analysis", {"choice": "accuracy", "second": "cats"}, {"second": [NO_SUCH]}),
        ("cases", "face-analysis", {"choice": "error-size", "second": "women"}, {"choice": [NO_SUCH]}),
        ("cases", "face-analysis", {"choice": ""}, {"choice": [CHOOSE], "second": [CHOOSE]}),
    ],
)
def test_what_is_missing_or_unknown_is_told_by_field_and_nothing_is_stored(
    seal: Seal, activity: str, item: str, sent: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with pytest.raises(Refusal) as refused:
        seal(item, activity=activity, **sent)

    assert refused.value.errors == errors
    assert refused.value.detail == " ".join(text for texts in errors.values() for text in texts)
    assert (Prediction.objects.count(), PartProgress.objects.count()) == (0, 0)
    assert LearningEvent.objects.filter(kind="prediction_sealed").count() == 0


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("7", "7"),
        (7, "7"),
        (7.5, "7.5"),
        ("7,5", "7.5"),
        (" 7.50 ", "7.5"),
        ("29/2", "14.5"),
        ("1", "1"),
        ("15", "15"),
        ("22/3", "7.333333"),
    ],
)
def test_a_number_is_read_as_people_write_it_a_comma_and_a_fraction_too(seal: Seal, sent: Any, kept: str) -> None:
    receipt = seal("lowest", sent, activity="u-curve-guess")

    assert receipt.prediction.choice == kept


def test_three_hundred_characters_of_because_are_kept(seal: Seal) -> None:
    assert seal(because="ü" * 300).prediction.because == "ü" * 300


@pytest.mark.parametrize(
    ("activity", "item"),
    [
        ("rates", "half-z"),
        ("rates", "full-a"),
        ("rates", "half-edge"),
        ("cases", "half-a"),
        ("by-hand", "half-a"),
        ("cases", "blocked-payments"),
    ],
)
def test_a_question_that_is_not_there_for_this_member_is_not_found(seal: Seal, activity: str, item: str) -> None:
    with pytest.raises(NotFound, match="This question does not exist here"):
        seal(item, activity=activity)

    assert Prediction.objects.count() == 0


def test_a_second_round_where_no_second_vote_was_held_is_refused(seal: Seal) -> None:
    with pytest.raises(Conflict, match="There is no second vote on this question"):
        seal("half-c", "bounces", round_=2)

    assert Prediction.objects.count() == 0


# --- what is behind it ----------------------------------------------------------------------------


def test_a_reveal_is_refused_before_the_prediction_is_sealed(look: Callable[..., Any], student: Membership) -> None:
    with pytest.raises(Forbidden) as refused:
        look()

    assert refused.value.detail == "Predict first. Seal your answer, then look."
    assert Reconciliation.objects.count() == 0


def test_somebody_elses_prediction_opens_nothing_for_me(seal: Seal, look: Callable[..., Any], cohort: Cohort) -> None:
    seal(by=MembershipFactory(cohort=cohort))

    with pytest.raises(Forbidden, match="Predict first"):
        look()


@pytest.mark.parametrize(
    ("item", "choice", "verdict", "answer"),
    [
        ("half-a", "settles", "right", "settles smoothly"),
        ("half-a", "explodes", "other", "settles smoothly"),
        ("half-b", "zigzags", "right", "zigzags, settles"),
        ("half-c", "bounces", "right", "bounces forever"),
        ("half-d", "bounces", "other", "explodes"),
        ("half-e", "crawls", "right", "crawls"),
        ("half-g", "one-jump", "right", "one jump"),
    ],
)
def test_a_reveal_shows_what_the_run_does_beside_what_was_said(
    seal: Seal, look: Callable[..., RevealView], item: str, choice: str, verdict: str, answer: str
) -> None:
    seal(item, choice)

    shown = look(item)

    assert (shown.verdict, shown.answer) == (verdict, answer)
    assert shown.rate_chart is not None


@pytest.mark.parametrize(
    ("choice", "second", "verdict", "second_verdict"),
    [
        ("recall", "dark-skin", "right", "right"),
        ("error-size", "dark-skin", "also", "right"),
        ("precision", "old", "other", "other"),
    ],
)
def test_a_case_tells_what_is_right_what_is_credited_and_what_is_not(
    seal: Seal,
    look: Callable[..., RevealView],
    choice: str,
    second: str,
    verdict: str,
    second_verdict: str,
) -> None:
    seal("pulse-oximeters", choice, activity="cases", second=second)

    shown = look("pulse-oximeters", "cases")

    assert (shown.verdict, shown.second_verdict) == (verdict, second_verdict)
    assert shown.answer == "Recall"


@pytest.mark.parametrize(
    ("confidence", "choice", "is_strong"),
    [
        ("sure", "explodes", True),
        ("think_so", "explodes", False),
        ("guess", "explodes", False),
        ("sure", "settles", False),
    ],
)
def test_only_somebody_who_was_sure_of_something_else_meets_the_strong_contrast(
    seal: Seal, look: Callable[..., RevealView], confidence: str, choice: str, is_strong: bool
) -> None:
    seal("half-a", choice, confidence=confidence)

    assert look("half-a").is_strong is is_strong


def test_after_the_reveal_nothing_more_can_be_sealed_on_it(seal: Seal, look: Callable[..., Any]) -> None:
    seal()
    look()

    with pytest.raises(Conflict, match="It cannot change now"):
        seal(choice="explodes")

    assert Reconciliation.objects.count() == 1


def test_looking_twice_is_one_look_at_the_first_time(seal: Seal, look: Callable[..., RevealView]) -> None:
    seal()
    is_fresh = look().is_fresh
    first = Reconciliation.objects.get().revealed_at

    is_fresh_again = look().is_fresh

    assert (is_fresh, is_fresh_again) == (True, False)
    assert Reconciliation.objects.get().revealed_at == first


@pytest.mark.parametrize(
    ("activity", "item", "choice"),
    [
        ("u-curve-guess", "lowest", "7"),
        ("bias-guess", "headline", "90"),
        ("bias-guess", "recall", "90"),
        ("bias-guess", "absorber", "three"),
    ],
)
def test_a_guess_about_a_run_to_come_stays_sealed_and_counts_as_made(
    seal: Seal, look: Callable[..., Any], activity: str, item: str, choice: str
) -> None:
    seal(item, choice, activity=activity)

    with pytest.raises(Forbidden) as refused:
        look(item, activity)

    assert refused.value.detail == ("Your prediction is sealed. Your run measures the answer, so it comes first.")
    assert Reconciliation.objects.count() == 0
    # What goes the full cycle is done when it has been reconciled, and that comes after the run.
    assert PartProgress.objects.get().activities[activity]["n_done"] == (item != "headline")


def test_nothing_can_be_made_of_a_guess_that_waits_for_a_run(seal: Seal, reconcile: Callable[..., Any]) -> None:
    seal("headline", "90", activity="bias-guess")

    with pytest.raises(Forbidden, match="First look at the answer"):
        reconcile("headline", "bias-guess", saw="90", idea="pattern")


# --- the full cycle -------------------------------------------------------------------------------


def test_a_full_cycle_goes_from_the_guess_to_what_was_seen_to_the_idea_to_the_question_alone(
    seal: Seal,
    look: Callable[..., Any],
    reconcile: Callable[..., Any],
    open_items: Callable[[], list[str]],
    student: Membership,
) -> None:
    seal("half-c", "explodes")
    look("half-c")
    with pytest.raises(NotFound, match="This question does not exist here"):
        seal("half-edge", "parted")
    met, is_new = reconcile(saw="explodes")
    between = (met.saw, met.idea, met.reconciled_at, is_new, "half-edge" in open_items())
    with pytest.raises(NotFound, match="This question does not exist here"):
        seal("half-edge", "parted")

    met, is_new = reconcile(idea="too-far-explodes", next_time="  Try a step by hand.  ")
    transfer = seal("half-edge", "both-settle")

    assert between == ("explodes", "", None, True, False)
    assert is_new
    assert (met.saw, met.idea, met.next_time) == ("explodes", "too-far-explodes", "Try a step by hand.")
    assert met.reconciled_at is not None
    assert open_items()[2:4] == ["half-c", "half-edge"]
    assert transfer.is_new
    assert look("half-edge").answer == "0.26 settles, 0.27 explodes"


def test_the_transfer_question_is_not_even_named_before_its_moment(
    seal: Seal, look: Callable[..., Any], open_items: Callable[[], list[str]], go_round: Callable[..., None]
) -> None:
    before = open_items()

    go_round()

    assert before == ["half-a", "half-b", "half-c", "half-d", "half-e", "half-f", "half-g"]
    assert open_items() == ["half-a", "half-b", "half-c", "half-edge", "half-d", "half-e", "half-f", "half-g"]


@pytest.mark.parametrize(
    ("choice", "idea", "is_taken"),
    [
        ("explodes", "larger-is-faster", True),
        ("explodes", "worked-it-out", False),
        ("bounces", "worked-it-out", True),
        ("bounces", "larger-is-faster", False),
        ("bounces", "no-such-idea", False),
    ],
)
def test_the_ideas_of_a_guess_that_held_are_others_than_of_one_that_did_not(
    seal: Seal, look: Callable[..., Any], reconcile: Callable[..., Any], choice: str, idea: str, is_taken: bool
) -> None:
    seal("half-c", choice)
    look("half-c")

    if is_taken:
        reconcile(saw="bounces", idea=idea)
    else:
        with pytest.raises(Refusal) as refused:
            reconcile(saw="bounces", idea=idea)
        assert refused.value.errors == {"idea": ["This question does not offer that idea."]}

    assert Reconciliation.objects.get().idea == (idea if is_taken else "")


@pytest.mark.parametrize(
    ("choice", "second", "holds"),
    [
        ("false-positive-rate", "non-native", True),
        ("recall", "non-native", True),
        ("false-positive-rate", "everyone", False),
        ("accuracy", "non-native", False),
    ],
)
def test_a_guess_of_two_questions_holds_only_if_both_do_credited_ones_included(
    seal: Seal,
    look: Callable[..., Any],
    student: Membership,
    lesson: LoadedLesson,
    choice: str,
    second: str,
    holds: bool,
) -> None:
    seal("text-detectors", choice, activity="cases", second=second)
    look("text-detectors", "cases")

    idea = "accused" if holds else "overall"
    met, _ = sealing.reconcile(student, lesson, "cases", "text-detectors", saw="more", idea=idea)

    assert met.idea == idea


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({}, {"saw": ["Say what you saw first: tap one of the answers."]}),
        ({"idea": "pattern"}, {"saw": ["Say what you saw first: tap one of the answers."]}),
        ({"saw": "half-a"}, {"saw": ["Say what you saw first: tap one of the answers."]}),
        (
            {"saw": "bounces", "idea": "pattern", "next_time": "x" * 301},
            {"next_time": ["One line is enough here: at most 300 characters."]},
        ),
    ],
)
def test_what_is_missing_in_looking_back_is_told_by_field_and_nothing_is_kept(
    seal: Seal,
    look: Callable[..., Any],
    reconcile: Callable[..., Any],
    said: dict[str, str],
    errors: dict[str, list[str]],
) -> None:
    seal("half-c", "bounces")
    look("half-c")

    with pytest.raises(Refusal) as refused:
        reconcile(**said)

    assert refused.value.errors == errors
    met = Reconciliation.objects.get()
    assert (met.saw, met.idea, met.next_time, met.reconciled_at) == ("", "", "", None)


def test_an_idea_is_asked_for_once_it_is_known_what_was_seen(
    seal: Seal, look: Callable[..., Any], reconcile: Callable[..., Any]
) -> None:
    seal("half-c", "bounces")
    look("half-c")
    reconcile(saw="bounces")

    with pytest.raises(Refusal) as refused:
        reconcile()

    assert refused.value.errors == {"idea": ["Tap the idea closest to yours."]}


def test_what_was_seen_is_said_once(seal: Seal, look: Callable[..., Any], reconcile: Callable[..., Any]) -> None:
    seal("half-c", "bounces")
    look("half-c")
    reconcile(saw="explodes")

    met, _ = reconcile(saw="bounces", idea="pattern")

    assert met.saw == "explodes"


def test_a_reconciliation_is_given_once_and_stays_as_it_is(
    go_round: Callable[..., None], reconcile: Callable[..., tuple[Reconciliation, bool]], cohort: Cohort
) -> None:
    go_round("bounces", "pattern")
    first, version = Reconciliation.objects.get(), version_of(cohort)

    met, is_new = reconcile(saw="explodes", idea="feeling", next_time="Other words.")

    assert not is_new
    assert met == first
    kept = Reconciliation.objects.get()
    assert (kept.saw, kept.idea, kept.next_time) == ("bounces", "pattern", "")
    assert kept.reconciled_at == first.reconciled_at
    assert version_of(cohort) == version


def test_nothing_is_made_of_a_reveal_that_was_not_seen(seal: Seal, reconcile: Callable[..., Any]) -> None:
    seal("half-c", "bounces")

    with pytest.raises(Forbidden) as refused:
        reconcile(saw="bounces", idea="pattern")

    assert refused.value.detail == "First look at the answer. Then say what you make of it."
    assert Reconciliation.objects.count() == 0


@pytest.mark.parametrize("item", ["half-a", "half-edge"])
def test_a_quick_question_ends_with_its_reveal(
    seal: Seal, look: Callable[..., Any], reconcile: Callable[..., Any], go_round: Callable[..., None], item: str
) -> None:
    go_round()
    seal(item, {"half-a": "settles", "half-edge": "parted"}[item])
    look(item)

    with pytest.raises(Conflict, match="This question ends with its answer"):
        reconcile(item, saw="settles", idea="pattern")

    assert Reconciliation.objects.get(item=item).reconciled_at is None


# --- when an activity is done ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guesses", "idea", "transfer"),
    [
        (RIGHT, "worked-it-out", "parted"),
        (dict.fromkeys(RIGHT, "one-jump"), "always-settles", "both-bounce"),
    ],
)
def test_the_rates_are_done_by_committing_and_reconciling_right_or_not(
    seal: Seal,
    look: Callable[..., Any],
    reconcile: Callable[..., Any],
    student: Membership,
    guesses: Mapping[str, str],
    idea: str,
    transfer: str,
) -> None:
    states = []
    for item, choice in guesses.items():
        seal(item, choice)
        states.append(activity_state(student, "rates"))
    look("half-c")
    reconcile(saw=guesses["half-c"], idea=idea)
    states.append(activity_state(student, "rates"))
    seal("half-edge", transfer)
    states.append(activity_state(student, "rates"))

    row = PartProgress.objects.get(membership=student, part="rates")
    assert states == [PartState.WORKING] * 5 + [PartState.DONE]
    assert row.state == PartState.DONE
    assert row.activities["rates"] == {"state": "done", "tries": 0, "n_done": 4}
    assert LearningEvent.objects.filter(kind="part_done").count() == 1


def test_extras_do_not_stand_in_for_core_questions(seal: Seal, student: Membership) -> None:
    for item in ("half-e", "half-f", "half-g", "half-a"):
        seal(item)

    assert PartProgress.objects.get().activities["rates"] == {"state": "working", "tries": 0, "n_done": 1}


@pytest.mark.parametrize(
    "chosen",
    [
        {"face-analysis": ("accuracy", "women"), "pulse-oximeters": ("recall", "old")},
        {"exam-proctoring": ("accuracy", "men"), "passport-photos": ("accuracy", "women")},
        {"student-grants": ("recall", "older"), "care-programme": ("recall", "costly")},
    ],
)
def test_any_two_cases_do_extras_included(
    seal: Seal, student: Membership, chosen: Mapping[str, tuple[str, str]]
) -> None:
    states = []
    for item, (choice, second) in chosen.items():
        seal(item, choice, activity="cases", second=second)
        states.append(PartProgress.objects.get(membership=student, part="cases").state)

    assert states == [PartState.WORKING, PartState.DONE]


def test_a_full_case_counts_only_when_it_was_gone_through_to_its_end(
    seal: Seal, look: Callable[..., Any], reconcile: Callable[..., Any], student: Membership
) -> None:
    seal("face-analysis", "accuracy", activity="cases", second="women")
    states = []
    seal("text-detectors", "accuracy", activity="cases", second="everyone")
    states.append(activity_state(student, "cases"))
    look("text-detectors", "cases")
    reconcile("text-detectors", "cases", saw="more", idea="overall")
    states.append(activity_state(student, "cases"))
    seal("blocked-payments", "accuracy", activity="cases")
    states.append(activity_state(student, "cases"))

    assert states == [PartState.WORKING, PartState.WORKING, PartState.DONE]


def test_a_part_with_more_to_come_is_never_done(seal: Seal, student: Membership) -> None:
    seal("lowest", "7", activity="u-curve-guess")

    row = PartProgress.objects.get(membership=student, part="u-curve")
    assert row.activities["u-curve-guess"]["state"] == PartState.DONE
    assert row.state == PartState.WORKING
    assert LearningEvent.objects.filter(kind="part_done").count() == 0


def test_a_number_with_an_answer_is_judged_within_its_tolerance(db: None) -> None:
    sampler = catalogue.get("sampler")
    assert sampler is not None
    verdicts = []
    for guess in ("2.4", "2.6", "2.39", "2.61"):
        member = MembershipFactory(cohort=CohortFactory(lessons=["sampler"]))
        pupils.seal(member, sampler, "guess-first", "far-away", guess)
        verdicts.append(sealing.open_reveal(member, sampler, "guess-first", "far-away").verdict)

    assert verdicts == ["right", "right", "other", "other"]


# --- the rule of the class ------------------------------------------------------------------------


def test_a_students_first_seal_on_the_rates_fixes_the_rule_of_the_class(seal: Seal, cohort: Cohort) -> None:
    seal()

    cohort.refresh_from_db()
    assert cohort.rule_fixed_at is not None
    with pytest.raises(Conflict, match="cannot change now"):
        classroom.services.set_gradient_rule(cohort, GradientRule.FULL)


def test_a_refused_seal_does_not_fix_the_rule(seal: Seal, cohort: Cohort) -> None:
    with pytest.raises(Refusal, match="Choose an answer first"):
        seal(choice="")

    cohort.refresh_from_db()
    assert cohort.rule_fixed_at is None


def test_an_instructor_who_tries_the_rates_does_not_fix_the_rule(
    seal: Seal, instructor: Membership, cohort: Cohort
) -> None:
    seal(by=instructor)

    cohort.refresh_from_db()
    assert cohort.rule_fixed_at is None


@pytest.mark.parametrize(
    ("activity", "item", "choice", "second"),
    [("cases", "face-analysis", "accuracy", "women"), ("u-curve-guess", "lowest", "7", "")],
)
def test_a_question_that_does_not_depend_on_the_rule_does_not_fix_it(
    seal: Seal, cohort: Cohort, activity: str, item: str, choice: str, second: str
) -> None:
    seal(item, choice, activity=activity, second=second)

    cohort.refresh_from_db()
    assert cohort.rule_fixed_at is None


def test_a_full_class_has_its_own_rates_and_knows_nothing_of_the_others(lesson: LoadedLesson, db: None) -> None:
    student = MembershipFactory(cohort=CohortFactory(gradient_rule=GradientRule.FULL))

    with pytest.raises(NotFound, match="This question does not exist here"):
        pupils.seal(student, lesson, "rates", "half-a", "settles")
    pupils.seal(student, lesson, "rates", "full-c", "bounces")
    shown = sealing.open_reveal(student, lesson, "rates", "full-c")

    keys = [item["key"] for item in selectors.activity_facts(student, lesson, "rates")["items"]]
    assert keys == ["full-a", "full-b", "full-c", "full-d", "full-e", "full-f"]
    assert (shown.verdict, shown.answer) == ("right", "bounces forever")
    assert list(Prediction.objects.values_list("item", flat=True)) == ["full-c"]


# --- events, archive, and somebody who has gone ---------------------------------------------------


def test_what_happened_is_recorded_and_told_after_the_commit(
    seal: Seal,
    look: Callable[..., Any],
    reconcile: Callable[..., Any],
    student: Membership,
    django_capture_on_commit_callbacks: Any,
    told: list[Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for item, choice in RIGHT.items():
            seal(item, choice)
        look("half-c")
        reconcile(saw="bounces")
        reconcile(idea="pattern")
        reconcile(idea="pattern")
        seal("half-edge", "parted")
        assert told == []

    assert told[:5] == [
        PredictionSealed(SLUG, "rates", "half-a", 1),
        PredictionSealed(SLUG, "rates", "half-b", 1),
        PredictionSealed(SLUG, "rates", "half-c", 1),
        PredictionSealed(SLUG, "rates", "half-d", 1),
        Reconciled(SLUG, "rates", "half-c"),
    ]
    # One act made both, and which of them is told first is nobody's concern.
    assert len(told) == 7
    assert set(told[5:]) == {PartDone(SLUG, "rates"), PredictionSealed(SLUG, "rates", "half-edge", 1)}
    kinds = LearningEvent.objects.filter(membership=student).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["cohort_joined", *(event.kind for event in told)]


def test_an_archived_class_takes_no_new_seal_but_still_acknowledges_what_it_has(
    seal: Seal, student: Membership
) -> None:
    first = seal()
    student.cohort.archived = True
    student.cohort.save()

    again = seal(client_id=first.prediction.client_id)
    with pytest.raises(Conflict, match="This class is archived"):
        seal("half-b", "zigzags")

    assert (again.prediction, again.is_new) == (first.prediction, False)
    assert Prediction.objects.count() == 1


def test_an_archived_class_shows_a_reveal_but_takes_nothing_that_is_made_of_it(
    seal: Seal, look: Callable[..., RevealView], reconcile: Callable[..., Any], student: Membership
) -> None:
    seal("half-c", "bounces")
    student.cohort.archived = True
    student.cohort.save()

    shown = look("half-c")
    with pytest.raises(Conflict, match="This class is archived"):
        reconcile(saw="bounces", idea="pattern")

    assert shown.answer == "bounces forever"
    assert Reconciliation.objects.get().saw == ""


def test_somebody_taken_out_of_the_class_meanwhile_is_told_so(seal: Seal, student: Membership) -> None:
    Membership.objects.filter(pk=student.pk).delete()

    with pytest.raises(NotFound, match="no longer in this class"):
        seal("face-analysis", "accuracy", activity="cases", second="women")
