"""The slips in words: a few for the instructor, a sentence or two with their own numbers for the student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Text = str | Promise


@dataclass(frozen=True)
class Words:
    """`short` completes “a student who …”.

    `says` is what the student reads, `at` what they read instead at one kind of cell. Both may use the numbers of
    `lessons.activities.hand_steps.words.numbers`: %(n)d, %(rate)s, %(w)s, %(own)s, …
    """

    short: Text
    says: Text
    at: Mapping[str, Text] = field(default_factory=dict)


_STALE = gettext_lazy("You used old predictions. w is %(w)s now. Work out each w·x again.")
_STALE_ERROR = gettext_lazy("You used an old prediction. w is %(w)s now: %(w)s × %(x)s − %(y)s.")
_NO_X = gettext_lazy("Multiply each error by its own x first. Then take the average.")
_FACTOR = gettext_lazy("%(own)s is off by a whole factor. Divide the sum of the products by %(n)d. Use %(factor)s.")
_ONE_POINT = gettext_lazy("You used one point. All %(n)d count.")
_DECIMAL_POINT = gettext_lazy("Check the decimal point. The learning rate is %(rate)s.")
_LOSS = gettext_lazy("You used the loss. A step uses its slope: the gradient.")
_ONLINE = gettext_lazy("You changed w after every point. Keep it for all %(n)d. It changes once, at the end.")
_END = gettext_lazy("Training ends near %(own)s. Here we want w after this one step.")

WORDS: dict[str, Words] = {
    "sign": Words(
        gettext_lazy("went in the wrong direction"),
        gettext_lazy("The size is right, the sign is not. Each error is prediction − y."),
        at={
            "error": gettext_lazy("It is the other way around: %(p)s − %(y)s = %(flipped)s."),
            "w": gettext_lazy("You went the wrong way. Take the step away: %(w)s − %(rate)s × %(g)s."),
        },
    ),
    "sum": Words(
        gettext_lazy("forgot to average"),
        gettext_lazy("You used the sum. Divide it by %(n)d before you go on."),
        at={"mean": gettext_lazy("%(own)s is the sum. Divide it by %(n)d.")},
    ),
    "other-rule": Words(
        gettext_lazy("used the other convention"),
        gettext_lazy(
            "Your arithmetic is right, by the other rule. In your class the gradient is %(gradient)s. "
            "Two lines change: the gradient and the new w."
        ),
    ),
    "no-x": Words(
        gettext_lazy("did not multiply by x"),
        _NO_X,
        at={"product": gettext_lazy("%(own)s is the error. Multiply it by its x: %(e)s × %(x)s.")},
    ),
    "stale-start": Words(gettext_lazy("kept the first predictions"), _STALE, at={"error": _STALE_ERROR}),
    "stale-previous": Words(gettext_lazy("used the last step’s gradient"), _STALE, at={"error": _STALE_ERROR}),
    "from-start": Words(
        gettext_lazy("stepped from the start"),
        gettext_lazy("Your step is right. Take it from %(w)s, where you are now. You took it from %(start)s."),
    ),
    "step-only": Words(
        gettext_lazy("stopped at rate × gradient"),
        gettext_lazy("%(own)s is the step, %(rate)s × gradient. Now take it away: %(w)s − %(own_)s."),
    ),
    "rate-twice": Words(
        gettext_lazy("used the learning rate twice"),
        gettext_lazy("You used the learning rate twice. Use it once: %(w)s − %(rate)s × %(g)s."),
    ),
    "no-x-sum": Words(
        gettext_lazy("did not multiply by x or average"),
        gettext_lazy("Multiply each error by its own x first. Then divide the sum by %(n)d."),
        at={"product": gettext_lazy("%(own)s is the error. Multiply it by its x: %(e)s × %(x)s.")},
    ),
    "sum-other-rule": Words(gettext_lazy("forgot to average, in the other convention"), _FACTOR),
    "means-multiplied": Words(
        gettext_lazy("averaged before multiplying"),
        gettext_lazy("You averaged first. Multiply each error by its x first, then average."),
    ),
    "no-rate": Words(
        gettext_lazy("forgot the learning rate"),
        gettext_lazy("You took away the whole gradient. Multiply it by %(rate)s first."),
    ),
    "rate-times-10": Words(gettext_lazy("learning rate ten times too large"), _DECIMAL_POINT),
    "rate-over-10": Words(gettext_lazy("learning rate ten times too small"), _DECIMAL_POINT),
    "restart": Words(
        gettext_lazy("did step 1 again"),
        gettext_lazy("That is step 1 again. This step starts at your new w, %(w)s."),
    ),
    "prediction-for-error": Words(
        gettext_lazy("used the prediction as error"),
        gettext_lazy("You used predictions as errors. Take y away from each."),
        at={"error": gettext_lazy("%(own)s is the prediction. Take y away: %(p)s − %(y)s.")},
    ),
    "y-for-error": Words(
        gettext_lazy("used y as error"),
        gettext_lazy("You used y as the error. The error is prediction − y."),
        at={"error": gettext_lazy("%(own)s is y. The error is prediction − y: %(p)s − %(y)s.")},
    ),
    "gradient-only": Words(
        gettext_lazy("stopped at the gradient"),
        gettext_lazy("%(own)s is the gradient. Multiply it by %(rate)s. Then take that away from %(w)s."),
    ),
    "unchanged": Words(
        gettext_lazy("left w as it was"),
        gettext_lazy("%(own)s is the old w. Take away %(rate)s × %(g)s."),
    ),
    "loss-subtracted": Words(gettext_lazy("subtracted the loss"), _LOSS),
    "loss-added": Words(gettext_lazy("added the loss"), _LOSS),
    "times-y": Words(
        gettext_lazy("multiplied by y"),
        gettext_lazy("You multiplied by y. Multiply each error by its x."),
        at={"product": gettext_lazy("You multiplied by y. Multiply by x: %(e)s × %(x)s.")},
    ),
    "one-too-few": Words(
        gettext_lazy("divided by one too few"),
        gettext_lazy("You divided by %(n_less)d. There are %(n)d points, so divide by %(n)d."),
    ),
    "divided-by-2": Words(gettext_lazy("twice too large"), _FACTOR),
    "last-point": Words(gettext_lazy("used the last point only"), _ONE_POINT),
    "first-point": Words(gettext_lazy("used the first point only"), _ONE_POINT),
    "point-by-point": Words(gettext_lazy("changed w after every point"), _ONLINE),
    "point-by-point-shared": Words(gettext_lazy("changed w after every point"), _ONLINE),
    "product-left-out": Words(
        gettext_lazy("left out a product"),
        gettext_lazy("One of the %(n)d products is missing. Add all of them, then divide by %(n)d."),
    ),
    "x-squared": Words(
        gettext_lazy("multiplied by x twice"),
        gettext_lazy("You multiplied by x twice. Once is enough."),
        at={"product": gettext_lazy("You multiplied by x twice. Once is enough: %(e)s × %(x)s.")},
    ),
    "divided-by-x": Words(
        gettext_lazy("divided by x"),
        gettext_lazy("You divided by x. Multiply each error by its x."),
        at={"product": gettext_lazy("You divided by x. Multiply: %(e)s × %(x)s.")},
    ),
    "best-w": Words(gettext_lazy("wrote the best w"), _END),
    "guessed-w": Words(gettext_lazy("guessed the best w"), _END),
    "slope-with-intercept": Words(
        gettext_lazy("fitted a line with intercept"),
        gettext_lazy("%(own)s is the slope of a line with an intercept. Our line is w · x: it starts at 0."),
    ),
    "lost-minus": Words(
        gettext_lazy("lost a minus"),
        gettext_lazy("You lost the minus: %(flipped)s."),
        at={
            "error": gettext_lazy("You lost the minus: %(p)s − %(y)s = %(flipped)s."),
            "product": gettext_lazy("You lost the minus: %(e)s × %(x)s = %(flipped)s."),
        },
    ),
    "swapped-digits": Words(
        gettext_lazy("swapped two digits"),
        gettext_lazy("Two digits have changed places in %(own)s. Copy it again."),
    ),
}

# Slips that no number tells apart, by what they have in common; `short` as above.
FAMILIES: dict[str, Text] = {
    "wrong-way": gettext_lazy("went the wrong way"),
    "off-by-two": gettext_lazy("was off by a factor of two"),
    "same-w": gettext_lazy("ended at the old w"),
}


def in_words(slug: str) -> str:
    """A few words for the instructor, such as “forgot to average”."""
    return str(WORDS[slug].short if slug in WORDS else FAMILIES.get(slug, slug))


def sentence(slug: str, kind: str, numbers: Mapping[str, object]) -> str:
    """What to tell a student who made this slip in a cell of this kind."""
    words = WORDS[slug]
    if slug == "sign" and kind == "error" and numbers["is_below_zero"]:
        # Prediction − y turned around looks like a minus that was lost, and for the student it is one.
        words = WORDS["lost-minus"]
    return str(words.at.get(kind, words.says)) % numbers


def one_of(slugs: tuple[str, ...], numbers: Mapping[str, object]) -> str:
    """What to say while several slips fit: no accusation."""
    if set(slugs) <= {"sign", "step-only", "y-for-error"}:
        return _("The size is right, the sign is not: %(w)s − %(rate)s × %(g)s. Minus a minus is plus.") % numbers
    words = " · ".join(in_words(slug) for slug in slugs[:3])
    return _("More than one slip gives %(own)s: %(slips)s.") % {**numbers, "slips": words}
