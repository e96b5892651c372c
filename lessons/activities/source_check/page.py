"""A source check's page: what was filled in last, and what its reader made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lessons.activities.base import ActivityView
from lessons.activities.source_check.forms import CHOICES, HELP, LINES, OWN, QUESTIONS, STAMPS
from lessons.activities.source_check.schema import SourceCheck
from lessons.texts import versions
from lessons.texts.versions import TextView


@dataclass(frozen=True)
class Field:
    """One thing to fill in or to choose, what stands in it, and what is wrong with that."""

    name: str
    label: str
    help: str
    value: str
    says: str
    most: int = 0
    is_long: bool = False
    is_free: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Supplied:
    """A supplied answer, sentence by sentence: each can be made the claim."""

    key: str
    dated: date
    question: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class SourceSheet:
    """The activity's page: what was filled in last, and what its reader made of it."""

    words: TextView
    supplied: tuple[Supplied, ...]
    field: Mapping[str, Field]
    table: tuple[tuple[str, str, str], ...]  # what was handed in: (name, label, value)
    # What it was about and what came of it, for the line that it folds to; the table has all else.
    claim: str
    stamp: str
    stamps: tuple[tuple[str, str, str], ...]


def page(view: ActivityView) -> SourceSheet:
    """Lay out a source check for one member."""
    activity: SourceCheck = view.activity
    kept = view.standing.memory.check
    words = versions.text_view(view.standing, "", activity.asks, view.reviewer, is_open=True)
    lines = table(activity, kept)
    said = {name: value for name, __, value in lines}
    return SourceSheet(
        words=words,
        supplied=tuple(
            Supplied(each.key, each.dated, each.question, sentences_of(each.answer)) for each in activity.answers
        ),
        field=_fields({**kept, **view.typed}, view.errors),
        table=tuple(line for line in lines if line[0] not in ("claim", "stamp") or not words.is_behind),
        claim=said.get("claim", ""),
        stamp=said.get("stamp", ""),
        stamps=tuple((key, str(label), str(means)) for key, label, means in STAMPS),
    )


def sentences_of(answer: str) -> tuple[str, ...]:
    """Cut an answer into sentences that can be a claim; one that is too short for that stays with the next.

    >>> sentences_of("Yes. The wall is long, e.g. 21,196 km. It is old.")
    ('Yes. The wall is long, e.g. 21,196 km.', 'It is old.')
    """
    found: list[str] = []
    least = LINES["claim"][1]
    for sentence in re.split(r"(?<=[.!?])\s+(?=[^\W\d_a-z])", answer.strip()):
        if found and len(found[-1]) < least:
            found[-1] += f" {sentence}"
        else:
            found.append(sentence)
    return tuple(found)


def _fields(values: Mapping[str, str], errors: Mapping[str, list[str]]) -> dict[str, Field]:
    def says(name: str) -> str:
        return errors.get(name, [""])[0]

    lines = {
        name: Field(
            name=name,
            label=str(label),
            help=str(HELP.get(name, "")),
            value=values.get(name, ""),
            says=says(name),
            most=most,
            is_long=most > 200 and not name.startswith(("where", "question")),
            is_free=not least,
        )
        for name, (label, least, most) in LINES.items()
    }
    choices = {
        name: Field(
            name=name,
            label=str(QUESTIONS[name]),
            help="",
            value=values.get(name, ""),
            says=says(name),
            options=tuple((key, str(label)) for key, label in options.items()),
        )
        for name, options in CHOICES.items()
    }
    supplied = Field("supplied", _("Whose answer are you checking?"), "", values.get("supplied", OWN), says("supplied"))
    return {**lines, **choices, "supplied": supplied}


def table(activity: SourceCheck, answer: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """What was handed in, line by line: (name, label, value in words). Empty lines are left out."""
    if not answer:
        return ()
    supplied = activity.answer(answer.get("supplied", ""))
    shown = dict(answer)
    if supplied is not None:
        dated = date_format(supplied.dated, "j F Y")
        shown |= {"assistant": _("Answer from %(dated)s") % {"dated": dated}, "question": supplied.question}
        shown["answer"] = supplied.answer
    # Each source begins with its number.
    heads = {"who_1": _("Source 1"), "who_2": _("Source 2")}
    lines = [(name, str(heads.get(name, label)), str(shown.get(name, ""))) for name, (label, __, ___) in LINES.items()]
    labels = {"stance_1": _("It …"), "stance_2": _("It …"), "independent": _("Independent?"), "stamp": _("Stamp")}
    lines.append(("answer", _("What it answered"), shown.get("answer", "")))
    chosen = [(name, labels[name], str(options.get(answer.get(name, ""), ""))) for name, options in CHOICES.items()]
    order = ["assistant", "question", "answer", "claim"]
    order += [f"{name}_{n}" for n in (1, 2) for name in ("who", "when", "passage", "where", "stance")]
    order += ["independent", "stamp", "corrected", "why"]
    found = {line[0]: line for line in (*lines, *chosen)}
    return tuple(found[name] for name in order if found[name][2])
