"""Runs, as a synthetic student asks for them."""

from __future__ import annotations

from lessons.activities.experiment import runs
from lessons.activities.experiment.schema import Experiment
from lessons.authoring.lesson import Part
from rehearsal.players.base import Player, Turn


class ExperimentPlayer(Player[Experiment]):
    def move(self, turn: Turn, part: Part, activity: Experiment) -> str:
        sheet = turn.page(part, activity).sheet
        if sheet.prerequisite or sheet.is_active or sheet.has_run:
            return ""
        # Every other one keeps a number that others have too: those share one run.
        seed = str(turn.rng.randrange(4)) if turn.rng.random() < 0.5 else ""
        runs.start(turn.membership, turn.lesson, activity.key, trial=sheet.trial.key, settings={}, seed=seed)
        return "run"
