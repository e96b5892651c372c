"""The source check: one claim of an assistant, two sources that do not copy one another, and a stamp."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from publicsuffixlist import PublicSuffixList

from classroom.models import GradientRule
from classroom.refusals import Refusal
from lessons import writing
from lessons.authoring.schema import SourceCheck, SuppliedAnswer
from lessons.verdicts import ActivityView, Verdict
from lessons.writing import TextView

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
    ("copy", gettext_lazy("No: it copies or quotes the other, or both copy one encyclopaedia.")),
    ("assistant", gettext_lazy("No: it was written by an AI assistant.")),
)
INDEPENDENCE = (
    (INDEPENDENT, gettext_lazy("Yes: it has its own evidence, from other people.")),
    *TRAPS,
)
STAMPS = (
    (ACCEPT, gettext_lazy("accept"), gettext_lazy("Both independent sources agree with the claim.")),
    (REVISE, gettext_lazy("revise"), gettext_lazy("It holds in part: you write the sentence that holds.")),
    (REJECT, gettext_lazy("reject"), gettext_lazy("The sources contradict it, or nothing supports it.")),
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
# Name: (label, fewest and most characters).
LINES: dict[str, tuple[Any, int, int]] = {
    "assistant": (gettext_lazy("Which assistant"), 0, 80),
    "question": (gettext_lazy("What it was asked"), 0, 300),
    "claim": (gettext_lazy("The claim, in one sentence"), 10, 300),
    **{
        f"{name}_{n}": found
        for n in (1, 2)
        for name, found in {
            "who": (gettext_lazy("Who stands behind it"), 2, 120),
            "when": (gettext_lazy("From when it is"), 2, 60),
            "passage": (gettext_lazy("The exact passage"), 10, 600),
            "where": (gettext_lazy("Link, or where it is printed"), 3, 400),
        }.items()
    },
    "corrected": (gettext_lazy("The sentence that holds"), 0, 300),
    "why": (gettext_lazy("Why this stamp"), 0, 600),
}
CHOICES = {
    "stance_1": dict(STANCES),
    "stance_2": dict(STANCES),
    "independent": dict(INDEPENDENCE),
    "stamp": {key: label for key, label, _means in STAMPS},
}
QUESTIONS = {
    "stance_1": gettext_lazy("It …"),
    "stance_2": gettext_lazy("It …"),
    "independent": gettext_lazy("Is source 2 independent of source 1?"),
    "stamp": gettext_lazy("Your stamp"),
}
HELP = {
    "claim": gettext_lazy("One that can be true or false."),
    "who_1": gettext_lazy("The people or the institution, not the search engine."),
    "who_2": gettext_lazy("Other people than those of source 1."),
    "when_1": gettext_lazy("As it stands there; “no date” if there is none."),
    "when_2": gettext_lazy("As it stands there; “no date” if there is none."),
    "corrected": gettext_lazy("For “revise”."),
    "why": gettext_lazy("Only if what your two sources say would ask for another stamp."),
}
LEAST_REASON = 10

# A name made of nothing but these, a product's among them, is an assistant's: “Gemini 2.5 Pro” is one, “Gemini
# Observatory” is not.
PRODUCTS = {
    *("bard", "chatbot", "chatgpt", "claude", "copilot", "deepseek", "gemini", "gpt", "grok", "llama", "perplexity"),
}
AROUND_PRODUCTS = {
    *("ai", "an", "answer", "anthropic", "app", "assistant", "bing", "bot", "by", "chat", "flash", "from", "google"),
    *("haiku", "meta", "microsoft", "mini", "model", "my", "of", "openai", "opus", "pro", "s", "snapchat"),
    *("sonnet", "thinking", "turbo", "ultra", "version", "with", "x", "xai"),
}
# A version: 5, 4o, r1, v3.
VERSION = re.compile(r"[a-z]?\d+[a-z]?")
# Names of assistants that have no product's name in them, as `_same` writes them.
ASSISTANTS = {
    *("ai", "an ai", "ai assistant", "an ai assistant", "ai chatbot", "ai mode", "ai overview", "ai overviews"),
    *("bing chat", "character ai", "google ai mode", "google ai overview", "google ai overviews", "le chat"),
    *("meta ai", "my ai", "snapchat my ai"),
}
# Where assistants answer: a host, and of one that has more to it, the beginning of the path.
ASSISTANT_PLACES = (
    *("bard.google.com", "character.ai", "chat.com", "chat.deepseek.com", "chat.mistral.ai", "chat.openai.com"),
    *("chatgpt.com", "claude.ai", "copilot.cloud.microsoft", "copilot.microsoft.com", "duck.ai", "gemini.google.com"),
    *("grok.com", "meta.ai", "perplexity.ai", "pi.ai", "poe.com", "you.com"),
    *("bing.com/chat", "g.co/gemini", "x.com/i/grok"),
)
# They lead to what others publish, and say nothing about who that is.
GATEWAYS = ("doi.org", "hdl.handle.net")
ARCHIVED = re.compile(r"https?://web\.archive\.org/web/[^/]+/(.+)", re.IGNORECASE)


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
class SourceSheet:
    """The activity's page: what was filled in last, and what its reader made of it."""

    words: TextView
    supplied: tuple[SuppliedAnswer, ...]
    field: Mapping[str, Field]
    table: tuple[tuple[str, str, str], ...]  # what was handed in: (name, label, value)
    stamps: tuple[tuple[str, str, str], ...]


