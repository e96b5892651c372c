"""What a synthetic student does next: one thing that their page lets them do, by the services that real students use.

Nobody follows a script. A player looks at what is open to them and moves, so that the same code plays a class that goes
on alone and one that is led, in any lesson. What is chosen comes from the seed, the player and the number of their
move; so does the name of what is sent, which is why a move that is made twice is stored once.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import classroom.services
from classroom.models import GradientRule, Membership
from classroom.refusals import Refusal
from lessons import selectors, services, stage
from lessons.activities.experiment import runs as running
from lessons.activities.experiment.schema import Experiment
from lessons.activities.file_check.schema import FileCheck
from lessons.activities.hand_steps.grade import chain_of
from lessons.activities.hand_steps.maths import grading, misconceptions
from lessons.activities.hand_steps.maths.misconceptions import Position
from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.predict import answers, sealing
from lessons.activities.predict.page import ItemView, PredictSheet
from lessons.activities.predict.schema import Item, Number, Predict
from lessons.activities.source_check.schema import SourceCheck
from lessons.arc import arc_of
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.maths import values
from lessons.models import FINISHED, PartState
from lessons.selectors import ActivityPage

# How often each slip is met in a class, the commonest first (a guess that every new class may correct).
SLIPS = {"sum": 9, "sign": 6, "no-x": 4, "stale-start": 3, "step-only": 3, "rate-times-10": 2}
ONE_IN_STUCK = 8
STILL_FOR = 420.0  # seconds of the class that somebody who is stuck does nothing for
LOOKS_AGAIN = 20.0  # seconds until a player who can do nothing looks again
BECAUSE = (
    "it looked like that before",
    "the step is so small",
    "bigger steps get there sooner",
    "just a feeling",
    "my neighbour and I talked about it",
)
SENTENCES = (
    "The curve starts to follow the dots it was trained on. New dots are somewhere else, so the error there grows.",
    "It learns the noise by heart. That helps with the old points and hurts with new ones.",
    "Training error always falls when the model gets stronger. It says nothing about points that it has never seen.",
    "Too much power: it wiggles through every dot, and between the dots it is far off.",
)
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


def source_check(supplied: str, stamp: str) -> dict[str, str]:
    """A source check as a hurried student fills it in."""
    sources = {
        f"{name}_{n}": text
        for n, who in ((1, "City library"), (2, "Museum of computing"))
        for name, text in {
            "who": who,
            "when": "2024",
            "passage": f"As {who} prints it, word for word.",
            "where": f"{who}, catalogue",
            "stance": {"accept": "supports", "revise": "unclear", "reject": "contradicts"}[stamp],
        }.items()
    }
    if stamp == "revise":
        sources["stance_1"] = "supports"
    own = {} if supplied else {"assistant": "ChatGPT", "question": "Is it so?"}
    return {
        **sources,
        **own,
        "supplied": supplied,
        "claim": "It is just as the assistant says.",
        "independent": "yes",
        "stamp": stamp,
        "corrected": "It is so only in part." if stamp == "revise" else "",
    }


@dataclass(frozen=True)
class Player:
    """What is particular to one synthetic student.

    `skill` is the chance that a try is right, `pace` how slowly they move (1 is the median), `arrives` seconds of the
    class after its beginning.
    """

    index: int
    skill: float
    pace: float
    slip: str
    gets_stuck: bool
    arrives: float


@dataclass(frozen=True)
class Move:
    """What a player did, and how many seconds of the class pass until the next one; nothing, if all is done."""

    what: str
    takes: float


def player(seed: int, index: int) -> Player:
    """Draw one student of a class."""
    rng = random.Random(f"{seed}/{index}")  # noqa: S311 - a class that can be played again
    return Player(
        index=index,
        skill=min(max(rng.gauss(0.62, 0.2), 0.15), 0.97),
        pace=rng.lognormvariate(0, 0.35),
        slip=rng.choices(list(SLIPS), list(SLIPS.values()))[0],
        gets_stuck=rng.randrange(ONE_IN_STUCK) == 0,
        arrives=rng.choice((20, 40, 60, 90, 120, 180, 240, 700 if index % 9 == 4 else 150)) * rng.uniform(0.5, 1.5),
    )


def move(membership: Membership, lesson: LoadedLesson, who: Player, seed: int, n: int) -> Move | None:
    """Let a player do the next thing; None when they have done all there is for somebody alone.

    What is refused, since it was closed or done a moment ago, is looked at again a little later.
    """
    rng = random.Random(f"{seed}/{who.index}/{n}")  # noqa: S311 - likewise
    classroom.services.note_activity(membership)
    try:
        did = _Turn(membership, lesson, who, rng).take()
    except Refusal:
        did = ""
    if did == "finished":
        return None
    if did == "stuck":
        return Move(did, STILL_FOR * rng.uniform(1, 1.5))
    takes = TAKES.get(did, LOOKS_AGAIN)
    return Move(did, takes * who.pace * rng.lognormvariate(0, 0.45) if did else LOOKS_AGAIN * rng.uniform(0.7, 1.3))


class _Turn:
    """One look at the lesson as a player meets it, and one move in it."""

    def __init__(self, membership: Membership, lesson: LoadedLesson, who: Player, rng: random.Random) -> None:
        self.membership, self.lesson, self.who, self.rng = membership, lesson, who, rng
        self.rule = GradientRule(membership.cohort.gradient_rule)
        self.progress = selectors.progress_of(membership, lesson)

    def take(self) -> str:
        """Do one thing, and name it; nothing if all that is open waits for somebody else."""
        if did := self._vote():
            return did
        arc = arc_of(self.membership, self.lesson)
        parts = {part.key: part for part in self.lesson.lesson.parts}
        waits = False
        for station in arc.parts:
            if station.is_locked or station.state in (PartState.SOON, *FINISHED):
                waits = waits or station.is_locked
                continue
            for activity in parts[station.key].activities:
                if activity.extra or self._standing(station.key, activity.key).get("state") in FINISHED:
                    continue
                if did := self._do(parts[station.key], activity):
                    return did
            waits = True
        return "" if waits else "finished"

    def _vote(self) -> str:
        """Whoever leads the class has asked something: that comes before anything else."""
        asked = stage.read(self.membership, self.lesson.lesson.slug).question_in_the_room()
        place = self.lesson.find_activity(asked[0]) if asked else None
        if asked is None or place is None:
            return ""
        sheet = self._page(*place, item=asked[1]).sheet
        shown = sheet.item if isinstance(sheet, PredictSheet) else None
        return self._seal(place[1], shown) if shown and shown.key == asked[1] and shown.state == "form" else ""

    def _do(self, part: Part, activity: AnyActivity) -> str:
        moves: Mapping[str, Callable[[Part, Any], str]] = {
            "reading": self._read,
            "hand_steps": self._work_out,
            "predict": self._predict,
            "experiment": self._run,
            "explain": self._explain,
            "source_check": self._check_sources,
            "file_check": self._pick_file,
        }
        return moves[activity.type](part, activity)

    def _read(self, part: Part, activity: AnyActivity) -> str:
        return self._submit(activity, 1, {}, "look")

    def _work_out(self, part: Part, activity: HandSteps) -> str:
        """One try at a worksheet: right, or with this player's own slip."""
        met: Any = selectors.as_met(self.membership, self.lesson, activity)
        standing = selectors.standing_of(self.progress.get(part.key), activity)
        step = standing.step
        chain = chain_of(met, self.rule, standing.memory)
        at = Position(chain.problem, chain.path[:step])
        tries = standing.tries_at.get(step, 0)
        exact = grading.exact_cells(chain.problem, at.w)
        asked = grading.cell_names(chain.problem, met.steps[step - 1].ask)
        # Some slips are no slips in the first step.
        stuck_at = 2 if self.who.slip in misconceptions.LATER else 1 + self.who.index % 2
        is_stuck = self.who.gets_stuck and step == stuck_at and tries < 3
        is_right = not is_stuck and self.rng.random() < self.who.skill + 0.2 * tries
        cells = exact if is_right else exact | self._slipped(at, tries)
        typed = {name: values.show(cells[name]) for name in asked if name in cells}
        did = self._submit(activity, step, typed, "first sheet" if step == 1 and not tries else "sheet")
        return "stuck" if is_stuck and tries == 2 else did

    def _slipped(self, at: Position, tries: int) -> dict[str, Fraction]:
        slip = next((slip for slip in misconceptions.SLIPS if slip.slug == self.who.slip), misconceptions.SLIPS[0])
        cells = dict(slip.gives(at))
        # The last digit differs, as it does when somebody works it out again: else it would be no new try.
        return {name: value + Fraction(tries, 5000) if name == "w" else value for name, value in cells.items()}

    def _predict(self, part: Part, activity: Predict) -> str:
        sheet = self._page(part, activity).sheet
        shown = sheet.item or self._chosen(part, activity, sheet.stops)
        if shown is not None and (did := self._answer(activity, shown)):
            return did
        if sheet.next is None or (shown and sheet.next.key == shown.key):
            return ""
        other = self._page(part, activity, item=sheet.next.key).sheet.item
        return self._answer(activity, other) if other else ""

    def _chosen(self, part: Part, activity: Predict, stops: Sequence[Any]) -> ItemView | None:
        """Take a case from the shelf."""
        free = [stop.key for stop in stops if stop.state in ("form", "look", "reconcile") and not stop.is_extra]
        return self._page(part, activity, item=self.rng.choice(free), open=True).sheet.item if free else None

    def _answer(self, activity: Predict, shown: ItemView) -> str:
        """Seal, look or reconcile, whatever a question waits for."""
        if shown.state == "form":
            return self._seal(activity, shown)
        if shown.reveal is not None and shown.reveal.is_fresh:
            sealing.open_reveal(self.membership, self.lesson, activity.key, shown.key)
            return "look"
        if shown.state == "look" and shown.looking:
            saw = self.rng.choice(shown.looking.options)[0]
            sealing.reconcile(self.membership, self.lesson, activity.key, shown.key, saw=saw)
            return "reconcile"
        if shown.state == "reconcile" and shown.looking:
            idea = self.rng.choice(shown.looking.ideas).key
            sealing.reconcile(self.membership, self.lesson, activity.key, shown.key, idea=idea)
            return "reconcile"
        return ""

    def _seal(self, activity: AnyActivity, shown: ItemView) -> str:
        met: Any = selectors.as_met(self.membership, self.lesson, activity)
        found = answers.find_item(met, shown.key)
        if found is None:
            return ""
        item, __ = found
        choice, is_right = self._choice(met, item)
        # Whoever is right is sure more often, and some are sure and wrong.
        weights = (1, 3, 4) if is_right else (3, 4, 2)
        sealing.seal(
            self.membership,
            self.lesson,
            activity.key,
            client_id=self._name(),
            item=item.key,
            round_=shown.round,
            choice=choice,
            second=self.rng.choice(item.second.choices).key if item.second else "",
            confidence=self.rng.choices(("guess", "think_so", "sure"), weights)[0],
            because=self.rng.choice(BECAUSE) if self.rng.random() < 0.25 else "",
        )
        return "seal"

    def _choice(self, activity: Predict, item: Item) -> tuple[str, bool]:
        if item.number is not None:
            return self._number(item.number), False
        right = sorted(answers.truth(activity, self.rule, item).right)
        if right and self.rng.random() < 0.25 + 0.5 * self.who.skill:
            return self.rng.choice(right), True
        return self.rng.choice(item.choices).key, False

    def _number(self, number: Number) -> str:
        """A number around a third or two thirds of the scale, where guesses gather."""
        low, high = float(number.min), float(number.max)
        wish = low + (high - low) * self.rng.gauss(self.rng.choice((0.35, 0.7)), 0.12)
        steps = round((min(max(wish, low), high) - low) / float(number.step))
        return values.show(min(number.min + steps * number.step, Fraction(number.max)))

    def _run(self, part: Part, activity: Experiment) -> str:
        sheet = self._page(part, activity).sheet
        if sheet.is_shut or sheet.stop or sheet.is_active or sheet.has_run:
            return ""
        # Every other one keeps a number that others have too: those share one run.
        seed = str(self.rng.randrange(4)) if self.rng.random() < 0.5 else ""
        running.start(self.membership, self.lesson, activity.key, trial=sheet.trial.key, settings={}, seed=seed)
        return "run"

    def _explain(self, part: Part, activity: AnyActivity) -> str:
        sheet = self._page(part, activity).sheet
        if not sheet.is_open or sheet.text:
            return ""
        return self._submit(activity, 1, {"text": self.rng.choice(SENTENCES)}, "text")

    def _check_sources(self, part: Part, activity: SourceCheck) -> str:
        if self._page(part, activity).sheet.words.text:
            return ""
        stamp = self.rng.choice(("accept", "revise", "reject"))
        supplied = activity.answers[0].key if activity.answers else ""
        return self._submit(activity, 1, source_check(supplied, stamp), "text")

    def _pick_file(self, part: Part, activity: FileCheck) -> str:
        if self._page(part, activity).sheet.has_none:
            return ""
        return self._submit(activity, 1, {"none": True}, "look")

    def _submit(self, activity: AnyActivity, step: int, answer: Mapping[str, Any], did: str) -> str:
        services.submit(
            self.membership, self.lesson, activity.key, client_id=self._name(), step=step, answer=dict(answer)
        )
        return did

    def _name(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def _standing(self, part: str, activity: str) -> Mapping[str, Any]:
        row = self.progress.get(part)
        return row.activities.get(activity, {}) if row else {}

    def _page(self, part: Part, activity: AnyActivity, **asked: Any) -> ActivityPage:
        met = selectors.as_met(self.membership, self.lesson, activity)
        row = self.progress.get(part.key)
        return selectors.activity_page(self.membership, self.lesson, part, met, row, asked)
