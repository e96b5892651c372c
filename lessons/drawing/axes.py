"""Axes and numbers of the drawings: where a value lies, and how it is written there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from lessons.maths import values

WIDTH, HEIGHT = 400, 250

LEFT, RIGHT, TOP, BOTTOM = 46, 388, 26, 214

HUGE = 1e300

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """Maps numbers from `low` to `high` onto pixels; `start` may lie right of or below `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value, kept inside the drawing."""
        return self.place(self.inside(value))

    def place(self, value: float) -> float:
        """Return the pixel of a value, wherever that is."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def inside(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    @classmethod
    def over(cls, low: float, high: float, start: float, end: float) -> Axis:
        """An axis that has some length, whatever the numbers are."""
        least = 1e-6 * max(1.0, abs(low), abs(high))
        return cls(low, max(high, low + least), start, end)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """About four round numbers: (pixel, label)."""
        size = (self.high - self.low) / 4
        power = 10.0 ** math.floor(math.log10(size))
        step = next(nice * power for nice in (1, 2, 5, 10) if nice * power >= size * 0.8)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple((self.at(k * step), _tick(k * step)) for k in range(first, last + 1))


def as_float(value: Fraction) -> float:
    """The nearest double that can be drawn."""
    try:
        return min(max(float(value), -HUGE), HUGE)
    except OverflowError:
        return HUGE if value > 0 else -HUGE


def path_of(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in points)


def in_full(value: Fraction) -> str:
    """Write an exact value for a label."""
    return values.show(value) if abs(value) < 10**9 else in_powers(as_float(value))


def in_digits(value: float) -> str:
    """Write a double for a label."""
    return values.show(Fraction(value)) if abs(value) < 1e9 else in_powers(value)


def _tick(value: float) -> str:
    """A number that fits beside the axis."""
    is_short = value == 0 or 0.001 <= abs(value) < 100_000
    return in_digits(value) if is_short else in_powers(value)


def in_powers(value: float) -> str:
    """Write a very large or very small number: “1.2×10⁷”."""
    digits, _letter, power = f"{min(abs(value), HUGE):.1e}".partition("e")
    raised = str(int(power)).translate(SUPERSCRIPTS)
    return f"{'−' if value < 0 else ''}{digits.removesuffix('.0')}×10{raised}"
