"""Run sheet of a led class: planned and real minutes, how far behind or ahead it is, and what could be skipped.

It is worked out from the script and the stage, and asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from dashboard.script import Act, Script, ScriptPart
from lessons.stage import StageView

MOST_TOLD = 60  # minutes
LEAST_BEHIND = 3  # minutes, from which on something to skip is named


@dataclass(frozen=True)
class ActLine:
    """One act: its planned minutes, and those that it took, once it is over."""

    says: str
    planned: int
    took: int | None
    is_skipped: bool


@dataclass(frozen=True)
class SheetLine:
    """One part. `state`: ``done``, ``now``, ``ahead``, or ``earlier`` where it was led on another day.

    `took` is what it has taken so far.
    """

    key: str
    title: str
    number: int
    planned: int
    took: int | None
    state: str
    acts: tuple[ActLine, ...]


@dataclass(frozen=True)
class RunSheet:
    """The plan beside what has become of it. `off` counts minutes behind the plan, below zero those ahead of it."""

    lines: tuple[SheetLine, ...]
    minute: int
    planned: int
    off: int
    has_begun: bool
    # What could be skipped to be on time again.
    to_skip: tuple[Act, ...]

    @property
    def says(self) -> str:
        """How the class is for time, in a few words."""
        if not self.has_begun:
            return _("not started")
        if self.off > MOST_TOLD:
            return _("over an hour behind")
        if self.off > 0:
            return _("%(n)d min behind") % {"n": self.off}
        if self.off < 0:
            return _("%(n)d min ahead") % {"n": -self.off}
        return _("on time")

    @property
    def advice(self) -> str:
        """What to skip, where it helps."""
        if not self.to_skip:
            return ""
        titles = [
            _("the rest of %(title)s") % {"title": act.named} if act.kind == "free" else act.named
            for act in self.to_skip
        ]
        return _("%(behind)s: skip %(what)s") % {"behind": self.says, "what": get_text_list(titles, _("and"))}


def sheet_of(
    script: Script, stage: StageView, ahead: Sequence[Act], *, led_at: datetime | None, now: datetime, speed: int = 1
) -> RunSheet:
    """The run sheet of a class.

    Parameters
    ----------
    ahead : the acts that are still to come
    led_at : when this session began; what was opened before is of another day
    speed : how many minutes of the class pass in a minute
    """
    return _Sheet(script, stage, frozenset(ahead), led_at, now, speed).sheet()


@dataclass(frozen=True)
class _Sheet:
    script: Script
    stage: StageView
    ahead: frozenset[Act]
    led_at: datetime | None
    now: datetime
    speed: int

    def sheet(self) -> RunSheet:
        begun = {act: at for act in self.script.acts if (at := self._begun_at(act)) is not None}
        earlier = frozenset(act for act in self.script.acts if self._is_earlier(act, begun))
        started = self._started(bool(earlier), begun)
        done = list(takewhile(lambda act: act not in self.ahead, self.script.acts))
        voted_on = [act for act in self.script.acts[len(done) :][:1] if act in begun]  # now
        passed = [act for act in (*done, *voted_on) if act not in earlier]
        position = sum(map(self._minutes, passed[:-1]))
        until = position + (self._minutes(passed[-1]) if passed else 0)
        minute = self._since(started, self.now) if started else 0
        off = minute - until if minute > until else min(minute - position, 0)
        off = off if started and passed else 0
        lines = tuple(self._lines(begun, earlier))
        return RunSheet(
            lines=lines,
            minute=minute,
            planned=sum(line.planned for line in lines if line.state != "earlier"),
            off=off,
            has_begun=started is not None,
            to_skip=self._to_skip(off) if off >= LEAST_BEHIND else (),
        )

    def _begun_at(self, act: Act) -> datetime | None:
        """When an act began, where that is known: work and runs begin by themselves."""
        if act.kind == "open":
            return self.stage.opened.get(act.part)
        if act.kind == "vote":
            votes = self.stage.votes_on(act.key)
            return votes[0].opened_at if votes else None
        return self.stage.reveals.get(act.key) if act.kind == "reveal" else None

    def _is_earlier(self, act: Act, begun: dict[Act, datetime]) -> bool:
        """Tell whether an act was over before this session: it, and what began last before it."""
        if self.led_at is None or act in self.ahead:
            return False
        part = self.script.part(act.part)
        acts = part.acts if part else ()
        known = [begun[each] for each in acts[: acts.index(act) + 1] if each in begun]
        return bool(known) and max(known) < self.led_at

    def _started(self, has_earlier: bool, begun: dict[Act, datetime]) -> datetime | None:
        """When the plan began: with the first part, or where some were led on another day with this session."""
        if has_earlier:
            return self.led_at
        return min(begun.values(), default=None)

    def _minutes(self, act: Act) -> int:
        return 0 if self.stage.is_skipped(act.key) and act.kind in ("vote", "reveal", "free") else act.minutes

    def _since(self, start: datetime, end: datetime) -> int:
        return max(int((end - start) * self.speed / timedelta(minutes=1)), 0)

    def _lines(self, begun: dict[Act, datetime], earlier: frozenset[Act]) -> list[SheetLine]:
        lines = []
        opened = {part.key: self.stage.opened[part.key] for part in self.script.parts if part.key in self.stage.opened}
        last = next((part for part in reversed(self.script.parts) if part.key in opened), None)
        for part in self.script.parts:
            is_earlier = all(act in earlier for act in part.acts)
            own = [act for act in part.acts if act not in earlier]
            planned = sum(map(self._minutes, own))
            state = "now" if part is last else "done" if part.key in opened else "ahead"
            lines.append(
                SheetLine(
                    key=part.key,
                    title=part.title,
                    number=part.number,
                    planned=planned,
                    took=None if is_earlier else self._took(part, opened),
                    state="earlier" if is_earlier else state,
                    acts=tuple(self._act_lines(part, begun, opened)),
                )
            )
        return lines

    def _took(self, part: ScriptPart, opened: dict[str, datetime]) -> int | None:
        if part.key not in opened:
            return None
        began = max(opened[part.key], self.led_at) if self.led_at else opened[part.key]
        return self._since(began, self._next_part(part, opened))

    def _next_part(self, part: ScriptPart, opened: dict[str, datetime]) -> datetime:
        after = self.script.parts[self.script.parts.index(part) + 1 :]
        return next((opened[each.key] for each in after if each.key in opened), self.now)

    def _act_lines(self, part: ScriptPart, begun: dict[Act, datetime], opened: dict[str, datetime]) -> list[ActLine]:
        """What each act took: from its beginning to that of the next one that began, be it of another part."""
        times = sorted({*begun.values(), *opened.values()})
        found = []
        for act in part.acts:
            if act.kind == "open" and not act.minutes:
                continue
            took = None
            if act in begun:
                end = next((at for at in times if at > begun[act]), self.now)
                took = self._since(begun[act], end)
            says = {"vote": _("Vote: %(title)s"), "reveal": _("Reveal: %(title)s"), "run": _("Run: %(title)s")}
            words = says.get(act.kind, "%(title)s") % {"title": act.title}
            found.append(ActLine(words, self._minutes(act), took, self.stage.is_skipped(act.key)))
        return found

    def _to_skip(self, behind: int) -> tuple[Act, ...]:
        """The fewest acts that win the time back: the least that is enough, else the most that there is, and again."""
        free = [
            act
            for act in self.script.acts
            if act in self.ahead
            and act.is_easy_to_skip
            and act.kind in ("vote", "free")
            and self._gain(act) > 0
            and not self.stage.is_skipped(act.key)
            and not self.stage.votes_on(act.key)
        ]
        chosen: list[Act] = []
        while behind > 0 and free:
            enough = [act for act in free if self._gain(act) >= behind]
            act = min(enough, key=self._gain) if enough else max(free, key=self._gain)
            free.remove(act)
            chosen.append(act)
            behind -= self._gain(act)
        return tuple(sorted(chosen, key=self.script.acts.index))

    def _gain(self, act: Act) -> int:
        """The minutes of a question's vote and reveal, or of what is left to choose."""
        return sum(
            each.minutes for each in self.script.acts if each.key == act.key and each.kind in ("vote", "reveal", "free")
        )