def page(view: ActivityView) -> SourceSheet:
    """Lay out a source check for one member."""
    activity: SourceCheck = view.activity  # type: ignore[assignment]  # the table of types calls for these alone
    memory = view.standing.get("memory", {})
    kept = memory.get("check", {})
    return SourceSheet(
        words=writing.text_view(view, "", activity.asks, is_open=True),
        supplied=activity.answers,
        field=_fields({**kept, **view.typed}, view.errors),
        table=table(activity, kept),
        stamps=tuple((key, str(label), str(means)) for key, label, means in STAMPS),
    )


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
    supplied = Field("supplied", _("Whose answer do you check?"), "", values.get("supplied", OWN), says("supplied"))
    return {**lines, **choices, "supplied": supplied}


def table(activity: SourceCheck, answer: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """What was handed in, line by line: (name, label, value in words). Empty lines are left out."""
    if not answer:
        return ()
    supplied = activity.answer(answer.get("supplied", ""))
    shown = dict(answer)
    if supplied is not None:
        dated = date_format(supplied.dated, "j F Y")
        shown |= {"assistant": _("Supplied answer, %(dated)s") % {"dated": dated}, "question": supplied.question}
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


def grade(activity: SourceCheck, rule: GradientRule, standing: Mapping[str, Any], step: int, raw: Any) -> Verdict:
    """Keep a source check; an instructor will read it."""
    answer = read(activity, raw)
    return writing.handed_in(standing, dict(answer), shown(answer))


def shown(answer: Mapping[str, Any]) -> dict[str, Any]:
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
        raise ValueError(_("%(n)d characters at most: this has %(has)d.") % {"n": most, "has": len(text)})
    if not writing.can_be_kept(text):
        raise ValueError(_("This holds characters that cannot be kept."))
    if len(text) < least:
        said = _("“%(label)s” is missing.") if not text else _("“%(label)s” is too short to be found again.")
        raise ValueError(said % {"label": label})
    return text


def _check_claimed_by(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    if answer["supplied"] != OWN:
        if activity.answer(answer["supplied"]) is None:
            return {"supplied": [_("There is no such supplied answer.")]}
        return {}
    return {
        name: [_("“%(label)s” is missing.") % {"label": LINES[name][0]}]
        for name in ("assistant", "question")
        if not answer.get(name)
    }


def _check_sources(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    errors = {}
    for n in ("1", "2"):
        if is_assistant(answer.get(f"who_{n}", ""), answer.get(f"where_{n}", "")):
            errors[f"who_{n}"] = [_("An AI assistant is what is being checked: it cannot be a source.")]
    who = [_same(answer.get(f"who_{n}", "")) for n in ("1", "2")]
    if who[0] and who[0] == who[1]:
        errors["who_2"] = [_("The same people stand behind both: that is one source. Find somebody else.")]
    domains = [domain_of(answer.get(f"where_{n}", "")) for n in ("1", "2")]
    if domains[0] and domains[0] == domains[1]:
        said = _("Both links lead to %(domain)s: that is one source. Find one elsewhere.")
        errors["where_2"] = [said % {"domain": domains[0]}]
    return errors


def _check_independence(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    if answer["independent"] in dict(TRAPS):
        return {"independent": [_("Then the two count as one. Find a second source that has its own evidence.")]}
    return {}


def _check_stamp(activity: SourceCheck, answer: Mapping[str, str]) -> dict[str, list[str]]:
    if answer["stamp"] == REVISE and len(answer.get("corrected", "")) < LEAST_REASON:
        return {"corrected": [_("Revise means that you write the sentence that holds.")]}
    if is_at_odds(answer) and len(answer.get("why", "")) < LEAST_REASON:
        fitting = FITTING[_pair(answer)]
        names = _(" or ").join(str(CHOICES["stamp"][stamp]) for stamp in fitting)
        said = _("By what your two sources say, the stamp would be “%(stamp)s”. Keep yours if you can say why.")
        return {"why": [said % {"stamp": names}]}
    return {}


def _pair(answer: Mapping[str, str]) -> tuple[str, str]:
    first, second = sorted((answer.get("stance_1", ""), answer.get("stance_2", "")))
    return first, second


def is_at_odds(answer: Mapping[str, str]) -> bool:
    """Tell whether the stamp is not the one that the two sources ask for."""
    fitting = FITTING.get(_pair(answer))
    return fitting is not None and answer["stamp"] in CHOICES["stamp"] and answer["stamp"] not in fitting


def _same(name: str) -> str:
    """A publisher's name as it is compared: case, spaces, punctuation and a leading “the” do not tell two apart."""
    letters = re.sub(r"[\W_]+", " ", name.casefold()).strip()
    return letters.removeprefix("the ")


def is_assistant(who: str, where: str) -> bool:
    """Tell whether a source is an AI assistant, by its name or by its address."""
    name = _same(who)
    words = name.split()
    is_product = any(word in PRODUCTS for word in words) and all(
        word in PRODUCTS or word in AROUND_PRODUCTS or VERSION.fullmatch(word) for word in words
    )
    return name in ASSISTANTS or is_product or any(_is_under(where, place) for place in ASSISTANT_PLACES)


def _is_under(where: str, place: str) -> bool:
    host, __, path = place.partition("/")
    found = host_of(where) or ""
    if found != host and not found.endswith(f".{host}"):
        return False
    return not path or where.lower().partition(f"{host}/")[2].startswith(path)


def host_of(where: str) -> str | None:
    """Give the host that a link leads to; nothing, if this is no link."""
    text = where.strip()
    if not re.match(r"https?://", text, re.IGNORECASE):
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?([/?#]\S*)?", text):
            return None
        text = f"https://{text}"
    try:
        host = urlsplit(text).hostname
        return (host or "").rstrip(".").encode("idna").decode().lower() or None
    except ValueError:
        return None


def domain_of(where: str) -> str | None:
    """Give the domain that somebody registered, of the host that a link leads to.

    ``www.bbc.co.uk`` and ``news.bbc.co.uk`` are one, two people's pages on a host for everybody are two: the public
    suffix list, which comes with its package, knows. What is archived is its publisher's. A DOI names none.
    """
    if archived := ARCHIVED.fullmatch(where.strip()):
        where = archived[1]
    host = host_of(where)
    if host is None or any(host == each or host.endswith(f".{each}") for each in GATEWAYS):
        return None
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _suffixes().privatesuffix(host) or host


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
