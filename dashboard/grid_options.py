"""How an instructor wants to see their class: sorted, filtered, tight or roomy, with names or without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ROOMY_UP_TO = 20  # students; beyond that the rows are tight unless asked for otherwise

CHOICES: Mapping[str, Mapping[str, Promise]] = {
    "sort": {"name": _("name"), "need": _("need"), "progress": _("progress")},
    "show": {
        "all": _("everyone"),
        "need": _("needs help"),
        "here": _("here now"),
        "review": _("to review"),
        "absent": _("not started"),
    },
    "size": {"auto": _("by class size"), "compact": _("compact"), "comfortable": _("comfortable")},
    "names": {
        "auto": _("automatic"),
        "shown": _("shown"),
        "usernames": _("with usernames"),
        "hidden": _("hidden"),
    },
}
LABELS = {"sort": _("sort by"), "show": _("show"), "size": _("rows"), "names": _("names")}


@dataclass(frozen=True)
class Option:
    """One way to look, as a link."""

    key: str
    label: str
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class GridOptions:
    sort: str = "name"
    show: str = "all"
    size: str = "auto"
    names: str = "auto"
    lesson: str = ""

    @property
    def query(self) -> str:
        """The address's query for these options; what is as usual is left out."""
        usual = GridOptions()
        set_ = {name: getattr(self, name) for name in CHOICES if getattr(self, name) != getattr(usual, name)}
        return urlencode({"lesson": self.lesson, **set_} if self.lesson else set_)

    @property
    def rows(self) -> tuple[tuple[str, tuple[Option, ...]], ...]:
        """Every way to look, by what it is about."""
        return tuple((str(label), self.options(name)) for name, label in LABELS.items())

    @property
    def but(self) -> Mapping[str, str]:
        """The queries that change one of these options, by “thing_as”."""
        return {f"{name}_{key}": replace(self, **{name: key}).query for name in CHOICES for key in CHOICES[name]}

    def options(self, name: str) -> tuple[Option, ...]:
        return tuple(
            Option(key, str(label), replace(self, **{name: key}).query, getattr(self, name) == key)
            for key, label in CHOICES[name].items()
        )

    def is_compact(self, n_students: int) -> bool:
        return self.size == "compact" or (self.size == "auto" and n_students > ROOMY_UP_TO)

    def hides_names(self, *, is_projected: bool) -> bool:
        """While a projector shows the class somebody may look over the instructor's shoulder, or see their screen."""
        return self.names == "hidden" or (self.names == "auto" and is_projected)


def name_by_number(number: int) -> str:
    """What a student is called where names are hidden, on each page the same, so that they can be told apart."""
    return gettext("Student %(n)02d") % {"n": number}


def read(sent: Mapping[str, str], lesson: str) -> GridOptions:
    """Read the options from an address; what is unknown there is as usual."""
    chosen = {name: value for name in CHOICES if (value := sent.get(name, "")) in CHOICES[name]}
    return GridOptions(**chosen, lesson=lesson)
