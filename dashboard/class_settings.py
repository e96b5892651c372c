"""Settings of a class, as an instructor types them: for a new class, a copy, or the class itself."""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classroom import classes
from classroom.models import Cohort, GradientRule, Membership, time_zones, validate_time_zone
from classroom.names import validate_display_name
from lessons import catalogue, choice

LONGEST_NAME = 120
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
# What the first step from w = 0 prints in the session's notebook, by the rule that it is written with.
FIRST_W = {GradientRule.HALF: "0.7463", GradientRule.FULL: "1.4925"}
RULES = [(rule.value, format_lazy("{} → {}", w, rule.label)) for rule, w in FIRST_W.items()]


@cache
def zones() -> tuple[str, ...]:
    """Time zones that a class can choose from, by name."""
    regional = (name for name in time_zones() if name.partition("/")[0] in REGIONS)
    return ("UTC", *sorted(regional))


def read_zone(typed: str) -> str:
    """Read a time zone as people give it: in any case, with blanks, or by its city alone.

    Raises
    ------
    ValidationError
        If there is no such zone.
    """
    name = "_".join(typed.split())
    if name in time_zones():
        return name
    by_name = [zone for zone in zones() if zone.casefold() == name.casefold()]
    by_city = [zone for zone in zones() if zone.rpartition("/")[2].casefold() == name.casefold()]
    # Several zones of one city are one zone under an old name and a new one, which has its country.
    found = by_name or sorted(by_city, key=lambda zone: -zone.count("/"))
    name = found[0] if found else typed
    validate_time_zone(name)
    return name


class ClassForm(forms.Form):
    """Settings of a class. Its date and its time are in the time zone of the class."""

    name = forms.CharField(
        label=_("Name"),
        validators=[validate_display_name, MaxLengthValidator(LONGEST_NAME)],
        error_messages={"required": _("Give the class a name.")},
        help_text=_("What students see when they join."),
    )
    lessons = forms.MultipleChoiceField(
        label=_("Lessons"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one lesson.")},
    )
    gradient_rule = forms.ChoiceField(
        label=_("What first w does your notebook print?"),
        choices=RULES,
        widget=forms.RadioSelect,
        help_text=_("This is the gradient rule. It cannot change once an answer has been graded."),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Name a time zone, such as Europe/Berlin.")},
        help_text=_("Type a city to find it."),
    )
    day = forms.DateField(
        label=_("Next session: date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Write a date such as 2026-12-31.")},
        help_text=_("Homework is due then. Leave it empty if you do not know yet."),
    )
    hour = forms.TimeField(
        label=_("Next session: time"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("Write a time such as 18:00.")},
    )

    def __init__(self, *args: Any, cohort: Cohort | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fit(cohort)

    def fit(self, cohort: Cohort | None) -> None:
        """Offer what can be chosen for a class, or for a new one."""
        lessons: forms.MultipleChoiceField = self.fields["lessons"]  # type: ignore[assignment]  # as above
        lessons.choices = choice.lessons(cohort.lessons if cohort else ())
        lessons.help_text = choice.what_is_wrong()
        if cohort is not None and cohort.rule_fixed_at is not None:
            del self.fields["gradient_rule"]

    def clean_time_zone(self) -> str:
        return read_zone(self.cleaned_data["time_zone"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        day, hour = cleaned.get("day"), cleaned.get("hour")
        if day and not hour and "hour" not in self.errors:
            self.add_error("hour", _("Add the time."))
        if hour and not day and "day" not in self.errors:
            self.add_error("day", _("Add the date."))
        if day and hour and "time_zone" in cleaned:
            self._place(day, hour, zoneinfo.ZoneInfo(cleaned["time_zone"]))
        return cleaned

    def _place(self, day: date, hour: time, zone: zoneinfo.ZoneInfo) -> None:
        local = datetime.combine(day, hour, zone)
        try:
            at = local.astimezone(UTC)
        except OverflowError:
            self.add_error("day", _("Choose a date nearer to today."))
            return
        if at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            self.add_error("hour", _("The clocks change that night, and this time is skipped. Choose another one."))
        self.cleaned_data["next_session_at"] = at

    def settings(self) -> dict[str, Any]:
        """What was typed, by the names of the class's own fields."""
        sent = self.cleaned_data
        chosen = {name: sent[name] for name in classes.SETTINGS if name in sent}
        return {**chosen, "next_session_at": sent.get("next_session_at")}


def initial_of(cohort: Cohort) -> dict[str, Any]:
    """The settings of a class, as its form shows them."""
    at = cohort.next_session_at
    local = timezone.localtime(at, cohort.zone) if at else None
    return {
        **{name: getattr(cohort, name) for name in classes.SETTINGS if name != "next_session_at"},
        "day": local.date() if local else None,
        "hour": local.time().replace(microsecond=0) if local else None,
    }


def initial_of_copy(cohort: Cohort) -> dict[str, Any]:
    """What a copy of a class begins with: all but its date, and a name that tells the two apart."""
    name = gettext("%(name)s, copy") % {"name": cohort.name[: LONGEST_NAME - 20]}
    return {**initial_of(cohort), "name": name, "day": None, "hour": None}


def initial_of_new(newest: Membership | None, *, time_zone: str) -> dict[str, Any]:
    """What a new class begins with: the lessons, the rule and the time zone of its instructor's last one."""
    if newest is None:
        return {
            "lessons": list(catalogue.all_lessons())[:1],
            "gradient_rule": GradientRule.HALF,
            "time_zone": time_zone,
        }
    return {**initial_of_copy(newest.cohort), "name": ""}


def present_of(cohort: Cohort) -> dict[str, Any]:
    return {name: getattr(cohort, name) for name in classes.SETTINGS}


def as_sent(seen: Mapping[str, Any]) -> str:
    """What a page shows of the settings of a class, for the page to send back with what is changed."""
    at = seen["next_session_at"]
    return json.dumps({**seen, "next_session_at": at.isoformat() if at else None})


def read_seen(sent: str, cohort: Cohort) -> dict[str, Any]:
    """Read what a page had shown; what it does not say is as it is now."""
    present = present_of(cohort)
    with suppress(ValueError):
        found = json.loads(sent)
        if isinstance(found, Mapping):
            seen = {**present, **{name: found[name] for name in classes.SETTINGS if name in found}}
            at = seen["next_session_at"]
            return {**seen, "next_session_at": parse_datetime(at) if isinstance(at, str) else at}
    return present


def in_words(name: str, value: Any, cohort: Cohort) -> str:
    """A setting as a sentence can name it."""
    if name == "lessons":
        return ", ".join(_title(slug) for slug in value)
    if name == "gradient_rule":
        return str(GradientRule(value).label)
    if name == "next_session_at":
        return f"{timezone.localtime(value, cohort.zone):%Y-%m-%d %H:%M}" if value else gettext("not set")
    return str(value)


def _title(slug: str) -> str:
    found = catalogue.get(slug)
    return found.lesson.title if found else slug
