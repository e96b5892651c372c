"""An evening played again: who was called for help, held against who needed it.

The truth is stated with what happens: each trouble says from when to when it is one, and what it may be called.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from classroom import services as classroom_services
from classroom.models import Cohort, Membership, User
from dashboard import grid, grid_options
from experiments.models import Run, RunState
from lessons import help_calls, pacing, services, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress
from tests import pupils
from tests.lessons import runs

pytestmark = pytest.mark.slow

RIGHT = pupils.STEPS[0]
LOST_MINUS = [RIGHT | {"w": f"-0.746{n}"} for n in (1, 2, 3, 4)]
DIFFERENT = [RIGHT | {"w": w} for w in ("11", "12", "13", "14")]
VOTES = ("half-a", "half-b", "half-c", "half-d", "half-e", "half-f", "half-g")
PHASES = {
    "by hand": (0, 20),
    "a talk": (20, 30),
    "votes": (30, 47),
    "a shared run": (47, 64),
    "after the end": (64, 80),
}


@dataclass(frozen=True)
class Trouble:
    """Somebody needs help from one minute to another, for any of these reasons."""

    who: str
    begins: float
    ends: float
    reasons: frozenset[str]


@dataclass
class Count:
    """What was listed in a phase, by students."""

    needed: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    false: set[str] = field(default_factory=set)
    rightly: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    most_at_once: int = 0
    said_of_the_room: int = 0

    @property
    def missed(self) -> set[str]:
        return self.needed - self.reached

    @property
    def misnamed(self) -> set[str]:
        return self.reached - self.rightly


class Evening:
    """36 students in a led class, minute by minute; all that are here look at their page all the time."""

    def __init__(self, instructor: Membership, cohort: Cohort, lesson: LoadedLesson, set_clock: Any) -> None:
        self.instructor, self.cohort, self.lesson, self.set_clock = instructor, cohort, lesson, set_clock
        self.began = timezone.now()
        self.people: dict[str, Membership] = {}
        self.here: set[str] = set()
        self.troubles: list[Trouble] = []
        self.counts = {phase: Count() for phase in PHASES}
        self.unlike: list[tuple[float, set[tuple[str, str]]]] = []
        self.acts: dict[int, list[Callable[[], Any]]] = {}

    def at(self, minute: int, act: Callable[[], Any]) -> None:
        self.acts.setdefault(minute, []).append(act)

    def needs(self, who: Iterable[str], begins: float, ends: float, *reasons: str) -> None:
        self.troubles += [Trouble(each, begins, ends, frozenset(reasons)) for each in who]

    def join(self, *names: str) -> None:
        for name in names:
            user = User.objects.create(username=f"evening-{name}", display_name=name)
            classroom_services.enrol(user, self.cohort)
            self.people[name] = Membership.objects.select_related("cohort", "user").get(user=user)
            self.here.add(name)

    def send(self, names: Iterable[str], answer: dict[str, Any], step: int = 1) -> None:
        for name in names:
            services.submit(self.people[name], self.lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)

    def keep_moving(self, names: Iterable[str], part: str, minutes: Iterable[int]) -> None:
        """Let them do something in a part that changes nothing else."""
        chosen = list(names)

        def move() -> None:
            members = [self.people[name] for name in chosen]
            PartProgress.objects.filter(membership__in=members, part=part).update(moved_at=timezone.now())

        for minute in minutes:
            self.at(minute, move)

    def play(self) -> None:
        for minute in range(80):
            self.set_clock(self.began + timedelta(minutes=minute))
            for act in self.acts.get(minute, ()):
                act()
            self.set_clock(self.began + timedelta(minutes=minute, seconds=30))
            members = [self.people[name] for name in self.here]
            Membership.objects.filter(pk__in=[each.pk for each in members]).update(last_active_at=timezone.now())
            self._count(minute + 0.5)

    def page(self) -> grid.ClassPage:
        meant = Membership.objects.select_related("cohort__version", "user").get(pk=self.instructor.pk)
        return grid.class_page(meant, self.lesson, grid_options.read({}, ""))

    def _count(self, now: float) -> None:
        phase = next(phase for phase, (begins, ends) in PHASES.items() if begins <= now < ends)
        count, page = self.counts[phase], self.page()
        true = {each.who: each.reasons for each in self.troubles if each.begins <= now < each.ends}
        listed = {(call.name, str(call.need.reason)) for call in page.calls}
        names = {name for name, __ in listed}
        count.needed |= set(true)
        count.listed |= names
        count.false |= names - set(true)
        count.reached |= names & set(true)
        count.rightly |= {name for name, reason in listed if reason in true.get(name, ())}
        count.most_at_once = max(count.most_at_once, len(page.calls))
        count.said_of_the_room += page.still_room is not None
        red = {(row.name, cell.part) for row in page.rows for cell in row.cells if cell.shape == grid.NEED}
        if red != (called := {(call.name, call.need.part) for call in page.calls}):
            self.unlike.append((now, red ^ called))

    def help(self, *names: str) -> None:
        for call in self.page().calls:
            if call.name in names:
                help_calls.give_help(
                    self.instructor,
                    self.lesson,
                    student=call.need.student,
                    reason=call.need.reason,
                    occasion=call.need.occasion,
                )

    def hold_vote(self, minute: int, activity: str, item: str, choice: Any, silent: set[str]) -> None:
        def seal() -> None:
            for name in self.here - silent:
                pupils.seal(self.people[name], self.lesson, activity, item, choice)

        self.at(minute, lambda: voting.open_vote(self.instructor, self.lesson, activity, item))
        self.at(minute, seal)
        self.at(minute + 1, lambda: voting.close_vote(self.instructor, self.lesson, activity, item))


@pytest.fixture
def evening(instructor: Membership, cohort: Cohort, lesson: LoadedLesson, monkeypatch: pytest.MonkeyPatch) -> Evening:
    real = datetime.now(tz=timezone.get_current_timezone())

    class Clock(datetime):
        at = real

        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return cls.at.astimezone(tz)

    def set_clock(at: datetime) -> None:
        Clock.at = at

    # Below `timezone.now`, which the defaults of the models hold on to.
    monkeypatch.setattr(timezone, "datetime", Clock)
    return Evening(instructor, cohort, lesson, set_clock)


def tell(evening: Evening) -> None:
    """Write the evening: who does what, and who needs help from when to when."""
    everyone = [f"S{n:02d}" for n in range(1, 37)]
    slipped, stuck, frozen, silent, leaves = everyone[:4], ["S05"], ["S06"], everyone[30:32], ["S36"]
    late, shared = ["S34"], everyone[9:19]
    # S35 never comes.
    present = [name for name in everyone if name not in ("S34", "S35")]
    unfinished = everyone[6:26]
    finished = [name for name in everyone[26:33] if name not in silent]
    own = [name for name in present if name not in (*shared, *silent, *leaves)]

    evening.at(0, lambda: (pacing.lead_class(evening.instructor), evening.cohort.refresh_from_db()))
    evening.at(0, lambda: evening.join(*present))
    evening.at(0, lambda: pacing.open_part(evening.instructor, evening.lesson, "by-hand"))

    # By hand. Most work on; some have finished by twenty past, and twenty are in the middle of it.
    evening.at(2, lambda: evening.send([*unfinished, *silent, *finished], RIGHT))
    for step, minute in ((2, 8), (3, 14)):
        evening.at(minute, lambda step=step: evening.send(finished, pupils.STEPS[step - 1], step))
    evening.keep_moving([*unfinished, *finished], "by-hand", range(4, 21, 4))
    for minute, answer in zip((4, 7, 9, 11), LOST_MINUS, strict=True):
        evening.at(minute, lambda answer=answer: evening.send(slipped, answer))
    evening.at(13, lambda: evening.help(*slipped[:2], *frozen))
    evening.at(16, lambda: evening.send(slipped, RIGHT))
    evening.needs(slipped[:2], 9, 13, "slip")
    evening.needs(slipped[2:], 9, 16, "slip")
    for minute, answer in zip((4, 6, 8, 10), DIFFERENT, strict=True):
        evening.at(minute, lambda answer=answer: evening.send(stuck, answer))
    evening.at(14, lambda: evening.send(stuck, RIGHT))
    evening.needs(stuck, 8, 14, "tries")
    evening.at(5, lambda: evening.send(frozen, RIGHT | {"w": "9"}))
    evening.at(14, lambda: evening.send(frozen, RIGHT))
    evening.needs(frozen, 10, 13, "still")
    evening.keep_moving([*slipped, *stuck, *frozen], "by-hand", (18, 20))
    for minute, answer in zip((16, 17, 18), LOST_MINUS[:3], strict=True):
        evening.at(minute, lambda answer=answer: evening.send(leaves, answer))
    evening.at(4, lambda: evening.send(leaves, RIGHT | {"w": "9"}))
    evening.keep_moving(leaves, "by-hand", (8, 12))
    evening.needs(leaves, 17, 18, "tries")
    evening.needs(leaves, 18, 40, "slip")
    evening.at(40, lambda: evening.here.discard("S36"))
    # Nothing more after the first step, and no vote: still until it is the room, and again when that goes on.
    evening.needs(silent, 7, 25, "still")
    evening.needs(silent, 30, 64, "still", "votes")

    # A talk of ten minutes, in which nobody moves; somebody comes late, and does nothing.
    evening.at(25, lambda: evening.join(*late))
    evening.needs(late, 30, 64, "still", "votes")

    # Eight votes; the class goes on by the clock.
    evening.at(30, lambda: pacing.open_part(evening.instructor, evening.lesson, "rates"))
    evening.at(30, lambda: [member.refresh_from_db() for member in evening.people.values()])
    for minute, item in zip(range(30, 44, 2), VOTES, strict=True):
        evening.hold_vote(minute, "rates", item, "crawls", {*silent, *late})
    evening.hold_vote(45, "u-curve-guess", "lowest", 5, {*silent, *late})

    # Everybody runs; ten share one run, whose worker dies three times.
    def run_own() -> None:
        for name in own:
            pupils.keep(evening.people[name], evening.lesson, "u-curve-run", {"done": ["polynomial"], "runs": {}})

    def run_shared() -> None:
        for name in shared:
            runs.ask(evening.people[name], evening.lesson, seed=4)

    def fail() -> None:
        why = "The worker stopped 3 times during this run, so we gave up. Start it again, or ask for less."
        Run.objects.update(state=RunState.FAILED, failure=why, finished_at=timezone.now())

    def finish() -> None:
        for name in shared:
            pupils.keep(evening.people[name], evening.lesson, "u-curve-run", {"done": ["polynomial"], "runs": {}})
        Run.objects.filter(state=RunState.QUEUED).update(state=RunState.DONE, result={}, finished_at=timezone.now())

    evening.at(47, lambda: pacing.free_part(evening.instructor, evening.lesson, "u-curve"))
    evening.at(47, run_own)
    evening.at(47, run_shared)
    evening.keep_moving(own, "u-curve", range(50, 64, 3))
    evening.at(52, fail)
    evening.at(57, lambda: help_calls.ask_again(evening.instructor, evening.lesson, "u-curve-run"))
    evening.at(59, finish)
    evening.keep_moving(shared, "u-curve", range(59, 64, 3))
    evening.needs(shared, 52, 57, "run")

    # The class ends, and every page stays open.
    evening.at(64, lambda: pacing.end_class(evening.instructor))


def test_an_evening_calls_whoever_needs_help_and_nobody_else(evening: Evening) -> None:
    tell(evening)

    evening.play()

    for phase, count in evening.counts.items():
        print(
            f"\n{phase}: needed {len(count.needed)}, listed {len(count.listed)} (most at once {count.most_at_once}), "
            f"false {sorted(count.false)}, missed {sorted(count.missed)}, misnamed {sorted(count.misnamed)}, "
            f"minutes in which it was the room: {count.said_of_the_room}"
        )
    assert {phase: count.missed for phase, count in evening.counts.items() if count.missed} == {}
    assert {phase: count.misnamed for phase, count in evening.counts.items() if count.misnamed} == {}
    # Who left without a word is listed until they have not been seen for twenty minutes.
    assert {phase: count.false for phase, count in evening.counts.items() if count.false} == {
        "votes": {"S36"},
        "a shared run": {"S36"},
    }
    assert evening.unlike == []
    assert {phase for phase, count in evening.counts.items() if count.said_of_the_room} == {"a talk"}
    assert evening.counts["a talk"].said_of_the_room == 5
