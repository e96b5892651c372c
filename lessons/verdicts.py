"""What every grader gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """How an answer fared, and what it means for going on.

    `memory` is what the activity's next step goes on from; it is kept in the member's progress.
    """

    answer: dict[str, Any]
    accepted: bool
    is_done: bool
    memory: dict[str, Any] = field(default_factory=dict)
    matches_notebook: bool = False
    is_blank: bool = False
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    carried_from: str | None = None
