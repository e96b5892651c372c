"""Parameters of a blame."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from experiments.kinds._starving.params import Starved


class Blame(Starved):
    kept: Annotated[int, Field(description="how many of its training images are left")] = 5
