"""A led class: nothing opens to it early, nothing counts that came late, and ending it lets everyone go on."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from classroom.models import Cohort, CohortVersion, GradientRule, LearningEvent, Membership, Pace, User
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from classroom.selectors import is_projected
from dashboard import evidence, projector
from lessons import pacing, selectors, stage, voting
from lessons.activities.predict import answers, sealing
from lessons.activities.predict.reveal import RevealView
from lessons.activities.predict.sealing import SealReceipt
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import Counts, PartOpening, PartProgress, PartState, Prediction, RevealOpening, Stage, Vote
from tests import pupils
from tests.factories import MembershipFactory, version_of

pytestmark = pytest.mark.services

SLUG = "data-rules-everything"
RATES = ("rates", "half-a")
TWICE = ("rates", "half-c")  # may be voted on twice
LOCKED = "Your instructor has not opened this part yet. It opens for the whole class at once."
NOT_OPEN = "Your instructor has not opened the vote on this question yet."
HELD_BACK = "Your prediction is sealed. Your instructor shows the answer to everyone at once."
LATE = "Late: the vote had closed. You get full credit, but the class’s count leaves it out."
NAMES = ("Gwendolyn", "Balthasar", "Ximena", "Thorvald", "Philippa", "Ignatius", "Rosalind", "Cuthbert")


class Front:
    """The front of the room: what its instructor does, each act by its name."""

    def __init__(self, instructor: Membership, lesson: LoadedLesson) -> None:
        self.instructor, self.lesson = instructor, lesson

    def open_part(self, key: str = "rates") -> None:
        pacing.open_part(self.instructor, self.lesson, key)

    def close_part(self, key: str = "rates") -> None:
        pacing.close_part(self.instructor, self.lesson, key)

    def free_part(self, key: str = "rates") -> None:
        pacing.free_part(self.instructor, self.lesson, key)

    def open_vote(self, key: stage.Key = RATES) -> None:
        voting.open_vote(self.instructor, self.lesson, *key)

    def close_vote(self, key: stage.Key = RATES) -> None:
        voting.close_vote(self.instructor, self.lesson, *key)

    def reveal(self, key: stage.Key = RATES, *, wait: bool = True) -> None:
        voting.reveal(self.instructor, self.lesson, *key)
        if wait:
            RevealOpening.objects.filter(activity=key[0], item=key[1]).update(opens_at=timezone.now())

    def take_back(self, key: stage.Key = RATES) -> None:
        voting.take_back_reveal(self.instructor, self.lesson, *key)

    def count_hands(self, key: stage.Key = RATES, **hands: Any) -> None:
        voting.count_hands(self.instructor, self.lesson, *key, hands)

    def end(self) -> None:
        pacing.end_class(self.instructor)

    def question(self, key: stage.Key = RATES) -> projector.Question:
        found = projector.wall(self.instructor, self.lesson, "/".join(key)).question
        assert found is not None
        return found

    def state(self, key: stage.Key = RATES) -> str:
        return self.question(key).line.state


@pytest.fixture
def cohort(cohort: Cohort) -> Cohort:
    cohort.pace = Pace.LED
    cohort.save()
    return cohort


@pytest.fixture
def front(instructor: Membership, lesson: LoadedLesson) -> Front:
    return Front(instructor, lesson)


@pytest.fixture
def seal(student: Membership, lesson: LoadedLesson) -> Callable[..., SealReceipt]:
    def send(choice: Any = "settles", key: stage.Key = RATES, *, by: Membership | None = None, **more: Any) -> Any:
        return pupils.seal(by or student, lesson, *key, choice, **more)

    return send


@pytest.fixture
def look(student: Membership, lesson: LoadedLesson) -> Callable[..., RevealView]:
    return lambda key=RATES, by=student: sealing.open_reveal(by, lesson, *key)


@pytest.fixture
def class_of(cohort: Cohort, lesson: LoadedLesson) -> Callable[..., list[Membership]]:
    """Seal these choices, each as another student of the class."""

    def fill(
        *choices: Any, key: stage.Key = RATES, by: list[Membership] | None = None, **more: Any
    ) -> list[Membership]:
        people = by or [
            MembershipFactory(cohort=cohort, user__display_name=f"{NAMES[i % len(NAMES)]} {i}")
            for i in range(len(choices))
        ]
        for membership, choice in zip(people, choices, strict=True):
            pupils.seal(membership, lesson, *key, choice, **more)
        return people

    return fill


def meet_anew(membership: Membership) -> Membership:
    """What the next request of this member works with."""
    return Membership.objects.select_related("cohort", "user").get(pk=membership.pk)


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["seal", "read", "look"])
def test_nothing_in_a_part_can_be_reached_before_its_instructor_opens_it(
    front: Front, student: Membership, lesson: LoadedLesson, act: str
) -> None:
    acts: dict[str, Callable[[], object]] = {
        "seal": lambda: pupils.seal(student, lesson, *RATES, "settles"),
        "read": lambda: selectors.activity_facts(student, lesson, "rates"),
        "look": lambda: sealing.open_reveal(student, lesson, *RATES),
    }

    with pytest.raises(Forbidden) as refused:
        acts[act]()

    assert refused.value.detail == LOCKED
    assert refused.value.status == 403


def test_opening_a_part_opens_all_up_to_it_and_none_after(
    front: Front, student: Membership, lesson: LoadedLesson
) -> None:
    before = [part.key for part in arc_of(student, lesson).parts if not part.is_locked and not part.is_badge]

    front.open_part("u-curve")

    parts = arc_of(student, lesson).parts
    assert before == []
    assert [part.key for part in parts if not part.is_locked and not part.is_badge] == ["by-hand", "rates", "u-curve"]
    assert {part.state for part in parts if part.is_locked} == {PartState.SOON}
    kinds = LearningEvent.objects.filter(kind="part_opened").order_by("id")
    assert [event.facts["part"] for event in kinds] == ["by-hand", "rates", "u-curve"]


def test_opening_a_part_twice_opens_it_once(front: Front) -> None:
    front.open_part("rates")

    front.open_part("rates")

    assert sorted(PartOpening.objects.values_list("part", flat=True)) == ["by-hand", "rates"]
    assert LearningEvent.objects.filter(kind="part_opened").count() == 2


def test_a_part_that_was_opened_can_be_closed_again_with_those_after_it(
    front: Front, seal: Callable[..., Any], student: Membership, lesson: LoadedLesson
) -> None:
    front.open_vote()
    seal()
    front.close_vote()
    front.open_part("bias")

    front.close_part("rates")

    with pytest.raises(Forbidden, match="has not opened this part yet"):
        selectors.activity_facts(student, lesson, "rates")
    assert [part.key for part in arc_of(student, lesson).parts if not part.is_locked and not part.is_badge] == [
        "by-hand"
    ]
    assert Prediction.objects.count() == 1


@pytest.mark.parametrize("act", ["open_part", "close_part", "free_part"])
def test_a_part_that_the_lesson_does_not_have_is_not_found(front: Front, act: str) -> None:
    with pytest.raises(NotFound, match="This lesson does not have this part"):
        getattr(front, act)("no-such-part")


def test_an_instructor_goes_through_a_led_lesson_alone(
    front: Front, instructor: Membership, seal: Callable[..., Any], look: Callable[..., Any], lesson: LoadedLesson
) -> None:
    receipt = seal(by=instructor)

    shown = look(by=instructor)

    assert not any(part.is_locked for part in arc_of(instructor, lesson).parts)
    assert receipt.prediction.counts == Counts.OWN_PACE
    assert shown.answer == "settles smoothly"


def test_one_class_is_led_apart_from_another(front: Front, lesson: LoadedLesson) -> None:
    elsewhere = MembershipFactory(cohort__pace=Pace.LED)

    front.open_vote()

    with pytest.raises(Forbidden, match="has not opened this part yet"):
        pupils.seal(elsewhere, lesson, *RATES, "settles")


# --- votes ----------------------------------------------------------------------------------------


def test_a_question_cannot_be_answered_before_its_vote_is_opened(front: Front, seal: Callable[..., Any]) -> None:
    front.open_part("rates")

    with pytest.raises(Conflict) as refused:
        seal()

    assert refused.value.detail == NOT_OPEN
    assert Prediction.objects.count() == 0


def test_opening_a_vote_opens_its_part(front: Front, student: Membership, lesson: LoadedLesson) -> None:
    front.open_vote()

    assert [part.key for part in arc_of(student, lesson).parts if not part.is_locked and not part.is_badge] == [
        "by-hand",
        "rates",
    ]


def test_a_seal_while_the_vote_is_open_counts_in_it(front: Front, seal: Callable[..., SealReceipt]) -> None:
    front.open_vote()

    receipt = seal()

    assert receipt.prediction.counts == Counts.VOTE
    assert receipt.says == "Sealed while the vote was open, so it counts."


def test_a_seal_after_the_vote_is_late_and_told_so(front: Front, seal: Callable[..., SealReceipt]) -> None:
    front.open_vote()
    front.close_vote()

    receipt = seal()

    assert receipt.prediction.counts == Counts.LATE
    assert receipt.says == LATE
    assert receipt.prediction.sealed_at >= Vote.objects.get().closed_at


def test_a_seal_after_the_reveal_was_opened_is_late_for_somebody_who_has_not_seen_it(
    front: Front, seal: Callable[..., SealReceipt], look: Callable[..., RevealView]
) -> None:
    front.open_vote()
    front.close_vote()
    front.reveal()

    receipt = seal()

    assert receipt.prediction.counts == Counts.LATE
    assert look().answer == "settles smoothly"


def test_late_answers_have_full_credit(
    front: Front, seal: Callable[..., Any], look: Callable[..., Any], student: Membership, lesson: LoadedLesson
) -> None:
    for item in ("half-a", "half-b", "half-c", "half-d"):
        front.open_vote(("rates", item))
        front.close_vote(("rates", item))
        seal("crawls", ("rates", item))
    front.reveal(TWICE)
    look(TWICE)
    sealing.reconcile(student, lesson, *TWICE, saw="bounces", idea="larger-is-faster")

    seal("both-settle", ("rates", "half-edge"))

    assert set(Prediction.objects.exclude(item="half-edge").values_list("counts", flat=True)) == {Counts.LATE}
    assert PartProgress.objects.get(part="rates").state == PartState.DONE


def test_a_late_second_answer_is_refused_once_the_reveal_was_seen(
    front: Front, seal: Callable[..., SealReceipt], look: Callable[..., Any]
) -> None:
    for _round in (1, 2):
        front.open_vote(TWICE)
        if _round == 1:
            seal("explodes", TWICE)
        front.close_vote(TWICE)
    front.reveal(TWICE)
    look(TWICE)

    with pytest.raises(Conflict) as refused:
        seal("bounces", TWICE, round_=2)

    assert refused.value.detail == "You have seen the answer. A prediction comes before it."
    assert Prediction.objects.count() == 1


def test_a_late_second_answer_is_kept_as_long_as_the_reveal_was_not_seen(
    front: Front, seal: Callable[..., SealReceipt]
) -> None:
    for _round in (1, 2):
        front.open_vote(TWICE)
        if _round == 1:
            seal("explodes", TWICE)
        front.close_vote(TWICE)
    front.reveal(TWICE)

    receipt = seal("bounces", TWICE, round_=2)

    assert receipt.prediction.counts == Counts.LATE


def test_a_vote_that_opens_while_a_page_is_made_is_not_missed(
    front: Front, student: Membership, client: Client, lesson: LoadedLesson
) -> None:
    front.open_vote()
    client.force_login(student.user)
    address = f"/c/{student.cohort.slug}/lessons/{SLUG}/rates/"
    is_over = []

    def opens_another_meanwhile(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        result = execute(sql, *args)
        if not is_over and sql.startswith("SELECT") and 'FROM "lessons_prediction"' in sql:
            is_over.append(True)
            front.close_vote()
            front.open_vote(TWICE)
        return result

    with connection.execute_wrapper(opens_another_meanwhile):
        page = client.get(address)
    assert is_over
    assert "data-predict-form" in page.content.decode()
    asks_with = page.context["stage_token"]
    assert client.get(f"{address}since/", {"v": asks_with}, headers={"HX-Request": "true"}).status_code == 200


def test_one_vote_is_open_at_a_time(front: Front) -> None:
    front.open_vote()

    with pytest.raises(Conflict) as refused:
        front.open_vote(("rates", "half-b"))

    assert refused.value.detail == "Another vote is still open. Close it first."
    assert Vote.objects.get().item == "half-a"


def test_the_database_itself_refuses_a_second_open_vote(front: Front) -> None:
    front.open_vote()

    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(stage=Stage.objects.get(), activity="rates", item="half-b", round=1)


def test_opening_a_vote_twice_is_one_vote(front: Front) -> None:
    front.open_vote()

    front.open_vote()

    assert Vote.objects.count() == 1
    assert LearningEvent.objects.filter(kind="vote_opened").count() == 1


def test_closing_a_vote_twice_closes_it_once(front: Front) -> None:
    front.open_vote()
    front.close_vote()
    closed_at = Vote.objects.get().closed_at

    front.close_vote()

    assert Vote.objects.get().closed_at == closed_at
    assert LearningEvent.objects.filter(kind="vote_closed").count() == 1


def test_a_question_has_a_second_vote_only_where_its_author_says_so(front: Front) -> None:
    front.open_vote()
    front.close_vote()

    with pytest.raises(Conflict, match="This question has no more votes"):
        front.open_vote()

    assert Vote.objects.count() == 1


def test_a_question_with_two_votes_has_two_and_no_third(front: Front, seal: Callable[..., SealReceipt]) -> None:
    counted = []
    for round_ in (1, 2):
        front.open_vote(TWICE)
        counted.append(seal("bounces", TWICE, round_=round_).prediction.counts)
        front.close_vote(TWICE)

    with pytest.raises(Conflict, match="This question has no more votes"):
        front.open_vote(TWICE)

    assert counted == [Counts.VOTE, Counts.VOTE]
    assert list(Vote.objects.order_by("round").values_list("round", flat=True)) == [1, 2]


def test_the_first_round_is_late_while_the_second_vote_is_open(front: Front, seal: Callable[..., SealReceipt]) -> None:
    front.open_vote(TWICE)
    front.close_vote(TWICE)
    front.open_vote(TWICE)

    first, second = seal("bounces", TWICE, round_=1), seal("bounces", TWICE, round_=2)

    assert [first.prediction.counts, second.prediction.counts] == [Counts.LATE, Counts.VOTE]


@pytest.mark.parametrize(
    "key", [("rates", "half-z"), ("by-hand", "half-a"), ("rates", "full-a"), ("rates", "half-edge")]
)
@pytest.mark.parametrize("act", ["open_vote", "close_vote", "reveal", "take_back"])
def test_a_question_that_the_class_cannot_be_asked_is_not_found(front: Front, act: str, key: stage.Key) -> None:
    with pytest.raises(NotFound, match="This question does not exist here"):
        getattr(front, act)(key)

    assert (Vote.objects.count(), RevealOpening.objects.count()) == (0, 0)


@pytest.mark.parametrize("act", ["open_part", "close_part", "free_part", "open_vote", "close_vote", "reveal", "end"])
def test_an_archived_class_cannot_be_led(front: Front, cohort: Cohort, act: str) -> None:
    front.instructor.cohort.archived = True
    front.instructor.cohort.save()

    with pytest.raises(Conflict, match="This class is archived"):
        getattr(front, act)()

    assert Stage.objects.count() == 0
    cohort.refresh_from_db()
    assert (cohort.pace, cohort.ended_at) == (Pace.LED, None)


# --- reveals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_acts", [0, 1])
def test_a_reveal_needs_a_vote_that_was_held_and_closed(front: Front, n_acts: int) -> None:
    front.open_part("rates")
    if n_acts:
        front.open_vote()

    with pytest.raises(Conflict) as refused:
        front.reveal()

    assert refused.value.detail == "The vote comes first. Open it, let the class answer, then close it."
    assert RevealOpening.objects.count() == 0


def test_what_waits_for_a_run_is_revealed_like_any_other_to_whoever_has_one(front: Front) -> None:
    key = ("u-curve-guess", "lowest")
    front.open_vote(key)
    front.close_vote(key)

    front.reveal(key)

    assert RevealOpening.objects.get().item == "lowest"


def test_no_vote_comes_after_the_reveal(front: Front) -> None:
    front.open_vote(TWICE)
    front.close_vote(TWICE)
    front.reveal(TWICE)

    with pytest.raises(Conflict) as refused:
        front.open_vote(TWICE)

    assert refused.value.detail == "The answer has been revealed. It is too late for a vote."


def test_a_reveal_opens_after_three_seconds_and_not_before(
    front: Front, seal: Callable[..., Any], look: Callable[..., RevealView], clock: Callable[[datetime], None]
) -> None:
    front.open_vote()
    seal()
    front.close_vote()
    pressed = timezone.now()
    clock(pressed)
    front.reveal(wait=False)

    states = [front.state()]
    clock(pressed + timedelta(seconds=3, microseconds=-1))
    states.append(front.state())
    with pytest.raises(Forbidden) as refused:
        look()
    clock(pressed + timedelta(seconds=3))
    states.append(front.state())

    assert states == ["pending", "pending", "revealed"]
    assert refused.value.detail == HELD_BACK
    assert look().answer == "settles smoothly"


def test_a_reveal_can_be_taken_back_in_its_three_seconds(
    front: Front, seal: Callable[..., Any], look: Callable[..., Any], clock: Callable[[datetime], None]
) -> None:
    front.open_vote()
    seal()
    front.close_vote()
    pressed = timezone.now()
    clock(pressed)
    front.reveal(wait=False)
    clock(pressed + timedelta(seconds=3, microseconds=-1))

    front.take_back()

    clock(pressed + timedelta(seconds=60))
    assert front.state() == "voted"
    with pytest.raises(Forbidden, match="shows the answer to everyone at once"):
        look()


def test_a_reveal_that_is_open_stays_open(front: Front, clock: Callable[[datetime], None]) -> None:
    front.open_vote()
    front.close_vote()
    pressed = timezone.now()
    clock(pressed)
    front.reveal(wait=False)
    clock(pressed + timedelta(seconds=3))

    with pytest.raises(Conflict) as refused:
        front.take_back()

    assert refused.value.detail == "The answer is already open. Somebody may have seen it."
    assert front.state() == "revealed"


def test_revealing_twice_does_not_put_it_off(front: Front) -> None:
    front.open_vote()
    front.close_vote()
    front.reveal(wait=False)
    opens_at = RevealOpening.objects.get().opens_at

    front.reveal(wait=False)

    assert RevealOpening.objects.get().opens_at == opens_at
    assert LearningEvent.objects.filter(kind="reveal_opened").count() == 1


def test_a_member_sees_what_is_behind_it_only_after_the_opening(
    front: Front, seal: Callable[..., Any], look: Callable[..., RevealView]
) -> None:
    front.open_vote()
    seal("explodes")
    with pytest.raises(Forbidden) as while_open:
        look()
    front.close_vote()
    with pytest.raises(Forbidden) as after_vote:
        look()

    front.reveal()

    assert [while_open.value.detail, after_vote.value.detail] == [HELD_BACK, HELD_BACK]
    assert (look().verdict, look().answer) == ("other", "settles smoothly")


def test_an_open_reveal_shows_nothing_to_somebody_who_has_sealed_nothing(
    front: Front, look: Callable[..., Any]
) -> None:
    front.open_vote()
    front.close_vote()
    front.reveal()

    with pytest.raises(Forbidden, match="Predict first"):
        look()


def test_a_reveal_of_one_question_opens_no_other(
    front: Front, seal: Callable[..., Any], look: Callable[..., Any]
) -> None:
    for item in ("half-a", "half-b"):
        front.open_vote(("rates", item))
        seal("settles", ("rates", item))
        front.close_vote(("rates", item))

    front.reveal()

    assert look().answer == "settles smoothly"
    with pytest.raises(Forbidden, match="shows the answer to everyone at once"):
        look(("rates", "half-b"))


def test_the_transfer_question_needs_no_vote_and_no_opening(
    front: Front,
    seal: Callable[..., SealReceipt],
    look: Callable[..., RevealView],
    student: Membership,
    lesson: LoadedLesson,
) -> None:
    front.open_vote(TWICE)
    seal("bounces", TWICE)
    front.close_vote(TWICE)
    front.reveal(TWICE)
    look(TWICE)
    sealing.reconcile(student, lesson, *TWICE, saw="bounces", idea="pattern")

    receipt = seal("parted", ("rates", "half-edge"))

    assert receipt.prediction.counts == Counts.OWN_PACE
    assert look(("rates", "half-edge")).verdict == "right"


# --- letting go -----------------------------------------------------------------------------------


def test_in_a_freed_part_everyone_goes_on_alone(
    front: Front, seal: Callable[..., SealReceipt], look: Callable[..., RevealView]
) -> None:
    front.free_part("rates")

    receipt = seal()

    assert receipt.prediction.counts == Counts.OWN_PACE
    assert look().answer == "settles smoothly"
    assert LearningEvent.objects.filter(kind="part_freed").count() == 1


def test_a_freed_part_frees_no_other(front: Front, seal: Callable[..., Any]) -> None:
    front.free_part("rates")
    front.open_part("cases")

    with pytest.raises(Conflict) as refused:
        seal("accuracy", ("cases", "face-analysis"), second="women")

    assert refused.value.detail == NOT_OPEN


def test_a_vote_in_a_freed_part_holds_its_reveal_back_until_it_is_closed(
    front: Front, seal: Callable[..., SealReceipt], look: Callable[..., RevealView]
) -> None:
    front.free_part("rates")
    front.open_vote()
    receipt = seal()
    with pytest.raises(Forbidden, match="shows the answer to everyone at once"):
        look()

    front.close_vote()

    assert receipt.prediction.counts == Counts.VOTE
    assert look().answer == "settles smoothly"


def test_the_end_of_the_class_closes_its_votes_and_lets_everyone_go_on(
    front: Front,
    seal: Callable[..., SealReceipt],
    look: Callable[..., RevealView],
    student: Membership,
    lesson: LoadedLesson,
) -> None:
    front.open_vote()
    seal()
    before = timezone.now()

    front.end()

    latecomer = meet_anew(student)
    vote = Vote.objects.get()
    assert latecomer.cohort.pace == Pace.SELF
    assert before <= latecomer.cohort.ended_at <= timezone.now()
    assert before <= vote.closed_at <= timezone.now()
    assert not any(part.is_locked for part in arc_of(latecomer, lesson).parts)
    assert look(by=latecomer).answer == "settles smoothly"
    assert seal("zigzags", ("rates", "half-b"), by=latecomer).prediction.counts == Counts.OWN_PACE
    assert LearningEvent.objects.filter(kind="class_ended").count() == 1


def test_after_the_class_an_answer_to_a_voted_question_is_late_and_outside_the_bars(
    front: Front,
    seal: Callable[..., SealReceipt],
    look: Callable[..., RevealView],
    class_of: Callable[..., Any],
    student: Membership,
) -> None:
    front.open_vote()
    class_of("settles", "settles", "zigzags", "zigzags", "explodes")
    front.end()
    latecomer = meet_anew(student)

    receipt = seal("crawls", by=latecomer)
    shown = look(by=latecomer)

    assert (receipt.prediction.counts, receipt.says) == (Counts.LATE, LATE)
    assert shown.room is not None
    assert shown.room.name == "How 5 in the class answered"
    assert {row.text: row.label for row in shown.room.rows} == {
        "crawls": "0",
        "settles smoothly": "2",
        "one jump": "0",
        "zigzags, settles": "2",
        "bounces forever": "0",
        "explodes": "1",
    }


def test_a_class_can_be_led_again_and_what_was_opened_is_open_still(
    front: Front, student: Membership, lesson: LoadedLesson
) -> None:
    front.open_part("rates")
    front.end()

    pacing.lead_class(front.instructor)

    parts = arc_of(meet_anew(student), lesson).parts
    assert [part.key for part in parts if not part.is_locked and not part.is_badge] == ["by-hand", "rates"]


# --- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "share"),
    [
        (["settles"] * 4, None),
        (["settles"] * 5, 1.0),
        (["settles", "settles", "zigzags", "crawls", "explodes"], 0.4),
        (["zigzags"] * 5, 0.0),
        ([], None),
    ],
)
def test_the_share_of_right_answers_is_told_from_five_answers_on(
    front: Front,
    class_of: Callable[..., Any],
    cohort: Cohort,
    lesson: LoadedLesson,
    choices: list[str],
    share: float | None,
) -> None:
    front.open_vote()
    class_of(*choices)
    front.close_vote()

    assert _share(front, RATES) == share


def test_an_answer_that_is_credited_counts_as_right_if_its_second_half_is(
    front: Front, class_of: Callable[..., Any]
) -> None:
    key = ("cases", "pulse-oximeters")
    front.open_vote(key)
    class_of("recall", "error-size", key=key, second="dark-skin")
    class_of("recall", "error-size", "precision", key=key, second="old")

    assert _share(front, key) == 0.4


def test_a_guess_about_a_run_to_come_has_no_share_of_right_answers(front: Front, class_of: Callable[..., Any]) -> None:
    key = ("bias-guess", "headline")
    front.open_vote(key)
    class_of("90", "80", "70", "60", "50", key=key)
    front.close_vote(key)

    assert _share(front, key) is None
    assert front.question(key).line.act == "reveal"


@pytest.mark.parametrize(
    ("share", "is_wanted", "advice"),
    [
        (0.0, False, "Give a hint first. Then reveal the answer."),
        (0.29, False, "Give a hint first. Then reveal the answer."),
        (0.3, True, "Talk to your neighbour. Then vote again."),
        (float(Fraction(7, 10)), True, "Talk to your neighbour. Then vote again."),
        (0.71, False, "Ready to reveal."),
        (1.0, False, "Ready to reveal."),
    ],
)
def test_a_second_vote_is_wanted_where_a_talk_with_the_neighbour_teaches_most(
    share: float, is_wanted: bool, advice: str
) -> None:
    assert voting.wants_second_vote(share) is is_wanted
    assert voting.advice(share) == advice


@pytest.mark.parametrize(
    ("n_right", "act", "advice"),
    [
        (2, "reveal", "Give a hint first. Then reveal the answer."),
        (3, "open_vote", "Talk to your neighbour. Then vote again."),
        (7, "open_vote", "Talk to your neighbour. Then vote again."),
        (8, "reveal", "Ready to reveal."),
    ],
)
def test_the_button_after_a_first_vote_is_what_the_share_of_right_answers_asks_for(
    front: Front, class_of: Callable[..., Any], n_right: int, act: str, advice: str
) -> None:
    front.open_vote(TWICE)
    class_of(*["bounces"] * n_right, *["explodes"] * (10 - n_right), key=TWICE)
    front.close_vote(TWICE)

    question = front.question(TWICE)

    assert (question.line.act, question.advice) == (act, advice)


def test_after_the_second_vote_its_answers_alone_are_counted(front: Front, class_of: Callable[..., Any]) -> None:
    front.open_vote(TWICE)
    people = class_of(*["explodes"] * 5, key=TWICE)
    front.close_vote(TWICE)
    front.open_vote(TWICE)
    class_of("bounces", "bounces", "bounces", "bounces", "explodes", key=TWICE, by=people, round_=2)
    front.close_vote(TWICE)

    front.reveal(TWICE)

    votes = front.question(TWICE).evidence.votes
    assert _share(front, TWICE) == 0.8
    assert votes is not None
    assert votes.n == 5
    assert {row.text: row.now for row in votes.rows if row.now} == {"bounces forever": 4, "explodes": 1}
    assert [row.text for row in votes.rows if row.is_right] == ["bounces forever"]


@pytest.mark.parametrize(("n_answers", "has_bars"), [(4, False), (5, True)])
def test_the_room_has_bars_from_five_answers_on_and_only_after_the_reveal(
    front: Front, class_of: Callable[..., Any], n_answers: int, has_bars: bool
) -> None:
    front.open_vote()
    class_of(*["settles"] * n_answers)
    bars = [front.question().evidence.votes]
    front.close_vote()
    bars.append(front.question().evidence.votes)
    front.reveal(wait=False)
    bars.append(front.question().evidence.votes)

    front.reveal()

    assert bars == [None, None, None]
    assert (front.question().evidence.votes is not None) is has_bars


@pytest.mark.parametrize(("n_others", "has_bars"), [(3, False), (4, True)])
def test_a_members_reveal_has_the_bars_of_the_class_from_five_answers_on(
    front: Front,
    class_of: Callable[..., Any],
    seal: Callable[..., Any],
    look: Callable[..., RevealView],
    n_others: int,
    has_bars: bool,
) -> None:
    front.open_vote()
    class_of(*["zigzags"] * n_others)
    seal("settles")
    front.close_vote()
    front.reveal()

    bars = look().room

    assert (bars is not None) is has_bars
    if bars is not None:
        assert [(row.text, row.label) for row in bars.rows if row.is_mine] == [("settles smoothly", "1")]


def test_an_instructors_own_answer_is_in_no_figure(
    front: Front, class_of: Callable[..., Any], seal: Callable[..., SealReceipt], instructor: Membership
) -> None:
    front.open_vote()
    class_of(*["zigzags"] * 4)
    own = seal("settles", by=instructor)
    front.close_vote()
    with_four = _share(front, RATES)
    front.reveal()
    bars = front.question().evidence.votes
    front.open_vote(("rates", "half-b"))
    class_of(*["settles"] * 5, key=("rates", "half-b"))
    seal("zigzags", ("rates", "half-b"), by=instructor)

    assert own.prediction.counts == Counts.OWN_PACE
    assert (with_four, bars) == (None, None)
    assert _share(front, ("rates", "half-b")) == 0.0
    assert front.question(("rates", "half-b")).n_sealed == 0


def test_the_room_counts_who_is_here_and_who_of_them_has_answered(
    front: Front, class_of: Callable[..., Any], student: Membership, instructor: Membership
) -> None:
    front.open_vote()
    people = class_of("settles", "zigzags", "crawls")
    here = [people[0].pk, people[1].pk, student.pk, instructor.pk]
    Membership.objects.filter(pk__in=here).update(last_active_at=timezone.now())

    question = front.question()

    assert (question.n_sealed, question.n_here) == (2, 3)


def _share(front: Front, key: stage.Key) -> float | None:
    cohort = front.instructor.cohort
    standing = stage.read_for_room(cohort, SLUG)
    _part, activity, item = voting.find(front.instructor, front.lesson, *key)
    given = answers.tallies(cohort, SLUG, standing, key).get(key, [])
    return answers.share_right(activity, GradientRule.HALF, item, given)


# --- what the room sees ---------------------------------------------------------------------------


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)


@pytest.mark.parametrize("key", [RATES, TWICE, ("cases", "text-detectors")])
def test_the_projector_shows_no_name_and_before_the_reveal_neither_bars_nor_answer(
    front: Front, class_of: Callable[..., Any], lesson: LoadedLesson, key: stage.Key
) -> None:
    _part, _activity, item = voting.find(front.instructor, lesson, *key)
    assert item.reveal is not None
    says = evidence.in_short(item.reveal.text)
    second = item.second.choices[0].key if item.second else ""
    shown = [front.question(key)]
    front.open_vote(key)
    class_of(*[item.choices[i % 3].key for i in range(8)], key=key, second=second, because="Gwendolyn told me so")
    shown.append(front.question(key))
    front.close_vote(key)
    shown.append(front.question(key))
    front.reveal(key, wait=False)
    shown.append(front.question(key))
    front.reveal(key)
    after = front.question(key)

    assert [question.line.state for question in shown] == ["closed", "open", "voted", "pending"]
    for question in shown:
        assert (question.evidence, question.answer) == (evidence.Evidence(), "")
        assert says not in " ".join(_texts(asdict(question)))
    assert after.evidence.votes is not None
    assert after.answer
    assert after.evidence.says == says
    for question in (*shown, after):
        text = " ".join(_texts(asdict(question)))
        assert [name for name in (*NAMES, "Ines") if name in text] == []


@pytest.mark.parametrize(
    ("n_answers", "shown"),
    [(6, "How 6 in the class answered"), (4, "Twice the rate, three times as fast")],
)
def test_the_projectors_page_shows_no_name_and_no_answer_before_the_reveal(
    front: Front,
    class_of: Callable[..., Any],
    client_of: Callable[[User], Client],
    instructor: Membership,
    n_answers: int,
    shown: str,
) -> None:
    front.open_vote()
    class_of(*["settles"] * n_answers, because="Gwendolyn told me so")
    front.close_vote()
    client = client_of(instructor.user)

    before = client.get("/present/ours/?question=rates/half-a").content.decode()
    front.reveal()
    after = client.get("/present/ours/?question=rates/half-a").content.decode()

    assert [text for text in (shown, "✓", "wall__answer", "wall__says") if text in before] == []
    assert shown in after
    assert "wall__answer" in after
    assert [name for name in NAMES if name in before + after] == []


def on_wall(front: Front, asked: str = "") -> str:
    """What every projector of the class shows; “pinned” before it if it is one page's alone."""
    wall = projector.wall(front.instructor, front.lesson, asked)
    return ("pinned " if wall.pinned else "") + (wall.question.line.item if wall.question else "first page")


