"""Context of a run: which trial of a lesson it was asked for, as `experiments` keeps it without reading it."""

from __future__ import annotations

from dataclasses import dataclass, replace

SEPARATOR = "/"
BESIDE = "beside"


@dataclass(frozen=True)
class RunContext:
    """A trial of a lesson's experiment. `is_beside`: not its own run, but the one which that is compared with."""

    lesson: str
    activity: str
    trial: str
    is_beside: bool = False

    @classmethod
    def parse(cls, text: str) -> RunContext | None:
        """Read what is stored; nothing, where no lesson asked for the run."""
        match text.split(SEPARATOR):
            case [lesson, activity, trial]:
                return cls(lesson, activity, trial)
            case [lesson, activity, trial, role] if role == BESIDE:
                return cls(lesson, activity, trial, is_beside=True)
        return None

    @staticmethod
    def start_of(lesson: str) -> str:
        """How every context of a lesson begins."""
        return lesson + SEPARATOR

    @staticmethod
    def start_in(lesson: str, activity: str) -> str:
        """How every context of an activity begins."""
        return lesson + SEPARATOR + activity + SEPARATOR

    @property
    def beside(self) -> RunContext:
        """The context of the run that this one is compared with."""
        return replace(self, is_beside=True)

    @property
    def in_activity(self) -> str:
        """Which of the activity's runs it is."""
        return self.trial + (SEPARATOR + BESIDE if self.is_beside else "")

    def __str__(self) -> str:
        return SEPARATOR.join((self.lesson, self.activity, self.in_activity))
