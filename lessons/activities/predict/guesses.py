"""Reading of a guess that is a number, and how it is said before it is sealed for good."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from lessons.forms import why_unreadable
from lessons.maths import values

# As `static/slider.js` has it: nobody can be surprised by how this is read, so it need not be said.
PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Scale:
    """Range and unit of a number to guess."""

    low: Fraction
    high: Fraction
    unit: str


@dataclass(frozen=True)
class Reading:
    """Guess as it was read; `is_plain` if it was typed as a number is written here."""

    value: Fraction
    unit: str
    is_plain: bool

    @property
    def plain(self) -> str:
        """How it is kept, and sent back by a page that has shown it."""
        return values.plain(self.value)

    @property
    def text(self) -> str:
        shown = values.show(self.value, 6)
        return f"{shown}\u00a0{self.unit}" if self.unit else shown


def read(scale: Scale, typed: Any) -> Reading:
    """Read a guess. One that could be two numbers is the one on the scale.

    Raises
    ------
    ValueError
        With a sentence, if it cannot be told or lies outside.
    """
    wanted = _("Type a number from %(low)s to %(high)s.") % {
        "low": values.show(scale.low),
        "high": values.show(scale.high),
    }
    if isinstance(typed, bool) or not isinstance(typed, str | int | float) or not str(typed).strip():
        raise ValueError(wanted)
    try:
        found = [each for each in values.readings(typed, scale.unit) if scale.low <= each <= scale.high]
        if len(found) > 1:
            raise values.UnreadableNumber("unclear")
    except values.UnreadableNumber as unreadable:
        raise ValueError(f"{why_unreadable(unreadable.reason)} {wanted}") from None
    if not found:
        raise ValueError(wanted)
    return Reading(found[0], scale.unit, is_plain=PLAIN.fullmatch(str(typed).strip()) is not None)


def check_shown(reading: Reading, shown: str) -> None:
    """Hold back a guess until its sender has been shown how it is read.

    Raises
    ------
    ValueError
        With what it was read as.
    """
    if not reading.is_plain and shown != reading.plain:
        says = _("We read that as %(number)s. Seal it again if that is right.")
        raise ValueError(says % {"number": reading.text})