def test_the_wall_begins_with_the_way_in_and_then_shows_what_was_pressed_last(
    front: Front, instructor: Membership, lesson: LoadedLesson
) -> None:
    at = [on_wall(front)]
    for act in ("open_vote", "close_vote", "reveal"):
        getattr(front, act)(("rates", "half-b"))
        at.append(on_wall(front))
    voting.show(instructor, lesson, "rates", "half-d")
    at.append(on_wall(front))
    voting.show(instructor, lesson, "", "")
    at.append(on_wall(front))

    assert at == ["first page", "half-b", "half-b", "half-b", "half-d", "first page"]


def test_a_page_may_look_at_one_question_while_the_wall_shows_another(
    front: Front, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.show(instructor, lesson, "rates", "half-b")

    assert on_wall(front, "rates/half-d") == "pinned half-d"
    assert on_wall(front, "rates/half-b") == "half-b"
    assert on_wall(front, "rates/nothing") == "half-b"


def test_nothing_is_put_on_the_wall_of_an_archived_class_nor_what_the_lesson_has_not(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    with pytest.raises(NotFound):
        voting.show(instructor, lesson, "rates", "full-a")
    cohort.archived = True
    cohort.save()

    with pytest.raises(Conflict):
        voting.show(instructor, lesson, "rates", "half-a")


# --- hands raised in the room ---------------------------------------------------------------------


def bars_of(front: Front, key: stage.Key) -> dict[str, int]:
    """The bars on the wall that are not empty."""
    votes = front.question(key).evidence.votes
    return {row.text: row.now for row in votes.rows if row.now} if votes else {}


def test_hands_are_counted_with_the_answers_that_were_sealed(front: Front, class_of: Callable[..., Any]) -> None:
    front.open_vote(TWICE)
    class_of("bounces", "explodes", key=TWICE)
    front.count_hands(TWICE, bounces="4", crawls="")
    asked = front.question(TWICE)
    front.close_vote(TWICE)
    front.reveal(TWICE)

    assert asked.n_hands == 4
    assert [n for _key, _text, n in asked.hands] == [0, 0, 0, 0, 4, 0]
    assert bars_of(front, TWICE) == {"bounces forever": 5, "explodes": 1}


def test_four_answers_and_hands_together_are_too_few_for_bars(front: Front, class_of: Callable[..., Any]) -> None:
    front.open_vote()
    class_of("settles", "crawls")
    front.count_hands(settles="2")
    front.close_vote()
    front.reveal()

    assert front.question().evidence.votes is None


def test_hands_decide_with_the_answers_whether_to_vote_again(front: Front, class_of: Callable[..., Any]) -> None:
    front.open_vote(TWICE)
    class_of(*["explodes"] * 6, key=TWICE)
    front.close_vote(TWICE)
    before = front.question(TWICE)

    front.count_hands(TWICE, bounces="6")

    after = front.question(TWICE)
    assert [before.advice, after.advice] == [
        "Give a hint first. Then reveal the answer.",
        "Talk to your neighbour. Then vote again.",
    ]
    assert [before.line.act, after.line.act] == ["reveal", "open_vote"]


def test_hands_belong_to_the_vote_in_which_they_were_raised(front: Front) -> None:
    for hands in ("9", "5"):
        front.open_vote(TWICE)
        front.count_hands(TWICE, bounces=hands)
        front.close_vote(TWICE)
    front.reveal(TWICE)

    assert list(Vote.objects.order_by("round").values_list("hands", flat=True)) == [{"bounces": 9}, {"bounces": 5}]
    assert bars_of(front, TWICE) == {"bounces forever": 5}


def test_hands_that_are_counted_again_replace_those_before_and_each_count_is_noted(front: Front) -> None:
    front.open_vote()
    front.count_hands(settles="7", crawls="2")

    front.count_hands(settles=" ٨ ")

    assert Vote.objects.get().hands == {"settles": 8}
    noted = LearningEvent.objects.filter(kind="hands_counted").order_by("id")
    assert [each.facts["hands"] for each in noted] == [{"settles": 7, "crawls": 2}, {"settles": 8}]


@pytest.mark.parametrize("typed", ["-1", "2.5", "many", "401", "1e2", "²", "1,5", pytest.param("9" * 5000, id="long")])
def test_what_is_no_number_of_hands_is_refused_with_a_sentence_and_changes_nothing(front: Front, typed: str) -> None:
    front.open_vote()
    front.count_hands(settles="7")

    with pytest.raises(Refusal) as refused:
        front.count_hands(settles="8", crawls=typed)

    assert refused.value.detail == "“crawls”: type a whole number from 0 to 400."
    assert Vote.objects.get().hands == {"settles": 7}


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (("bias-guess", "headline"), "This question does not ask for one choice"),
        (("cases", "text-detectors"), "This question does not ask for one choice"),
        (("rates", "half-b"), "The vote comes first. Open it, then count hands."),
    ],
)
def test_hands_are_refused_where_the_room_cannot_answer_with_them(front: Front, key: stage.Key, why: str) -> None:
    if key[0] != "rates":
        front.open_vote(key)

    with pytest.raises(Conflict, match=why):
        front.count_hands(key, bounces="3")

    assert front.question(key).hands == ()


