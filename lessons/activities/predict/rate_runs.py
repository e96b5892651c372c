"""The run that a learning rate makes, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.predict.maths import rates
from lessons.activities.predict.maths.rates import Breakdown
from lessons.drawing.axes import as_float, in_digits, in_full, in_powers
from lessons.maths import losses, values
from lessons.maths.descent import Problem

FOCUSABLE = 13  # dots in one drawing


@dataclass(frozen=True)
class RateRun:
    """What is said about one learning rate; `honest` is empty unless the run explodes."""

    look: str
    rate: str
    outcome: str
    summary: str
    honest: str


@dataclass(frozen=True)
class Trajectory:
    """Trajectory of w under one learning rate, and the numbers that are said about it."""

    problem: Problem
    start: Fraction
    look: str
    is_one_of_two: bool

    @property
    def rho(self) -> Fraction:
        return rates.shrinks_by(self.problem)

    @property
    def best(self) -> Fraction:
        return rates.best(self.problem)

    @property
    def rate(self) -> str:
        return show_rate(self.problem.learning_rate)

    @property
    def n_focusable(self) -> int:
        """How many of its dots can be reached: a pair shares them, and the start belongs to the first."""
        if not self.is_one_of_two:
            return FOCUSABLE
        return FOCUSABLE // 2 + (self.look == "first")

    def w(self, k: int) -> Fraction:
        return rates.w_after(self.problem, self.start, k)

    def loss(self, k: int) -> float:
        return as_float(losses.loss(self.problem, self.w(k)))

    def named(self, text: str) -> str:
        return f"{self.rate}: {text}" if self.is_one_of_two else text


def run_of(trajectory: Trajectory) -> RateRun:
    outcome = rates.outcome(trajectory.problem, trajectory.start)
    broken = rates.breakdown(trajectory.problem, trajectory.start)
    return RateRun(
        trajectory.look, trajectory.rate, outcome, _summary(trajectory, outcome), _honest(broken) if broken else ""
    )


def show_rate(rate: Fraction) -> str:
    """Write a learning rate: as a decimal where that ends, else as a fraction.

    Examples
    --------
    >>> show_rate(Fraction(4, 15)), show_rate(Fraction("0.05")), show_rate(Fraction(1))
    ('4/15', '0.05', '1')
    """
    rest, n_decimals = rate.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        n_decimals = max(n_decimals, count)
    return values.show(rate, n_decimals) if rest == 1 else f"{rate.numerator}/{rate.denominator}"


def _summary(trajectory: Trajectory, outcome: str) -> str:
    n_settled = rates.steps_to_settle(trajectory.problem, trajectory.start) or 0
    said = {
        "rate": trajectory.rate,
        "best": in_full(trajectory.best),
        "start": in_full(trajectory.start),
        "first": in_full(trajectory.w(1)),
        "ten": in_full(trajectory.w(10)),
        "fifty": in_full(trajectory.w(50)),
        "loss": in_digits(trajectory.loss(1)),
        "n": f"{n_settled:,}" if n_settled < 10**9 else in_powers(as_float(Fraction(n_settled))),
    }
    if trajectory.start == trajectory.best:
        return _("With learning rate %(rate)s w stays where it starts, at the best value %(best)s.") % said
    sentences = {
        "crawls": _("With learning rate %(rate)s w crawls. After 50 steps it is at %(fifty)s. The best is %(best)s."),
        "settles": ngettext(
            "With learning rate %(rate)s w comes closer from one side. After %(n)s step it is within 0.01 of %(best)s.",
            "With learning rate %(rate)s w comes closer from one side. After %(n)s steps it is within 0.01 of "
            "%(best)s.",
            n_settled,
        ),
        "one-jump": _(
            "With learning rate %(rate)s w jumps to the best value %(best)s in one step and stays. The loss is "
            "%(loss)s."
        ),
        "zigzags": ngettext(
            "With learning rate %(rate)s w jumps from side to side, closer each time. After %(n)s step it is within "
            "0.01 of %(best)s.",
            "With learning rate %(rate)s w jumps from side to side, closer each time. After %(n)s steps it is within "
            "0.01 of %(best)s.",
            n_settled,
        ),
        "bounces": _(
            "With learning rate %(rate)s w jumps between %(start)s and %(first)s forever. The loss stays at %(loss)s."
        ),
        "explodes": _(
            "With learning rate %(rate)s each step lands farther from %(best)s. After 10 steps w is at %(ten)s, after "
            "50 at %(fifty)s."
        ),
    }
    return sentences[outcome] % said


def _honest(broken: Breakdown) -> str:
    """Say where the numbers of a real computer end."""
    if broken.loss_infinite is None:
        return _(
            "A computer that continues needs more than 20,000 steps until the loss is Infinity. NaN comes even later."
        )
    said = {"loss": f"{broken.loss_infinite:,}", "w": f"{broken.w_infinite or 0:,}", "nan": f"{broken.w_nan or 0:,}"}
    if broken.w_infinite is None or broken.w_nan is None:
        text = _(
            "A computer that continues gets Infinity for the loss at step %(loss)s. For w it comes far later, then NaN."
        )
    else:
        text = _(
            "A computer that continues gets Infinity for the loss at step %(loss)s and for w at step %(w)s. From step "
            "%(nan)s on it gets NaN."
        )
    return text % said
