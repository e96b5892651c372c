"""The slips in words: a few for the instructor, a sentence for the student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Text = str | Promise


@dataclass(frozen=True)
class Words:
    """`short` completes “a student who …”; `says` may use the numbers of the sheet: %(n)d, %(rate)s, %(old)s, …"""

    short: Text
    says: Text


_STALE = gettext_lazy("The predictions must be worked out again with the new w before you take the next errors.")
_NO_X = gettext_lazy("Multiply each error by its own x first: points with a large x pull harder on w.")
_SIZE = gettext_lazy("Too large by a whole number: check the division by %(n)d and the factor 2.")
_POINT = gettext_lazy("You used one point only; all %(n)d must have a say.")
_DECIMAL_POINT = gettext_lazy("Check the decimal point: the learning rate is %(rate)s.")
_LOSS = gettext_lazy("You used the loss itself; the step uses its slope, the average of error × x.")
_ONCE = gettext_lazy("Multiply each error by its x once.")
_ONLINE = gettext_lazy(
    "You changed w after every point; here w stays as it is for all %(n)d points and changes once, at the end."
)
_END = gettext_lazy("That is about where training ends; here we want the value after this one step.")

WORDS: dict[str, Words] = {
    "sign": Words(
        gettext_lazy("went in the wrong direction"),
        gettext_lazy(
            "The size is right and the direction is not: the error is prediction minus y, and the step is subtracted."
        ),
    ),
    "sum": Words(
        gettext_lazy("forgot to average"),
        gettext_lazy("You used the sum. Divide the %(n)d products by %(n)d to get the average before you use it."),
    ),
    "other-rule": Words(
        gettext_lazy("used the other convention"),
        gettext_lazy(
            "Your arithmetic is fine, in the other convention. Here the loss is %(loss)s, so the gradient is "
            "%(gradient)s; only the last line changes."
        ),
    ),
    "no-x": Words(gettext_lazy("did not multiply by x"), _NO_X),
    "stale-start": Words(gettext_lazy("kept the first predictions"), _STALE),
    "stale-previous": Words(gettext_lazy("used the last step’s gradient"), _STALE),
    "from-start": Words(
        gettext_lazy("stepped from the start"),
        gettext_lazy("The step is right; take it from where you stand now, %(old)s, and not from %(start)s."),
    ),
    "step-only": Words(
        gettext_lazy("stopped at rate × gradient"),
        gettext_lazy("That is %(rate)s × gradient. The new w is the old w minus this number."),
    ),
    "rate-twice": Words(
        gettext_lazy("used the learning rate twice"),
        gettext_lazy("The learning rate is used once: %(old)s − %(rate)s × gradient."),
    ),
    "no-x-sum": Words(gettext_lazy("did not multiply by x, nor average"), _NO_X),
    "sum-other-rule": Words(gettext_lazy("forgot to average, in the other convention"), _SIZE),
    "means-multiplied": Words(
        gettext_lazy("averaged before multiplying"),
        gettext_lazy("Multiply error by x for each point, then average; averaging first gives another number."),
    ),
    "no-rate": Words(
        gettext_lazy("forgot the learning rate"),
        gettext_lazy("You subtracted the whole gradient; make it small with the learning rate %(rate)s first."),
    ),
    "rate-times-10": Words(gettext_lazy("learning rate ten times too large"), _DECIMAL_POINT),
    "rate-over-10": Words(gettext_lazy("learning rate ten times too small"), _DECIMAL_POINT),
    "restart": Words(
        gettext_lazy("did step 1 again"),
        gettext_lazy("That is step 1 once more; this step starts at the w that you have found, %(old)s."),
    ),
    "prediction-for-error": Words(
        gettext_lazy("used the prediction as error"),
        gettext_lazy("You used the prediction where the error belongs; subtract y first."),
    ),
    "y-for-error": Words(
        gettext_lazy("used y as error"),
        gettext_lazy("The error is prediction minus y, not y itself; where the prediction is too low it is negative."),
    ),
    "gradient-only": Words(
        gettext_lazy("stopped at the gradient"),
        gettext_lazy("That is the gradient, the slope. Multiply it by %(rate)s and subtract that from the old w."),
    ),
    "unchanged": Words(
        gettext_lazy("left w as it was"),
        gettext_lazy("That is the old w. Take %(rate)s × gradient away from it."),
    ),
    "loss-subtracted": Words(gettext_lazy("subtracted the loss"), _LOSS),
    "loss-added": Words(gettext_lazy("added the loss"), _LOSS),
    "times-y": Words(gettext_lazy("multiplied by y"), gettext_lazy("Multiply each error by its x, not by its y.")),
    "one-too-few": Words(
        gettext_lazy("divided by one too few"), gettext_lazy("There are %(n)d points, so divide by %(n)d.")
    ),
    "divided-by-2": Words(gettext_lazy("twice too large"), _SIZE),
    "last-point": Words(gettext_lazy("used the last point only"), _POINT),
    "first-point": Words(gettext_lazy("used the first point only"), _POINT),
    "point-by-point": Words(gettext_lazy("changed w after every point"), _ONLINE),
    "point-by-point-shared": Words(gettext_lazy("changed w after every point"), _ONLINE),
    "product-left-out": Words(
        gettext_lazy("left out a product"),
        gettext_lazy("One of the %(n)d products is missing; list all of them before you average."),
    ),
    "x-squared": Words(gettext_lazy("multiplied by x twice"), _ONCE),
    "divided-by-x": Words(gettext_lazy("divided by x"), _ONCE),
    "best-w": Words(gettext_lazy("wrote the best w"), _END),
    "guessed-w": Words(gettext_lazy("guessed the best w"), _END),
    "slope-with-intercept": Words(
        gettext_lazy("fitted a line with intercept"),
        gettext_lazy("That slope belongs to a line with an intercept, as spreadsheets fit it; ours is w · x alone."),
    ),
    "lost-minus": Words(
        gettext_lazy("lost a minus"), gettext_lazy("The digits are right; a minus has got lost on the way.")
    ),
    "swapped-digits": Words(
        gettext_lazy("swapped two digits"),
        gettext_lazy("The digits are right, but two of them have changed places. Copy it once more."),
    ),
}


def in_words(slug: str) -> str:
    """A few words for the instructor, such as “forgot to average”."""
    return str(WORDS[slug].short) if slug in WORDS else slug


def sentence(slug: str, numbers: Mapping[str, object]) -> str:
    """What to tell a student who made this slip."""
    return str(WORDS[slug].says) % numbers


def one_of(slugs: tuple[str, ...]) -> str:
    """What to say while several slips fit: all of them, and no accusation."""
    if set(slugs) <= {"sign", "step-only", "y-for-error"}:
        return _("The size is right and the direction is not: subtract the step, and mind that minus a negative adds.")
    words = [in_words(slug) for slug in slugs[:3]]
    return _("More than one slip gives this number, such as: %(slips)s.") % {"slips": _(" · ").join(words)}
