"""Players: how synthetic students play each type of activity, one module and one row for each."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error

from lessons.activities.base import types as activity_types
from lessons.authoring.base import AnyActivity
from rehearsal.players.base import AnyPlayer
from rehearsal.players.experiment import ExperimentPlayer
from rehearsal.players.explain import ExplainPlayer
from rehearsal.players.file_check import FileCheckPlayer
from rehearsal.players.hand_steps import HandStepsPlayer
from rehearsal.players.predict import PredictPlayer
from rehearsal.players.reading import ReadingPlayer
from rehearsal.players.source_check import SourceCheckPlayer

PLAYERS: dict[str, AnyPlayer] = {
    "reading": ReadingPlayer(),
    "hand_steps": HandStepsPlayer(),
    "predict": PredictPlayer(),
    "experiment": ExperimentPlayer(),
    "explain": ExplainPlayer(),
    "source_check": SourceCheckPlayer(),
    "file_check": FileCheckPlayer(),
}


def player_of(activity: AnyActivity) -> AnyPlayer:
    """Who plays an activity.

    Raises
    ------
    ValueError
        If its type has no player, of which `check` had told.
    """
    found = PLAYERS.get(activity.type)
    if found is None:
        raise ValueError(_lacks_player(activity.type))
    return found


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check: every type of activity has its player, and every player its type."""
    types = activity_types()
    wrong = [_lacks_player(key) for key in types if key not in PLAYERS]
    wrong += [f"there is a player of “{key}”, and no such activity type" for key in PLAYERS if key not in types]
    return [Error(problem, id="rehearsal.E001") for problem in wrong]


def _lacks_player(key: str) -> str:
    return f"activity type “{key}” has no player in rehearsal/players"
