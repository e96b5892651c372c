"""The next act of a led class: what its lesson asks for now, in words, and what has to be asked before it is done.

It knows the lesson's script, the stage, and a few counts of the class, and asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.script import Act, Run, Script, ScriptPart
from lessons.stage import Key, StageView


@dataclass(frozen=True)
class Count:
    """How many of those whom it is about have done something."""

    n: int = 0
    of: int = 0

    @property
    def is_whole(self) -> bool:
        return self.n >= self.of


@dataclass(frozen=True)
class Facts:
    """What the class has done so far: finished runs of those who are here and may run, and work at each activity.

    `wants_second` are the questions on which another vote is worth its minutes, `voted` those who have answered the
    open one, of those who are here.
    """

    runs: Mapping[Run, Count] = field(default_factory=dict)
    work: Mapping[str, Count] = field(default_factory=dict)
    wants_second: frozenset[Key] = frozenset()
    voted: Count = field(default_factory=lambda: Count())


@dataclass(frozen=True)
class Press:
    """Something to press: the act with what it is about, and the words on its button."""

    act: str
    says: str
    part: str = ""
    activity: str = ""
    item: str = ""

    @property
    def place(self) -> str:
        """What it is about, as one word in an address."""
        return self.part or "/".join(filter(None, (self.activity, self.item)))


@dataclass(frozen=True)
class NextAct:
    """The one thing to do next. While the class is awaited there is nothing to press, and `waits` says for what.

    `others` are what could be done instead, quietly; `now` says what the class is at.
    """

    press: Press | None
    others: tuple[Press, ...] = ()
    waits: str = ""
    now: str = ""
    # What of the script it is, so that what comes after can be told.
    act: Act | None = None


def next_act(script: Script, stage: StageView, facts: Facts) -> NextAct:
    """What to do next in a class that is led."""
    return _Leading(script, stage, facts).next()


def after_that(ahead: Iterable[Act], at: NextAct | None) -> Iterator[Act]:
    """What is left of the lesson but for what is done next, in whatever order the class is led."""
    here = at.act.place if at and at.act else None
    return (each for each in ahead if each.place != here)


def coming(script: Script, stage: StageView, facts: Facts) -> tuple[Act, ...]:
    """The acts that are still to come, the next one first."""
    return _Leading(script, stage, facts).ahead()


def asks(script: Script, stage: StageView, facts: Facts, press: Press) -> str:
    """The question that has to be answered before something is done; nothing, if it is done at once."""
    return _Leading(script, stage, facts).asks(press)


def on_question(act: str, key: Key, *, is_again: bool = False) -> Press:
    """An act on one question, in words that leave it to the place to name it."""
    says = {
        "open_vote": _("Second vote") if is_again else _("Open the vote"),
        "close_vote": _("Close the vote"),
        "reveal": _("Reveal"),
        "take_back": _("Take it back"),
        "skip": _("Skip"),
        "take_up": _("Take it up after all"),
    }
    return Press(act, says[act], activity=key[0], item=key[1])


def skip(act: Act) -> Press:
    """Press that skips a question, or what is left to choose."""
    if act.kind == "free":
        return Press("skip", _("Skip what is left to choose"), activity=act.activity)
    return Press("skip", _("Skip %(title)s") % {"title": act.named}, activity=act.activity, item=act.item)


def in_words(act: Act) -> str:
    """An act, as it is named where it is still to come."""
    says = {
        "open": _("Next part: %(title)s"),
        "work": _("The class works at %(named)s"),
        "free": _("Everyone chooses alone"),
        "vote": _("Vote on %(named)s"),
        "run": _("The class runs %(named)s"),
        "reveal": _("Reveal %(named)s"),
    }
    return says[act.kind] % {"title": act.title, "named": act.named}


@dataclass(frozen=True)
class _Leading:
    script: Script
    stage: StageView
    facts: Facts

    def next(self) -> NextAct:
        if key := self.stage.question_in_the_room():
            return self._close(key)
        if pending := next((key for key in self.stage.reveals if not self.stage.is_revealed(key)), None):
            back = on_question("take_back", pending)
            says = _("%(title)s opens in three seconds.") % {"title": self._named(pending)}
            return NextAct(None, (back,), _("Opens in a moment"), says)
        if begun := self._begun():
            return self._of(begun)
        ahead = self.ahead()
        return self._of(ahead[0]) if ahead else NextAct(Press("end_class", _("End class")), now=self._now(None))

    def ahead(self) -> tuple[Act, ...]:
        at = self._part_at
        if at is None:
            return self.script.acts
        left = [act for act in at.acts if not self._is_done(at, act)]
        after = self.script.parts[self.script.parts.index(at) + 1 :]
        return (*left, *(act for part in after for act in part.acts))

    @property
    def _part_at(self) -> ScriptPart | None:
        """The part that the class is at: the last that is open."""
        return next((part for part in reversed(self.script.parts) if part.key in self.stage.opened), None)

    def _is_done(self, part: ScriptPart, act: Act) -> bool:
        key, stage = act.key, self.stage
        if act.kind == "open":
            return True
        if act.kind == "free":
            return not stage.leads(act.part) or stage.is_skipped(key)
        if act.kind in ("work", "run"):
            return (act.kind == "work" or self._is_run(act)) or self._is_passed(part, act)
        if key in stage.reveals or stage.is_skipped(key):
            return True
        is_voted = bool(stage.votes_on(key)) and stage.open_vote(key) is None
        return act.kind == "vote" and is_voted and not self._wants_second(act)

    def _is_run(self, act: Act) -> bool:
        return act.run is None or self.facts.runs.get(act.run, Count()).is_whole

    def _is_passed(self, part: ScriptPart, act: Act) -> bool:
        """Tell whether the class is led past a run without those who miss: something after it has begun."""
        after = part.acts[part.acts.index(act) + 1 :]
        return any(
            (each.kind == "reveal" and each.key in self.stage.reveals)
            or (each.kind == "vote" and bool(self.stage.votes_on(each.key)))
            for each in after
        )

    def _wants_second(self, act: Act) -> bool:
        return act.key in self.facts.wants_second and len(self.stage.votes_on(act.key)) < act.n_votes

    def _begun(self) -> Act | None:
        """The question that was voted on last, if it is not revealed and the lesson would do that next, or an extra."""
        if not self.stage.votes:
            return None
        key = max(self.stage.votes, key=lambda each: self.stage.votes[each][-1].opened_at)
        asked = self.script.question(key)
        is_over = key in self.stage.reveals or self.stage.is_skipped(key)
        if asked is None or is_over or not self.stage.leads(asked.part):
            return None
        voted, acts = self._vote_on(key), self.script.acts
        after = acts[acts.index(voted) + 1 :] if voted else ()
        if after and after[0].key != key:
            return None
        return replace(asked, kind="vote" if self._wants_second(asked) else "reveal")

    # --- in words ---

    def _close(self, key: Key) -> NextAct:
        votes = self.stage.votes_on(key)
        says = _("Vote %(round)d on %(title)s: %(n)d of %(of)d have answered.") % {
            "round": votes[-1].round,
            "title": self._named(key),
            "n": self.facts.voted.n,
            "of": self.facts.voted.of,
        }
        return NextAct(on_question("close_vote", key), now=says, act=self._vote_on(key))

    def _vote_on(self, key: Key) -> Act | None:
        return next((act for act in self.script.acts if act.kind == "vote" and act.key == key), None)

    def _of(self, act: Act) -> NextAct:
        made = {"open": self._open, "free": self._free, "run": self._run, "vote": self._vote, "reveal": self._reveal}
        return replace(made[act.kind](act), act=act)

    def _open(self, act: Act) -> NextAct:
        part = self.script.part(act.part)
        is_first = part is self.script.parts[0]
        says = _("Start: %(title)s") if is_first else _("Next part: %(title)s")
        asked = part.first_question if part else None
        place = (asked.activity, asked.item) if asked else ("", "")
        return NextAct(Press("open_part", says % {"title": act.title}, act.part, *place), now=self._now(act))

    def _free(self, act: Act) -> NextAct:
        free = Press("free_part", _("Next: everyone chooses alone"), part=act.part)
        return NextAct(free, (skip(act),) if act.is_easy_to_skip else (), now=self._now(act))

    def _vote(self, act: Act) -> NextAct:
        if self.stage.votes_on(act.key):
            again, reveal = on_question("open_vote", act.key, is_again=True), on_question("reveal", act.key)
            return NextAct(again, (reveal,), now=self._now(act))
        says = _("Next: vote on %(title)s") % {"title": act.named}
        vote = Press("open_vote", says, activity=act.activity, item=act.item)
        return NextAct(vote, (skip(act),), now=self._now(act))

    def _reveal(self, act: Act) -> NextAct:
        says = _("Reveal: %(title)s") % {"title": act.title}
        votes = self.stage.votes_on(act.key)
        if not votes:  # another order than the lesson's: a reveal needs a vote
            return self._vote(act)
        again = (on_question("open_vote", act.key, is_again=True),) if len(votes) < act.n_votes else ()
        return NextAct(Press("reveal", says, activity=act.activity, item=act.item), again, now=self._now(act))

    def _run(self, act: Act) -> NextAct:
        count = self.facts.runs.get(act.run, Count()) if act.run else Count()
        says = _("Let the class run: %(n)d of %(of)d done") % {"n": count.n, "of": count.of}
        after = self._after(act)
        return NextAct(None, (self._without(after),), says, self._now(act))

    def _after(self, act: Act) -> Act | None:
        ahead = [each for each in self.ahead() if each.kind != "work"]
        return next((each for each in ahead[ahead.index(act) + 1 :] if each.kind != "run"), None)

    def _without(self, after: Act | None) -> Press:
        """The way on past a run that some still miss."""
        if after is None:
            return Press("end_class", _("End class"))
        place = {"activity": after.activity, "item": after.item}
        if after.kind == "reveal":
            return Press("reveal", _("Reveal without all runs"), **place)
        if after.kind == "vote":
            return Press("open_vote", _("Go on without all runs"), **place)
        return Press("open_part", _("Go on without all runs"), part=after.part)

    def _now(self, act: Act | None) -> str:
        """What the class is at, before this act."""
        at = self._part_at
        if at is None:
            return _("Nothing is open yet.")
        if act is not None and act.kind == "run":
            return _("The class runs %(title)s.") % {"title": act.named}
        if act is not None and act.kind == "vote" and self.stage.votes_on(act.key):
            return _("The vote on %(title)s is closed.") % {"title": act.named}
        places = [each.place for each in at.acts]
        here = act.place if act is not None else None
        if act is not None and act.kind == "reveal" and here not in places:
            return _("The vote on %(title)s is closed.") % {"title": act.named}
        before = at.acts[: places.index(here)] if here in places else at.acts
        before = tuple(each for each in before if not self.stage.is_skipped(each.key))
        last = before[-1] if before else None
        if last is not None and last.kind in ("work", "free"):
            count = self.facts.work.get(last.activity, Count())
            says = _("The class works at %(title)s: %(n)d of %(of)d done.")
            return says % {"title": last.named, "n": count.n, "of": count.of}
        if last is None or last.kind == "open":
            return _("%(title)s is open.") % {"title": at.acts[0].named}
        if last.kind == "reveal":
            return _("%(title)s is revealed.") % {"title": last.named}
        if last.kind == "run":
            return _("All runs of %(title)s are done.") % {"title": last.named}
        return _("The vote on %(title)s is closed.") % {"title": last.named}

    def _named(self, key: Key) -> str:
        asked = self.script.question(key)
        return asked.named if asked else key[1]

    # --- what is asked once ---

    def asks(self, press: Press) -> str:
        if press.act == "end_class":
            return _("End the class? An open vote closes, and everyone goes on at their own pace.")
        if press.act == "reveal":
            return self._asks_without_runs((press.activity, press.item))
        if press.act in ("open_part", "free_part", "open_vote"):
            return self._asks_several(press)
        return ""

    def _asks_without_runs(self, key: Key) -> str:
        asked = self.script.question(key)
        if asked is None or asked.run is None or key in self.stage.reveals:
            return ""
        count = self.facts.runs.get(asked.run, Count())
        title = {"title": asked.named, "n": count.n, "of": count.of}
        if count.n == 0:
            return _("No run is done, so there is nothing to show yet. Reveal %(title)s now?") % title
        is_said = any(
            act.run == asked.run and act.key in self.stage.reveals
            for part in self.script.parts
            for act in part.questions
        )
        if count.is_whole or is_said:
            return ""
        return _("%(n)d of %(of)d have their run. Reveal %(title)s without the others?") % title

    def _asks_several(self, press: Press) -> str:
        asked = self.script.question((press.activity, press.item)) if press.act == "open_vote" else None
        wanted = asked.part if asked else press.part
        keys = [part.key for part in self.script.parts]
        if wanted not in keys:
            return ""
        new = [part for part in self.script.parts[: keys.index(wanted) + 1] if part.key not in self.stage.opened]
        if len(new) < 2:
            return ""
        says = ngettext(
            "This opens %(n)d part at once: %(titles)s. Open it?",
            "This opens %(n)d parts at once: %(titles)s. Open them all?",
            len(new),
        )
        return says % {"n": len(new), "titles": _listed([part.title for part in new])}


def _listed(titles: Sequence[str]) -> str:
    return " · ".join(titles)
