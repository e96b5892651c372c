"""The lines and choices of a source check, and their words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

OWN = "own"

SUPPORTS, CONTRADICTS, UNCLEAR = "supports", "contradicts", "unclear"

ACCEPT, REVISE, REJECT = "accept", "revise", "reject"

INDEPENDENT = "yes"

STANCES = (
    (SUPPORTS, gettext_lazy("supports the claim")),
    (CONTRADICTS, gettext_lazy("contradicts it")),
    (UNCLEAR, gettext_lazy("leaves it unclear")),
)

# The three ways in which two sources are one.
TRAPS = (
    ("release", gettext_lazy("No: both repeat the same press release or announcement.")),
    ("copy", gettext_lazy("No: one copies or quotes the other, or both copy the same encyclopaedia.")),
    ("assistant", gettext_lazy("No: it was written by an AI assistant.")),
)

INDEPENDENCE = (
    (INDEPENDENT, gettext_lazy("Yes: it has its own evidence, from other people.")),
    *TRAPS,
)

STAMPS = (
    (ACCEPT, gettext_lazy("accept"), gettext_lazy("Both sources agree with the claim.")),
    (REVISE, gettext_lazy("revise"), gettext_lazy("It is true in part. You write the true sentence.")),
    (REJECT, gettext_lazy("reject"), gettext_lazy("The sources contradict it, or neither supports it.")),
)

# By what the two sources say, in alphabetical order: the stamps that fit.
FITTING = {
    (SUPPORTS, SUPPORTS): (ACCEPT,),
    (CONTRADICTS, SUPPORTS): (REVISE,),
    (SUPPORTS, UNCLEAR): (REVISE,),
    (CONTRADICTS, CONTRADICTS): (REJECT, REVISE),
    (CONTRADICTS, UNCLEAR): (REJECT, REVISE),
    (UNCLEAR, UNCLEAR): (REJECT,),
}

# Name: (label, how much it says at least, most characters).
LINES: dict[str, tuple[Any, int, int]] = {
    "assistant": (gettext_lazy("Which assistant?"), 0, 80),
    "question": (gettext_lazy("What did you ask it?"), 0, 300),
    "claim": (gettext_lazy("The claim, in one sentence"), 8, 300),
    **{
        f"{name}_{n}": found
        for n in (1, 2)
        for name, found in {
            "who": (gettext_lazy("Who published it"), 2, 120),
            "when": (gettext_lazy("Date"), 2, 60),
            "passage": (gettext_lazy("The passage, word for word"), 8, 600),
            "where": (gettext_lazy("Link, or where it is printed"), 2, 400),
        }.items()
    },
    "corrected": (gettext_lazy("The true sentence"), 0, 300),
    "why": (gettext_lazy("Why this stamp"), 0, 600),
}

# Lines that say who, when and where: an instructor goes by them. What is copied word for word may have any sign.
NAMES = frozenset({"assistant", *(f"{name}_{n}" for n in (1, 2) for name in ("who", "when", "where"))})

CHOICES = {
    "stance_1": dict(STANCES),
    "stance_2": dict(STANCES),
    "independent": dict(INDEPENDENCE),
    "stamp": {key: label for key, label, _means in STAMPS},
}

QUESTIONS = {
    "stance_1": gettext_lazy("The passage …"),
    "stance_2": gettext_lazy("The passage …"),
    "independent": gettext_lazy("Is source 2 independent of source 1?"),
    "stamp": gettext_lazy("Your stamp"),
}

HELP = {
    "claim": gettext_lazy("A sentence that can be true or false."),
    "who_1": gettext_lazy("A person or an institution, not the search engine."),
    "who_2": gettext_lazy("Somebody other than the publisher of source 1."),
    "when_1": gettext_lazy("Write “no date” if there is none."),
    "when_2": gettext_lazy("Write “no date” if there is none."),
    "corrected": gettext_lazy("What your sources say instead."),
    "why": gettext_lazy("Only if your two sources point to a different stamp."),
}

LEAST_REASON = 8
