"""What the doctor found: a sentence on what is wrong, and one on what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `broken` keeps somebody from working; a `warning` will, or lets somebody in."""

    level: Literal["broken", "warning"]
    says: str
    remedy: str


def broken(says: str, remedy: str) -> Finding:
    return Finding("broken", says, remedy)


def warning(says: str, remedy: str) -> Finding:
    return Finding("warning", says, remedy)
