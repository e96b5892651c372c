"""Runs, as a synthetic student asks for them."""

from __future__ import annotations

from lessons.activities.experiment import runs
from lessons.activities.experiment.page import ExperimentSheet
from lessons.activities.experiment.schema import Experiment
from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn


class ExperimentPlayer(Player[Experiment]):
    def move(self, turn: Turn, part: Part, activity: Experiment) -> str:
        sheet = turn.page(part, activity).sheet
        if sheet.has_run:
            return ""
        return _start(turn, activity, sheet)

    def told(self, turn: Turn, part: Part, activity: Experiment, trial: str) -> str:
        sheet = turn.page(part, activity, trial=trial).sheet
        if sheet.trial.key != trial or trial in turn.standing(part, activity).memory.done:
            return ""
        return _start(turn, activity, sheet)


def _start(turn: Turn, activity: Experiment, sheet: ExperimentSheet) -> str:
    if sheet.prerequisite or sheet.is_active:
        return ""
    # Every other one keeps a number that others have too: those share one run.
    seed = str(turn.rng.randrange(4)) if turn.rng.random() < 0.5 else ""
    runs.start(turn.membership, turn.lesson, activity.key, trial=sheet.trial.key, settings={}, seed=seed)
    return "run"
