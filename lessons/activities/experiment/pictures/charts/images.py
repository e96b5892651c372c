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
    """One image: its pixels as paths of one grey each (path, opacity), and, if that is told, what it was called."""

    shades: tuple[tuple[str, float], ...]
    truth: int
    said: int | None
    name: str


def images_of(reading: Result, truth: int, said: int | None = None, *, is_stamped: bool = True) -> tuple[Image, ...]:
    """The misread images of a digit, those called `said` alone if it is given, in the order of the data.

    Without stamps nothing tells what they were called, the order least of all.
    """
    wanted = [each for each in reading["misread"] if each["truth"] == truth and said in (None, each["said"])]
    return tuple(
        Image(
            shades=_shades(each["pixels"]),
            truth=truth,
            said=each["said"] if is_stamped else None,
            name=_("a real %(truth)d, called %(said)d") % {"truth": truth, "said": each["said"]}
            if is_stamped
            else _("a real %(truth)d") % {"truth": truth},
        )
        for each in sorted(wanted, key=lambda each: each["index"])
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
