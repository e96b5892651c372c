"""Parameters of a starvation."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from experiments.kinds._starving.params import Starved
from experiments.kinds.base import Ranges


class Starvation(Starved):
    kept: Annotated[int, Field(description="how many of its training images are left")] = 5
    fix: Annotated[
        Literal["none", "restore", "reweight"],
        Field(description="none, restore (give examples back) or reweight (those left count as much as all would)"),
    ] = "none"
    restored: Annotated[int, Field(description="how many are given back, where the fix is restore")] = 0

    def ranges(self) -> Ranges:
        return {**super().ranges(), "restored": (0, max(self.there - self.kept, 0))}

    def objections(self) -> dict[str, str]:
        if self.restored and self.fix != "restore":
            return {"restored": _("examples are given back only with the fix “restore”")}
        if self.fix == "restore" and not self.restored:
            return {"restored": _("give back at least one example")}
        if self.fix == "reweight" and self.model == "knn":
            return {"fix": _("nearest neighbours only count votes, so there is no weight to turn up")}
        if self.fix == "reweight" and self.kept == 0:
            return {"fix": _("with no example kept, there is none to give more weight to")}
        return {}
