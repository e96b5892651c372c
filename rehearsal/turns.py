"""What a synthetic student does next: one thing that their page lets them do, by the services that real students use.

Nobody follows a script, and nobody knows what their screen does not show. A student is at a page, sees there what a
student sees, and moves, so that the same code plays a class that goes on alone and one that is led, in any lesson. From
the strip of their page (`lessons.class_call`) they know where the class is, once they have noticed it. What is chosen
comes from the seed, the student and the number of their move; so does the name of what is sent, which is why a move
that is made twice is stored once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import classroom.services
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import Refusal
from lessons import class_call
from lessons.activities.base import type_of
from lessons.arc import PartOnArc, arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.class_call import Call, Page, Place
from lessons.models import FINISHED, PartState
from rehearsal.players import player_of
from rehearsal.players.base import Turn
from rehearsal.students import Student

STILL_FOR = 420.0  # seconds of the class that somebody who is stuck does nothing for
LOOKS_AGAIN = 20.0  # seconds until a student who can do nothing looks again
LOOKS_UP = 6.0  # the same while their screen says so
# Seconds of the class that a move takes the median student.
TAKES = {
    "go": 18.0,  # to the question that the class is at, and read it
    "sheet": 170.0,
    "first sheet": 300.0,
    "seal": 55.0,
    "look": 25.0,
    "reconcile": 30.0,
    "run": 25.0,
    "text": 120.0,
}
BROUGHT_AFTER = 3.0  # seconds until a page that is brought to where the class is has gone there
# Seconds until somebody notices that the strip of their page calls; one in so many is lost in their work much longer.
NOTICES, ONE_IN_LOST, LOST_FOR = 5.0, 12, (60.0, 300.0)


@dataclass(frozen=True)
class At:
    """Page that a student is at: a part, and the question that they went to there; without a part, the arc."""

    part: str = ""
    activity: str = ""
    item: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.part, self.activity, self.item)))

    @classmethod
    def read(cls, kept: str) -> At:
        return cls(*kept.split("/")) if kept else cls()

    @classmethod
    def of(cls, place: Place) -> At:
        return cls(place.part, place.activity, place.item)


@dataclass(frozen=True)
class Move:
    """What a student did, how many seconds of the class pass until the next one, and the page that they are at then."""

    what: str
    takes: float
    at: At = At()


def notices_after(who: Student, seed: int, call: str) -> float:
    """Draw after how many seconds of the class a student notices a call."""
    rng = random.Random(f"{seed}/{who.index}/{call}")  # noqa: S311 - a class that can be played again
    if rng.randrange(ONE_IN_LOST) == 0:
        return rng.uniform(*LOST_FOR)
    return NOTICES * who.pace * rng.lognormvariate(0, 0.6)


def move(
    membership: Membership,
    lesson: LoadedLesson,
    who: Student,
    seed: int,
    n: int,
    at: At | None = None,
    *,
    notices: bool = True,
) -> Move | None:
    """Let a student do the next thing; None when they have done all there is for somebody alone.

    What is refused, since it was closed or done a moment ago, is looked at again a little later.

    Parameters
    ----------
    at : the page that they are at
    notices : whether they have noticed by now what its strip says
    """
    rng = random.Random(f"{seed}/{who.index}/{n}")  # noqa: S311 - a class that can be played again
    classroom.services.note_activity(Acting(membership))
    turn, at = Turn(membership, lesson, who, rng), at or At()
    try:
        did, now_at = _take(turn, at, notices=notices)
    except Refusal:
        did, now_at = "", at
    if did == "finished":
        return None
    if did == "stuck":
        return Move(did, STILL_FOR * rng.uniform(1, 1.5), now_at)
    if did == "looks up":
        return Move("", LOOKS_UP * rng.uniform(0.7, 1.3), now_at)
    takes = TAKES.get(did, LOOKS_AGAIN)
    return Move(
        did, takes * who.pace * rng.lognormvariate(0, 0.45) if did else LOOKS_AGAIN * rng.uniform(0.7, 1.3), now_at
    )


def _take(turn: Turn, at: At, *, notices: bool) -> tuple[str, At]:
    """Do one thing, and name it with the page that it leads to; nothing if all that is open waits for somebody else."""
    call = _strip(turn, at)
    if call and call.is_paused:
        return "looks up", at
    if call and call.place and call.brought and not call.is_here:
        return "go", At.of(call.place)  # the page goes by itself
    if call and call.place and notices:
        if call.look == "loud":
            return "go", At.of(call.place)
        if call.is_here and not call.is_settled and (did := _answer(turn, call.place)):
            return did, at
    return _own(turn, at, is_led=call is not None)


def _strip(turn: Turn, at: At) -> Call | None:
    """What the strip of their page says."""
    shown = frozenset({(at.activity, shown)}) if (shown := _shown(turn, at)) else frozenset()
    return class_call.read(Acting(turn.membership), turn.lesson, Page(at.part, shown))


def _shown(turn: Turn, at: At) -> str:
    """The question that the page shows which they went to; nothing, if it shows another."""
    found = turn.lesson.find_activity(at.activity) if at.activity else None
    if found is None:
        return ""
    sheet = turn.page(*found, item=at.item).sheet
    return type_of(found[1]).shown(sheet)


def _answer(turn: Turn, place: Place) -> str:
    """Do what the question that the class is at waits for, which is before their eyes."""
    found = turn.lesson.find_activity(place.activity)
    if found is None:
        return ""
    player = player_of(found[1])
    return player.vote(turn, *found, item=place.item) or player.move(turn, *found)


def _own(turn: Turn, at: At, *, is_led: bool) -> tuple[str, At]:
    """Go on with what is open to them: on the page that they are at, if they are led, else in the lesson's order."""
    parts = {part.key: part for part in turn.lesson.lesson.parts}
    stations: list[PartOnArc] = list(arc_of(turn.membership, turn.lesson).parts)
    if is_led:
        stations.sort(key=lambda station: station.key != at.part)
    waits = False
    for station in stations:
        if station.is_locked or station.state in (PartState.SOON, *FINISHED):
            waits = waits or station.is_locked
            continue
        for activity in parts[station.key].activities:
            if activity.extra or turn.standing(parts[station.key], activity).is_finished:
                continue
            if did := player_of(activity).move(turn, parts[station.key], activity):
                return did, at if station.key == at.part else At(station.key)
        waits = True
    return ("" if waits else "finished"), at
