"""The next act of a led class: what its lesson asks for now, from script, stage and counts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import next_act, run_sheet
from dashboard.next_act import Count, Facts, NextAct, Press
from dashboard.run_sheet import RunSheet
from dashboard.script import Act, Script, script_of
from lessons import catalogue
from lessons.models import Vote
from lessons.stage import Key, StageView

pytestmark = pytest.mark.pure

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
RUN = ("bias-run", "starve")


def the_script(rule: str = "half") -> Script:
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    return script_of(loaded.lesson, rule)


@dataclass
class Class:
    """A class that is led by pressing what comes next, a minute after the other."""

    script: Script = field(default_factory=the_script)
    minute: int = 0
    led_at: datetime | None = NOON
    opened: dict[str, datetime] = field(default_factory=dict)
    freed: set[str] = field(default_factory=set)
    votes: dict[Key, tuple[Vote, ...]] = field(default_factory=dict)
    reveals: dict[Key, datetime] = field(default_factory=dict)
    skipped: set[Key] = field(default_factory=set)
    runs: Mapping[tuple[str, str], Count] = field(default_factory=dict)
    wants_second: frozenset[Key] = frozenset()
    work: Mapping[str, Count] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return NOON + timedelta(minutes=self.minute)

    @property
    def stage(self) -> StageView:
        return StageView(
            is_led=True,
            token="",
            opened=self.opened,
            freed=frozenset(self.freed),
            votes=self.votes,
            reveals=self.reveals,
            skipped=frozenset(self.skipped),
            now=self.now,
        )

    @property
    def facts(self) -> Facts:
        return Facts(self.runs, self.work, self.wants_second)

    def next(self) -> NextAct:
        return next_act.next_act(self.script, self.stage, self.facts)

    def asks(self, act: str, place: str = "") -> str:
        activity, __, item = place.partition("/")
        press = Press(act, "", "" if item else activity, activity if item else "", item)
        return next_act.asks(self.script, self.stage, self.facts, press)

    def sheet(self, speed: int = 1) -> RunSheet:
        ahead = next_act.coming(self.script, self.stage, self.facts)
        return run_sheet.sheet_of(self.script, self.stage, ahead, led_at=self.led_at, now=self.now, speed=speed)

    def open(self, *parts: str) -> Class:
        self.opened |= dict.fromkeys(parts, self.now)
        return self

    def vote(self, place: str, *, is_open: bool = False) -> Class:
        key = self._key(place)
        held = self.votes.get(key, ())
        closed_at = None if is_open else self.now
        one = Vote(activity=key[0], item=key[1], round=len(held) + 1, opened_at=self.now, closed_at=closed_at)
        self.votes[key] = (*held, one)
        return self

    def reveal(self, place: str, *, seconds: int = 0) -> Class:
        self.reveals[self._key(place)] = self.now + timedelta(seconds=seconds)
        return self

    def press(self) -> str:
        """Press what comes next; give its words."""
        found = self.next().press
        assert found is not None
        place = f"{found.activity}/{found.item}"
        if found.act == "open_part":
            self.open(found.part)
        elif found.act == "free_part":
            self.freed.add(found.part)
        elif found.act == "open_vote":
            self.vote(place, is_open=True)
        elif found.act == "close_vote":
            key = (found.activity, found.item)
            self.votes[key][-1].closed_at = self.now
        elif found.act == "reveal":
            self.reveal(place)
        self.minute += 1
        return found.says

    @staticmethod
    def _key(place: str) -> Key:
        activity, __, item = place.partition("/")
        return activity, item


BEFORE_BIAS = ("by-hand", "rates", "u-curve", "bias")


def says(found: NextAct) -> str:
    return found.press.says if found.press else f"… {found.waits}"


def others(found: NextAct) -> list[str]:
    return [press.says for press in found.others]


def test_pressing_what_comes_next_goes_through_the_whole_lesson_and_ends_it() -> None:
    ours, pressed = Class(), []

    while not pressed or pressed[-1] != "End class":
        pressed.append(ours.press())

    assert pressed[:6] == [
        "Start: Gradient descent by hand",
        "Next part: Learning-rate chaos",
        "Next: vote on “Learning rate 0.1”",
        "Close the vote",
        "Reveal: Learning rate 0.1",
        "Next: vote on “Learning rate 0.2”",
    ]
    assert [words for words in pressed if words.startswith(("Start", "Next part", "Next: every", "End"))] == [
        "Start: Gradient descent by hand",
        "Next part: Learning-rate chaos",
        "Next part: The U-curve",
        "Next part: Bias with teeth",
        "Next part: This already happened",
        "Next: everyone chooses alone",
        "Next part: Mission",
        "End class",
    ]
    bias = pressed[pressed.index("Next part: Bias with teeth") : pressed.index("Next part: This already happened")]
    assert [words for words in bias[1:] if words != "Close the vote"] == [
        "Next: vote on “The headline number”",
        "Next: vote on “The 8s alone”",
        "Next: vote on “Who takes the 8s?”",
        "Reveal: The headline number",
        "Next: vote on “Ship it?”",
        "Reveal: Ship it?",
        "Reveal: The 8s alone",
        "Reveal: Who takes the 8s?",
        "Next: vote on “Shouting louder”",
        "Reveal: Shouting louder",
    ]


def guessed() -> Class:
    """A class whose three guesses about the 8s are in."""
    ours = Class().open(*BEFORE_BIAS)
    for item in ("headline", "recall", "absorber"):
        ours.vote(f"bias-guess/{item}")
    return ours


def test_a_reveal_waits_for_the_runs_and_the_way_past_them_is_quiet_and_asked() -> None:
    ours = guessed()
    ours.runs = {RUN: Count(12, 34)}
    found = ours.next()

    assert (found.press, found.waits) == (None, "Let the class run: 12 of 34 done")
    assert [(press.act, press.says, press.item) for press in found.others] == [
        ("reveal", "Reveal without all runs", "headline")
    ]
    assert ours.asks("reveal", "bias-guess/headline") == (
        "12 of 34 have their run. Reveal “The headline number” without the others?"
    )
    ours.runs = {RUN: Count(34, 34)}
    assert says(ours.next()) == "Reveal: The headline number"
    assert ours.asks("reveal", "bias-guess/headline") == ""


def test_whoever_reveals_without_all_runs_is_asked_once_for_this_run() -> None:
    ours = guessed()
    ours.runs = {RUN: Count(12, 34)}
    ours.reveal("bias-guess/headline")

    assert says(ours.next()) == "Next: vote on “Ship it?”"
    assert ours.asks("reveal", "bias-guess/recall") == ""


def test_without_a_single_run_each_reveal_is_asked_about() -> None:
    ours = guessed().reveal("bias-guess/headline")

    assert ours.asks("reveal", "bias-guess/recall") == (
        "No run is done, so there is nothing to show yet. Reveal “The 8s alone” now?"
    )


def test_a_question_that_waits_for_nothing_is_revealed_at_once() -> None:
    assert Class().open("by-hand", "rates").vote("rates/half-a").asks("reveal", "rates/half-a") == ""


def test_opening_several_parts_is_asked_and_one_is_not() -> None:
    ours = Class().open("by-hand")

    assert ours.asks("open_part", "rates") == ""
    assert ours.asks("open_vote", "rates/half-a") == ""
    assert ours.asks("open_part", "bias") == (
        "This opens 3 parts at once: Learning-rate chaos · The U-curve · Bias with teeth. Open them all?"
    )
    assert ours.asks("open_vote", "cases/exam-proctoring").startswith("This opens 4 parts at once: Learning-rate chaos")
    assert ours.asks("free_part", "u-curve").startswith("This opens 2 parts at once")


def test_ending_the_class_is_asked_and_small_acts_are_not() -> None:
    ours = Class().open("by-hand", "rates")

    assert ours.asks("end_class").startswith("End the class?")
    assert [ours.asks(act, "rates/half-a") for act in ("close_vote", "take_back", "skip", "take_up")] == [""] * 4


def test_after_the_first_vote_the_second_comes_next_where_it_teaches_and_the_reveal_is_quiet() -> None:
    ours = Class().open("by-hand", "rates")
    for item in ("half-a", "half-b"):
        ours.vote(f"rates/{item}").reveal(f"rates/{item}")
    ours.vote("rates/half-c")
    plain = ours.next()
    ours.wants_second = frozenset({("rates", "half-c")})
    wanted = ours.next()
    ours.vote("rates/half-c")
    after = ours.next()

    assert (says(plain), others(plain)) == ("Reveal: Learning rate 4/15", ["Second vote"])
    assert (says(wanted), others(wanted)) == ("Second vote", ["Reveal"])
    assert {each.now for each in (plain, wanted, after)} == {"The vote on “Learning rate 4/15” is closed."}
    assert (says(after), others(after)) == ("Reveal: Learning rate 4/15", [])


def test_while_a_reveal_can_be_taken_back_there_is_nothing_to_press() -> None:
    ours = Class().open("by-hand", "rates").vote("rates/half-a").reveal("rates/half-a", seconds=3)
    found = ours.next()

    assert (found.press, others(found)) == (None, ["Take it back"])


def test_what_is_skipped_is_passed_over() -> None:
    ours = Class().open("by-hand", "rates")
    before = ours.next()
    ours.skipped.add(("rates", "half-a"))

    assert others(before) == ["Skip “Learning rate 0.1”"]
    assert says(ours.next()) == "Next: vote on “Learning rate 0.2”"


def test_it_says_what_the_class_is_at_until_the_next_part_is_opened() -> None:
    ours = Class().open("by-hand")
    ours.work = {"by-hand": Count(7, 25)}
    by_hand = ours.next()
    ours.open("rates")
    opened = ours.next()
    for item in ("half-a", "half-b", "half-c", "half-d"):
        ours.vote(f"rates/{item}").reveal(f"rates/{item}")
    at_the_end = ours.next()

    assert by_hand.now == "The class works at “Three steps by hand”: 7 of 25 done."
    assert opened.now == "“Learning-rate chaos” is open."
    assert (at_the_end.now, says(at_the_end)) == ("“Learning rate 0.4” is revealed.", "Next part: The U-curve")


def test_what_is_skipped_is_not_said_to_be_revealed() -> None:
    ours = Class().open("by-hand", "rates")
    ours.skipped.add(("rates", "half-a"))
    first = ours.next().now
    ours.vote("rates/half-b").reveal("rates/half-b")
    ours.skipped.add(("rates", "half-c"))

    assert first == "“Learning-rate chaos” is open."
    assert ours.next().now == "“Learning rate 0.2” is revealed."


def test_an_extra_that_was_called_up_is_revealed_before_the_lesson_goes_on() -> None:
    ours = Class().open("by-hand", "rates").vote("rates/half-e")
    called_up = says(ours.next())
    ours.reveal("rates/half-e")

    assert called_up == f"Reveal: {the_script().question(('rates', 'half-e')).title}"  # type: ignore[union-attr]
    assert says(ours.next()) == "Next: vote on “Learning rate 0.1”"


def test_whoever_opens_a_later_part_goes_on_there() -> None:
    ours = Class().open(*BEFORE_BIAS)

    assert says(ours.next()) == "Next: vote on “The headline number”"


def test_a_class_of_the_other_rule_has_its_own_questions() -> None:
    ours = Class(script=the_script("full")).open("by-hand", "rates")

    assert ours.next().press == Press("open_vote", says(ours.next()), "", "rates", "full-a")


# --- the run sheet --------------------------------------------------------------------------------


def at(ours: Class, minute: int) -> str:
    ours.minute = minute
    return ours.sheet().says


def test_the_planned_minutes_of_a_parts_acts_are_those_of_the_part() -> None:
    planned = {part.key: sum(act.minutes for act in part.acts) for part in the_script().parts}

    assert planned == {"by-hand": 25, "rates": 15, "u-curve": 16, "bias": 27, "cases": 15, "mission": 8}


def test_a_class_is_on_time_as_long_as_an_act_lasts_as_planned() -> None:
    ours = Class()
    before = ours.sheet()
    ours.open("by-hand")

    assert (before.says, before.minute) == ("not started", 0)
    assert [at(ours, minute) for minute in (0, 25, 26, 33)] == ["on time", "on time", "1 min behind", "8 min behind"]


def test_whoever_goes_on_early_is_ahead() -> None:
    ours = Class().open("by-hand")
    ours.minute = 20
    ours.open("rates")

    assert ours.sheet().says == "5 min ahead"
    assert [(line.state, line.took) for line in ours.sheet().lines[:3]] == [("done", 20), ("now", 0), ("ahead", None)]


def test_what_could_be_skipped_wins_the_time_back_with_the_fewest_acts() -> None:
    ours = Class().open("by-hand")
    advice = {}
    for minute in (27, 28, 33, 36):
        ours.minute = minute
        advice[minute] = ours.sheet().advice

    assert advice == {
        27: "",
        28: "3 min behind: skip the rest of “Case files”",
        33: "8 min behind: skip the rest of “Case files”",
        36: "11 min behind: skip “Learning rate 0.2” and the rest of “Case files”",
    }


def test_what_is_skipped_is_out_of_the_plan() -> None:
    ours = Class().open("by-hand")
    ours.minute = 30
    ours.open("rates")
    for item in ("half-a", "half-b"):
        ours.vote(f"rates/{item}").reveal(f"rates/{item}")
    before = ours.sheet()
    ours.skipped |= {("rates", "half-b"), ("rates", "half-d"), ("cases", "")}
    after = ours.sheet()

    assert (before.planned, after.planned) == (106, 106 - 2 - 2 - 9)


def test_minutes_of_a_rehearsal_pass_at_its_speed() -> None:
    ours = Class().open("by-hand")
    ours.minute = 2

    assert ours.sheet(speed=10).minute == 20


def test_minutes_begin_with_the_first_part_and_not_with_the_way_in() -> None:
    ours = Class(minute=9)
    ours.open("by-hand")
    ours.minute = 34

    assert (ours.sheet().minute, ours.sheet().says) == (25, "on time")


def test_on_another_day_what_was_led_before_is_out_of_the_plan() -> None:
    ours = Class().open("by-hand")
    ours.minute = 20
    ours.open("rates").vote("rates/half-a").reveal("rates/half-a")
    ours.minute = 7 * 24 * 60
    ours.led_at = ours.now
    began = ours.sheet()
    ours.minute += 4
    ours.vote("rates/half-b", is_open=True)

    assert [line.state for line in began.lines][:3] == ["earlier", "now", "ahead"]
    assert (began.minute, began.says, began.planned) == (0, "on time", 106 - 25 - 5)
    assert ours.sheet().says == "3 min behind"


def test_each_act_says_what_it_took() -> None:
    ours = Class().open("by-hand", "rates")
    ours.minute = 3
    ours.vote("rates/half-a")
    ours.minute = 5
    ours.reveal("rates/half-a")
    ours.minute = 9
    (rates,) = [line for line in ours.sheet().lines if line.key == "rates"]

    assert [(act.says, act.planned, act.took) for act in rates.acts[:3]] == [
        ("Learning-rate chaos", 3, 3),
        ("Vote: Learning rate 0.1", 1, 2),
        ("Reveal: Learning rate 0.1", 1, 4),
    ]


def test_going_back_to_a_question_makes_no_other_act_longer() -> None:
    ours = Class().open("by-hand", "rates")
    ours.vote("rates/half-a").reveal("rates/half-a")
    ours.minute = 4
    ours.open("u-curve")
    ours.minute = 60
    ours.vote("rates/half-b")
    ours.minute = 62
    ours.reveal("rates/half-b")
    ours.minute = 63
    (rates,) = [line for line in ours.sheet().lines if line.key == "rates"]

    took = {act.says: act.took for act in rates.acts}
    assert took["Reveal: Learning rate 0.1"] == 4
    assert (took["Vote: Learning rate 0.2"], took["Reveal: Learning rate 0.2"]) == (2, 1)


def test_an_act_to_skip_is_one_that_nothing_rests_on() -> None:
    found = {act.item or act.activity for act in the_script().acts if act.is_easy_to_skip}

    assert found == {"half-b", "half-d", "louder", "cases"}
    assert next_act.skip(Act("vote", "rates", "rates", "half-b", "0.2")).says == "Skip “0.2”"
