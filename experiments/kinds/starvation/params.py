"""Parameters of a starvation."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from experiments.kinds._starving.params import Starved
from experiments.kinds.base import Ranges


class Starvation(Starved):
    kept: Annotated[int, Field(description="how many of its training images stay")] = 5
    fix: Annotated[
        Literal["none", "restore", "reweight"],
        Field(description="none, restore (give examples back) or reweight (the kept ones weigh as much as all would)"),
    ] = "none"
    restored: Annotated[int, Field(description="how many are given back, where the fix is restore")] = 0

    def ranges(self) -> Ranges:
        return {**super().ranges(), "restored": (0, max(self.there - self.kept, 0))}

    def objections(self) -> dict[str, str]:
        if self.restored and self.fix != "restore":
            return {"restored": _("examples are given back with the fix “restore” alone")}
        if self.fix == "restore" and not self.restored:
            return {"restored": _("giving back begins with one example")}
        if self.fix == "reweight" and self.model == "knn":
            return {"fix": _("nearest neighbours only count heads, so there is no weight to turn up")}
        if self.fix == "reweight" and self.kept == 0:
            return {"fix": _("where no example is kept there is none to give more weight to")}
        return {}
