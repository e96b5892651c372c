"""Bins of a scale, all equally wide: stretches in which guesses that are numbers are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from lessons.activities.predict.schema import Number
from lessons.maths import values

FEWEST = 4
# In steps of the scale; a scale has at most 1000.
_WIDTHS = (1, 2, 3, 4, 5, 10, 20, 25, 50, 100, 200)


@dataclass(frozen=True)
class Bins:
    """`n` stretches of `width` steps each. `is_even`: they hold equally many values; else the last ends on the end of
    the scale, as in 90 to 100 after 80 to 89.
    """

    number: Number
    width: int
    n: int
    is_even: bool

    @classmethod
    def of(cls, number: Number, most: int) -> Bins:
        """At most so many bins of one width, a value each if they are few."""
        n_steps = int((number.max - number.min) / number.step)
        for width in _WIDTHS:
            n, rest = divmod(n_steps + 1, width)
            if not rest and (width == 1 or n >= FEWEST) and n <= most:
                return cls(number, width, n, is_even=True)
        for width in _WIDTHS:
            n, rest = divmod(n_steps, width)
            if not rest and n <= most:
                return cls(number, width, n, is_even=False)
        # A scale of no round number of steps: its last bin is as wide as what is left.
        width = next(width for width in _WIDTHS if n_steps // width < most)
        return cls(number, width, n_steps // width + 1, is_even=True)

    def at(self, typed: str | Fraction) -> int | None:
        """The bin of a number; one that lies between two steps counts with the nearer.

        None for what was a choice, or on another scale, before the lesson was changed.
        """
        try:
            value = typed if isinstance(typed, Fraction) else values.parse(typed)
        except values.UnreadableNumber:
            return None
        if not self.number.min <= value <= self.number.max:
            return None
        return min(round((value - self.number.min) / self.number.step) // self.width, self.n - 1)

    def count(self, tally: Mapping[str, int]) -> list[int]:
        """How many guesses lie in each."""
        counts = [0] * self.n
        for guess, n in tally.items():
            at = self.at(guess)
            if at is not None:
                counts[at] += n
        return counts

    def ends(self, i: int) -> tuple[Fraction, Fraction]:
        """The least and the greatest value of a bin."""
        low = self.number.min + i * self.width * self.number.step
        high = self.number.max if i == self.n - 1 else low + (self.width - 1) * self.number.step
        return low, high
