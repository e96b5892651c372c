"""Parameters of a tipping point."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from experiments.kinds._starving.params import Starved
from experiments.kinds.base import Ranges


class TippingPoint(Starved):
    kept: Annotated[
        list[int],
        Field(min_length=2, max_length=20, description="numbers of training images that are left, from few to many"),
    ] = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80]

    def ranges(self) -> Ranges:
        return {**super().ranges(), "n_repeats": (1, 20)}

    def seconds(self) -> float:
        # The trainings of a repeat share their distances.
        return 0.5 * super().seconds() * len(self.kept)

    def objections(self) -> dict[str, str]:
        return {} if self.kept == sorted(set(self.kept)) else {"kept": _("list them from few to many, each once")}
