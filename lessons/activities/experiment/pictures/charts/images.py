"""Images of digits, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lessons.activities.measures import Result

SIDE = 8  # pixels of an image
BRIGHTEST = 16


@dataclass(frozen=True)
class Image:
    """One image: its pixels as paths of one grey each (path, opacity), and what the model called it."""

    shades: tuple[tuple[str, float], ...]
    truth: int
    said: int
    name: str


def images_of(reading: Result) -> tuple[Image, ...]:
    return tuple(
        Image(
            shades=_shades(each["pixels"]),
            truth=each["truth"],
            said=each["said"],
            name=_("a real %(truth)d, called %(said)d") % {"truth": each["truth"], "said": each["said"]},
        )
        for each in sorted(reading["misread"], key=lambda each: (each["truth"], each["said"], each["index"]))
    )


def _shades(pixels: Sequence[int]) -> tuple[tuple[str, float], ...]:
    """One path for all pixels of the same grey, side by side in a row drawn as one stroke."""
    paths: dict[int, list[str]] = {}
    for row in range(SIDE):
        column = 0
        while column < SIDE:
            value = pixels[row * SIDE + column]
            length = 1
            while column + length < SIDE and pixels[row * SIDE + column + length] == value:
                length += 1
            if value:
                paths.setdefault(value, []).append(f"M{column} {row}h{length}v1h-{length}z")
            column += length
    return tuple(("".join(path), value / BRIGHTEST) for value, path in sorted(paths.items()))