def test_no_hands_are_counted_once_the_reveal_is_pressed(front: Front) -> None:
    front.open_vote()
    front.close_vote()
    front.reveal(wait=False)

    with pytest.raises(Conflict, match="It is too late to count hands"):
        front.count_hands(settles="3")

    assert front.question().hands == ()


# --- the projector and its remote -----------------------------------------------------------------


@pytest.fixture
def phone(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


PRESS = {"activity": "rates", "item": "half-b"}


@pytest.mark.parametrize("is_led", [True, False])
def test_the_remote_moves_every_projector_of_the_class(phone: Client, cohort: Cohort, is_led: bool) -> None:
    cohort.pace = Pace.LED if is_led else Pace.SELF
    cohort.save()
    v = phone.get("/present/ours/").context["v"]

    pressed = phone.post("/present/ours/?remote=1", {"act": "show"} | PRESS)
    moved = phone.get(f"/present/ours/since/?v={v}")

    assert pressed.url == "/present/ours/?lesson=data-rules-everything&remote=1"
    assert "Learning rate 0.2</h1>" in moved.content.decode()
    assert phone.get(f"/present/ours/since/?v={moved.context['v']}").status_code == 204
    assert stage.token(meet_anew(Membership.objects.get(user__username="ines")), SLUG).endswith("0")


def test_what_is_pressed_on_a_page_that_looks_at_one_question_goes_onto_the_wall(phone: Client, front: Front) -> None:
    pinned = "/present/ours/?question=rates/half-b"
    front.open_part()
    looked = phone.get(pinned).content.decode()
    before = on_wall(front)

    answer = phone.post(pinned, {"act": "open_vote"} | PRESS, headers={"HX-Request": "true"}).content.decode()

    assert "question=rates/half-b" in looked
    assert (before, on_wall(front)) == ("first page", "half-b")
    assert "question=" not in answer


@pytest.mark.parametrize("asks", ["?", "since/?v=0&"])
def test_the_remote_stays_one(phone: Client, front: Front, asks: str) -> None:
    front.open_vote()

    said = phone.get(f"/present/ours/{asks}remote=1", headers={"HX-Request": "true"}).content.decode()

    assert said.lstrip().startswith('<div class="remote"')
    assert said.count("&remote=1") + said.count("&amp;remote=1") == 2 * said.count("<form") + 1


@pytest.mark.parametrize("address", ["/present/ours/", "/present/ours/since/?v=0"])
def test_a_projector_is_open_for_fifteen_seconds_after_it_last_asked(
    phone: Client, cohort: Cohort, clock: Callable[[datetime], None], address: str
) -> None:
    start = timezone.now()
    seen = []
    for seconds, asks in ((0, False), (0, True), (15, False), (15, True), (18, True), (32, False), (32, True)):
        clock(start + timedelta(seconds=seconds))
        if asks:
            phone.get(address)
        version = CohortVersion.objects.get(cohort=cohort)
        seen.append((is_projected(version), version.number, (version.projected_at or start) - start))

    first = seen[0][1]
    assert [(is_open, number - first, noted.seconds) for is_open, number, noted in seen] == [
        (False, 0, 0),
        (True, 1, 0),
        (False, 1, 0),
        (True, 2, 15),
        (True, 2, 15),  # five seconds have not passed
        (False, 2, 15),
        (True, 3, 32),
    ]


@pytest.mark.parametrize("address", ["/present/ours/?remote=1", "/present/ours/since/?v=0&remote=1"])
def test_a_remote_is_no_projector(phone: Client, cohort: Cohort, address: str) -> None:
    phone.get(address)

    assert CohortVersion.objects.get(cohort=cohort).projected_at is None


@pytest.mark.parametrize("remote", ["", "?remote=1"])
def test_hands_are_sent_with_the_page(phone: Client, front: Front, remote: str) -> None:
    front.open_vote()
    sent = {"act": "hands", "activity": "rates", "item": "half-a", "hands-settles": "12", "hands-crawls": ""}

    told = phone.post(f"/present/ours/{remote}", sent, follow=True).content.decode()
    refused = phone.post(f"/present/ours/{remote}", sent | {"hands-settles": "twelve"})

    assert "+ 12 hands" in told
    assert refused.status_code == 400
    assert "“settles smoothly”: type a whole number from 0 to 400." in refused.content.decode()
    assert Vote.objects.get().hands == {"settles": 12}


def test_the_first_page_has_the_way_in_and_no_name(
    phone: Client, cohort: Cohort, class_of: Callable[..., Any], clock: Callable[[datetime], None]
) -> None:
    clock(timezone.now())
    cohort.name = "Monday group"
    cohort.save()
    people = [MembershipFactory(cohort=cohort, user__display_name=name) for name in NAMES]
    Membership.objects.filter(pk__in=[each.pk for each in people[:3]]).update(last_active_at=timezone.now())

    said = phone.get("/present/ours/").content.decode()

    words = " ".join(re.sub(r"<[^>]+>", " ", said).split())
    assert "Monday group" in words
    assert "testserver/join/" in words
    assert "ACDE-3467" in words
    assert "3 here · 8 have joined" in words
    assert 'aria-label="QR code of http://testserver/join/ACDE-3467"' in said
    assert [name for name in NAMES if name in said] == []


def test_the_first_page_of_an_archived_class_has_no_way_in(phone: Client, cohort: Cohort) -> None:
    cohort.archived = True
    cohort.save()

    said = phone.get("/present/ours/").content.decode()

    assert "This class is archived. Nobody can join it." in said
    assert [shown for shown in ("ACDE-3467", "<svg", "<button") if shown in said] == []


def test_a_press_that_cannot_be_read_is_refused(phone: Client) -> None:
    refused = phone.post("/present/ours/", {"act": "shout"} | PRESS)

    assert refused.status_code == 400
    assert "We could not tell which button you pressed." in refused.content.decode()


# --- what changed ---------------------------------------------------------------------------------


def test_the_token_of_the_stage_changes_with_every_act(front: Front, student: Membership, lesson: LoadedLesson) -> None:
    acts: list[Callable[[], None]] = [
        front.open_part,
        front.open_vote,
        front.close_vote,
        lambda: front.reveal(wait=False),
        front.take_back,
        front.reveal,
        front.free_part,
        front.close_part,
        front.end,
        lambda: pacing.lead_class(front.instructor),
    ]
    tokens = [stage.read(student, SLUG).token]
    polled = [stage.token(student, SLUG)]
    for act in acts:
        act()
        tokens.append(stage.read(meet_anew(student), SLUG).token)
        polled.append(stage.token(meet_anew(student), SLUG))

    assert len(set(tokens)) == len(set(polled)) == len(acts) + 1
    # What a page asks with is what it was made with, except as long as a reveal is pending.
    assert [made for made, asked in zip(tokens, polled, strict=True) if made != asked] == [f"{polled[4]}.pending"]


@pytest.mark.parametrize(
    "act", ["open_part", "free_part", "open_vote", "close_vote", "reveal", "take_back", "close_part", "end"]
)
def test_every_act_raises_the_version_of_the_class(front: Front, cohort: Cohort, act: str) -> None:
    front.open_vote()
    if act in ("reveal", "take_back"):
        front.close_vote()
    before = version_of(cohort)

    getattr(front, act)()

    assert version_of(cohort) > before


def test_while_a_reveal_can_be_taken_back_the_token_is_pending_and_then_a_new_one(
    front: Front, student: Membership, clock: Callable[[datetime], None]
) -> None:
    front.open_vote()
    front.close_vote()
    pressed = timezone.now()
    tokens = [stage.read(student, SLUG).token]
    clock(pressed)
    front.reveal(wait=False)
    for seconds in (0, 2.9, 3):
        clock(pressed + timedelta(seconds=seconds))
        tokens.append(stage.read(student, SLUG).token)

    assert [token.endswith(".pending") for token in tokens] == [False, True, True, False]
    assert tokens[1] == tokens[2] == f"{tokens[3]}.pending"
    assert tokens[3] != tokens[0]
    assert projector.way(front.instructor, front.lesson).stage.token == tokens[3]


def test_a_refused_act_changes_nothing(front: Front, student: Membership) -> None:
    front.open_vote()
    before = stage.token(student, SLUG), Vote.objects.count(), PartOpening.objects.count()

    for act, key in (("open_vote", ("rates", "half-z")), ("reveal", RATES), ("close_vote", ("rates", "half-z"))):
        with pytest.raises(Refusal):
            getattr(front, act)(key)

    assert (stage.token(student, SLUG), Vote.objects.count(), PartOpening.objects.count()) == before


def test_the_same_id_gets_its_vote_back_after_the_vote_has_closed(
    front: Front, seal: Callable[..., SealReceipt]
) -> None:
    client_id = uuid.uuid4()
    front.open_vote()
    seal(client_id=client_id)
    front.close_vote()

    again = seal(client_id=client_id)

    assert (again.is_new, again.prediction.counts) == (False, Counts.VOTE)
    assert again.says == "Sealed while the vote was open, so it counts."
