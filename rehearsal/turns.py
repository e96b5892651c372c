"""What a synthetic student does next: one thing that their page lets them do, by the services that real students use.

Nobody follows a script. A student looks at what is open to them and moves, so that the same code plays a class that
goes on alone and one that is led, in any lesson. What is chosen comes from the seed, the student and the number of
their move; so does the name of what is sent, which is why a move that is made twice is stored once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import classroom.services
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import Refusal
from lessons import stage
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import FINISHED, PartState
from rehearsal.players import player_of
from rehearsal.players.base import Turn
from rehearsal.students import Student

STILL_FOR = 420.0  # seconds of the class that somebody who is stuck does nothing for
LOOKS_AGAIN = 20.0  # seconds until a student who can do nothing looks again
# Seconds of the class that a move takes the median student.
TAKES = {
    "sheet": 170.0,
    "first sheet": 300.0,
    "seal": 55.0,
    "look": 25.0,
    "reconcile": 30.0,
    "run": 25.0,
    "text": 120.0,
}


@dataclass(frozen=True)
class Move:
    """What a student did, and how many seconds of the class pass until the next one; nothing, if all is done."""

    what: str
    takes: float


def move(membership: Membership, lesson: LoadedLesson, who: Student, seed: int, n: int) -> Move | None:
    """Let a student do the next thing; None when they have done all there is for somebody alone.

    What is refused, since it was closed or done a moment ago, is looked at again a little later.
    """
    rng = random.Random(f"{seed}/{who.index}/{n}")  # noqa: S311 - a class that can be played again
    classroom.services.note_activity(Acting(membership))
    try:
        did = _take(Turn(membership, lesson, who, rng))
    except Refusal:
        did = ""
    if did == "finished":
        return None
    if did == "stuck":
        return Move(did, STILL_FOR * rng.uniform(1, 1.5))
    takes = TAKES.get(did, LOOKS_AGAIN)
    return Move(did, takes * who.pace * rng.lognormvariate(0, 0.45) if did else LOOKS_AGAIN * rng.uniform(0.7, 1.3))


def _take(turn: Turn) -> str:
    """Do one thing, and name it; nothing if all that is open waits for somebody else."""
    if did := _vote(turn):
        return did
    parts = {part.key: part for part in turn.lesson.lesson.parts}
    waits = False
    for station in arc_of(turn.membership, turn.lesson).parts:
        if station.is_locked or station.state in (PartState.SOON, *FINISHED):
            waits = waits or station.is_locked
            continue
        for activity in parts[station.key].activities:
            if activity.extra or turn.standing(parts[station.key], activity).is_finished:
                continue
            if did := player_of(activity).move(turn, parts[station.key], activity):
                return did
        waits = True
    return "" if waits else "finished"


def _vote(turn: Turn) -> str:
    """Whoever leads the class has asked something: that comes before anything else."""
    asked = stage.read(turn.membership, turn.lesson.lesson.slug).question_in_the_room()
    place = turn.lesson.find_activity(asked[0]) if asked else None
    if asked is None or place is None:
        return ""
    return player_of(place[1]).vote(turn, *place, item=asked[1])
