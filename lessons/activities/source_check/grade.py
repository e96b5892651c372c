"""Taking a source check: two sources that do not copy one another, and a stamp that fits what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from pydantic import Field

from classroom.names import validate_signs
from classroom.refusals import Refusal
from lessons.activities.base import Sent, Verdict
from lessons.activities.source_check.forms import (
    CHOICES,
    FITTING,
    LEAST_REASON,
    LINES,
    NAMES,
    OWN,
    REVISE,
    TRAPS,
)
from lessons.activities.source_check.schema import SourceCheck
from lessons.activities.source_check.sources import domain_of, is_assistant, same
from lessons.standings import TextMemory
from lessons.texts import length, versions


class CheckMemory(TextMemory):
    """The claim of the version that is shown, and all its lines."""

    check: dict[str, str] = Field(default_factory=dict)


def grade(sent: Sent) -> Verdict:
    """Keep a source check; an instructor will read it."""
    activity: SourceCheck = sent.activity
    answer = read(activity, sent.answer)
    return versions.handed_in(sent.standing, dict(answer), remembered(answer))


def remembered(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a version, as it is remembered."""
    return {"text": answer["claim"], "check": dict(answer)}


def read(activity: SourceCheck, raw: Any) -> dict[str, str]:
    """Read what was filled in.

    Raises
    ------
    Refusal
        With a sentence for each line that is missing, too long, unknown or at odds with another.
    """
    if not isinstance(raw, Mapping):
        raise Refusal(_("A source check is an object with its lines."), errors={"answer": [_("not an object")]})
    errors: dict[str, list[str]] = {}
    answer: dict[str, str] = {}
    for name, (label, least, most) in LINES.items():
        try:
            answer[name] = _line(raw.get(name), str(label), least, most)
            if name in NAMES:
                validate_signs(answer[name])
        except ValidationError as error:
            errors[name] = list(error.messages)
        except ValueError as error:
            errors[name] = [str(error)]
    for name, options in CHOICES.items():
        answer[name] = str(raw.get(name) or "")
        if answer[name] not in options:
            errors[name] = [_("Choose one.")]
    answer["supplied"] = str(raw.get("supplied") or OWN)
    for check in (_check_claimed_by, _check_sources, _check_independence, _check_stamp):
        errors = {**check(activity, answer), **errors}
    if errors:
        order = [name for name in ("supplied", *LINES, *CHOICES) if name in errors]
        raise Refusal(errors[order[0]][0], errors={name: errors[name] for name in order})
    return {name: value for name, value in answer.items() if value}


def _line(sent: Any, label: str, least: int, most: int) -> str:
    if sent is None:
        sent = ""
    if not isinstance(sent, str):
        raise ValueError(_("Send text."))
    text = " ".join(sent.split())
    if len(text) > most:
        raise ValueError(_("At most %(n)d characters. This has %(has)d.") % {"n": most, "has": len(text)})
    if not versions.can_be_kept(text):
        raise ValueError(_("This contains characters that cannot be stored."))
    if (says := length.said(text)) < least:
        said = _("“%(label)s” is too short. Nobody could find it again.") if says else _("Fill this in.")
        raise ValueError(said % {"label": label} if says else said)
    return text


def _check_claimed_by(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    if answer["supplied"] != OWN:
        if activity.answer(answer["supplied"]) is None:
            return {"supplied": [_("This supplied answer does not exist.")]}
        return {}
    return {name: [_("Fill this in.")] for name in ("assistant", "question") if not answer.get(name)}


def _check_sources(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    errors = {}
    for n in ("1", "2"):
        if is_assistant(answer.get(f"who_{n}", ""), answer.get(f"where_{n}", "")):
            errors[f"who_{n}"] = [_("You are checking an AI assistant. It cannot be a source.")]
    who = [same(answer.get(f"who_{n}", "")) for n in ("1", "2")]
    if who[0] and who[0] == who[1]:
        errors["who_2"] = [_("The same people published both. That is one source. Find another.")]
    domains = [domain_of(answer.get(f"where_{n}", "")) for n in ("1", "2")]
    if domains[0] and domains[0] == domains[1]:
        said = _("Both links lead to %(domain)s. That is one source. Find another.")
        errors["where_2"] = [said % {"domain": domains[0]}]
    return errors


def _check_independence(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    if answer["independent"] in dict(TRAPS):
        return {"independent": [_("Then the two count as one. Find a second source with its own evidence.")]}
    return {}


def _check_stamp(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    if answer["stamp"] == REVISE and length.said(answer.get("corrected", "")) < LEAST_REASON:
        return {"corrected": [_("You chose “revise”. Write the true sentence.")]}
    if is_at_odds(answer) and length.said(answer.get("why", "")) < LEAST_REASON:
        fitting = FITTING[_pair(answer)]
        names = get_text_list([str(CHOICES["stamp"][stamp]) for stamp in fitting], _("or"))
        said = _("Your two sources point to the stamp “%(stamp)s”. Keep yours if you can say why.")
        return {"why": [said % {"stamp": names}]}
    return {}


def _pair(answer: Mapping[str, str]) -> tuple[str, str]:
    first, second = sorted((answer.get("stance_1", ""), answer.get("stance_2", "")))
    return first, second


def is_at_odds(answer: Mapping[str, str]) -> bool:
    """Tell whether the stamp is not the one that the two sources ask for."""
    fitting = FITTING.get(_pair(answer))
    return fitting is not None and answer["stamp"] in CHOICES["stamp"] and answer["stamp"] not in fitting
