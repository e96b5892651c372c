"""The run_context of a run: written and read in one place."""

from __future__ import annotations

import pytest

from lessons.run_context import RunContext

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("run_context", "text"),
    [
        (RunContext("a-lesson", "bias-run", "starve"), "a-lesson/bias-run/starve"),
        (RunContext("a-lesson", "bias-fix", "give-back").beside, "a-lesson/bias-fix/give-back/beside"),
    ],
)
def test_what_is_written_is_read_again(run_context: RunContext, text: str) -> None:
    assert str(run_context) == text
    assert RunContext.parse(text) == run_context
    assert text.startswith(RunContext.start_of(run_context.lesson))


@pytest.mark.parametrize("text", ["", "a", "a-lesson/bias-run", "a-lesson/bias-run/starve/again", "a/b/c/beside/d"])
def test_what_no_lesson_wrote_is_no_context(text: str) -> None:
    assert RunContext.parse(text) is None


def test_a_trials_run_and_the_one_it_is_compared_with_are_told_apart_within_their_activity() -> None:
    own = RunContext("a-lesson", "bias-fix", "give-back")

    assert (own.in_activity, own.beside.in_activity) == ("give-back", "give-back/beside")
