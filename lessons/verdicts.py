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
    # Where the member stands after this: the step to work on.
    open_step: int = 1
    memory: dict[str, Any] = field(default_factory=dict)
    matches_notebook: bool = False
    is_blank: bool = False
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    carried_from: str | None = None
    # The slip of the first wrong cell, where exactly one explains it.
    slip: str = ""
    # The cell that would tell apart what could explain a wrong number.
    ask: str = ""
    # How the first wrong cell is worked out; kept back until three tries were checked.
    worked_line: str = ""
