"""Registry of pictures: one row for each kind of run, whose module stands beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lessons.activities.experiment.pictures.base import PictureType
from lessons.activities.experiment.pictures.blame import BlameType
from lessons.activities.experiment.pictures.starvation import StarvationType
from lessons.activities.experiment.pictures.tipping_point import TippingPointType
from lessons.activities.experiment.pictures.u_curve import UCurveType

TYPES: tuple[PictureType, ...] = (
    UCurveType(),
    StarvationType(),
    TippingPointType(),
    BlameType(),
)

_types: dict[str, PictureType] = {each.kind: each for each in TYPES}


def register(pictures: PictureType) -> None:
    """Add the pictures of a kind.

    Raises
    ------
    ValueError
        If it has some already.
    """
    if pictures.kind in _types:
        raise ValueError(f"runs of kind {pictures.kind!r} have pictures already")
    _types[pictures.kind] = pictures


def unregister(kind: str) -> None:
    """Take the pictures of a kind out again."""
    del _types[find(kind).kind]


def types() -> Mapping[str, PictureType]:
    """The pictures of every kind, by its name."""
    return _types


def find(kind: str) -> PictureType:
    """The pictures of a kind.

    Raises
    ------
    ValueError
        If it has none.
    """
    if kind not in _types:
        raise ValueError(f"runs of kind {kind!r} have no picture, only those of {', '.join(_types)}")
    return _types[kind]


def summary(evidence: Mapping[str, Any]) -> str:
    """Evidence in a few words for the arc, whichever kind's it is."""
    return next((words for each in _types.values() if (words := each.summary(evidence))), "")


def in_words(evidence: Mapping[str, Any]) -> str:
    """Evidence in a few words for a badge, whichever kind's it is."""
    return next((words for each in _types.values() if (words := each.in_words(evidence))), "")
