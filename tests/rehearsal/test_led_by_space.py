"""The space bar alone leads a rehearsed class through the whole lesson: in its order, every run before its reveal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from classroom.models import Membership, Rehearsal, Role, User
from experiments.models import RunRequest, RunState
from lessons.models import Counts, PartOpening, PartProgress, PartState, Prediction, RevealOpening, Vote
from rehearsal import services
from tests.dashboard.test_leading import asked, primary, sent_by
from tests.lessons import runs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("brief_runs")]

N, SPEED = 5, 20
TAKEN_BY_HAND, PATIENCE, ANSWERED = 25, 8, 0.8
BIAS = ["headline", "recall", "absorber"]
# The run that a question is about.
WAITS = {"lowest": "u-curve-run/polynomial", "louder": "bias-fix/louder"}
WAITS |= dict.fromkeys(("headline", "ship", "recall", "absorber"), "bias-run/starve")


class Room:
    """A rehearsed class, its worker, and a wall in front of which somebody presses the space bar."""

    def __init__(self, rehearsal: Rehearsal, wall: Client, clock: Callable[[datetime], None]) -> None:
        self.rehearsal, self.wall, self.clock = rehearsal, wall, clock
        self.address = f"/present/{rehearsal.cohort.slug}/"
        self.now = rehearsal.began_at
        self.acts: list[tuple[int, str, str]] = []  # the minute, the words, what the clock said
        self.shown = ""  # the page, until time passes or something is pressed
        # By revealed question, the students whose guesses were sealed before it, and whose run was not done.
        self.late: dict[str, list[int]] = {}

    def pass_minutes(self, minutes: float) -> None:
        self.shown = ""
        for __ in range(max(round(minutes * 2), 1)):
            self.now += timedelta(seconds=30 / SPEED)
            self.clock(self.now)
            while services.play_due(self.rehearsal.pk, self.now):
                Rehearsal.objects.filter(pk=self.rehearsal.pk).update(claimed_until=self.now)
            Rehearsal.objects.filter(pk=self.rehearsal.pk).update(claimed_until=self.now)
            runs.work()

    @property
    def minute(self) -> int:
        return round((self.now - self.rehearsal.began_at) * SPEED / timedelta(minutes=1))

    def look(self) -> str:
        self.shown = self.shown or self.wall.get(self.address).content.decode()
        return self.shown

    def press_space(self) -> str:
        """Press what space presses, if there is something; give the words that stood on it."""
        page = self.look()
        words = primary(page)
        if not words.startswith("["):
            says = re.search(r'id="clock">(.*?)</span>', page, re.S)
            clock = " ".join(says[1].split()) if says else ""
            self.acts.append((self.minute, words, clock))
            sealed, done_runs, revealed = standing()
            self.wall.post(self.address, sent_by(page, "data-space"))
            self.shown = ""
            for item in (standing()[2] - revealed) & WAITS.keys():
                if missing := late_runs(item, sealed, done_runs):
                    self.late[item] = missing
        return words

    def n_answered(self) -> float:
        vote = Vote.objects.get(closed_at=None)
        mine = Prediction.objects.filter(activity=vote.activity, item=vote.item, round=vote.round, counts=Counts.VOTE)
        return mine.count() / N


@pytest.fixture
def room(instructor: Membership, client_of: Callable[[User], Client], clock: Callable[[datetime], None]) -> Room:
    clock(timezone.now())
    rehearsal = services.begin(instructor, n_students=N, speed=SPEED, seed=5, is_led=True)
    return Room(rehearsal, client_of(instructor.user), clock)


def lead(room: Room) -> None:
    """Press the space bar, and nothing else, until there is nothing more to press."""
    for __ in range(1200):
        words = room.press_space()
        if words == "End class":
            return
        if words == "Close the vote":
            continue
        room.pass_minutes(TAKEN_BY_HAND if words.startswith("Start") else 0.5)
        if primary(room.look()) == "Close the vote":
            for __ in range(2 * PATIENCE):
                if room.n_answered() >= ANSWERED:
                    break
                room.pass_minutes(0.5)
    raise AssertionError(f"the lesson did not end: {room.acts[-5:]}")


def test_the_space_bar_alone_leads_through_the_whole_lesson_with_every_run_before_its_reveal(room: Room) -> None:
    lead(room)
    page = room.wall.post(room.address, {"act": "end_class"}, follow=True).content.decode()
    pressed_again = room.press_space()

    for minute, words, clock in room.acts:
        print(f"{minute:4d} min  {words:48s} {clock}")
    voted = list(Vote.objects.filter(round=1).order_by("opened_at").values_list("item", flat=True))
    revealed = list(RevealOpening.objects.order_by("opens_at").values_list("item", flat=True))
    assert voted == [
        *("half-a", "half-b", "half-c", "half-d", "lowest"),
        *(*BIAS, "ship", "louder", "text-detectors"),
    ]
    assert revealed == [
        *("half-a", "half-b", "half-c", "half-d", "lowest"),
        *("headline", "ship", "recall", "absorber", "louder", "text-detectors"),
    ]
    assert [words for __, words, ___ in room.acts if words.startswith("Next part")] == [
        "Next part: Learning-rate chaos",
        "Next part: The U-curve",
        "Next part: Bias with teeth",
        "Next part: This already happened",
        "Next part: Mission",
    ]
    # The class's end is asked, and space presses nothing while it is.
    assert asked(page).startswith("End the class?")
    assert pressed_again == "End class"
    assert Membership.objects.get(cohort=room.rehearsal.cohort, role=Role.INSTRUCTOR).cohort.ended_at is None
    assert room.late == {}
    print(f"parts done: {done()}")


Pairs = set[tuple[str, int]]


def standing() -> tuple[Pairs, Pairs, set[str]]:
    """What is sealed, the runs that are done, both with whose they are, and the questions that are revealed."""
    done_runs = RunRequest.objects.filter(run__state=RunState.DONE).values_list("context", "membership")
    sealed = Prediction.objects.values_list("item", "membership")
    return set(sealed), set(done_runs), set(RevealOpening.objects.values_list("item", flat=True))


def late_runs(item: str, sealed: Pairs, done_runs: Pairs) -> list[int]:
    """Of those who had sealed what the question's run waits for, whoever's run was not done."""
    guesses = BIAS if WAITS[item].startswith("bias-run") else [item]
    guessed = {member for __, member in sealed if all((guess, member) in sealed for guess in guesses)}
    assert len(guessed) >= ANSWERED * N, item
    return sorted(member for member in guessed if (f"data-rules-everything/{WAITS[item]}", member) not in done_runs)


def done() -> Counter[str]:
    assert PartOpening.objects.count() >= 6
    return Counter(PartProgress.objects.filter(state=PartState.DONE).values_list("part", flat=True))
