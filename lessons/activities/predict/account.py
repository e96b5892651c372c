"""What a member had guessed, beside what it turned out to be: only what they have seen already."""

from __future__ import annotations

from collections.abc import Iterator

from lessons.activities.base import Account, ActivityView
from lessons.activities.predict import answers, states
from lessons.activities.predict.schema import Item
from lessons.activities.predict.states import States

# In a full cycle the verdict comes after “what did you see?”.
JUDGED = ("reconcile", "done")


def account(view: ActivityView) -> Account:
    """Each guess whose reveal the member has looked at, as they sealed it last."""
    now = states.read(view.membership, view.lesson, view.part, view.activity, at=view.stage)
    seen = [item for item in now.open_items() if item.key in now.met and now.state_of(item) in JUDGED]
    return Account(lines=tuple(_lines(view, now, seen)))


def _lines(view: ActivityView, now: States, seen: list[Item]) -> Iterator[tuple[str, str, str]]:
    asked = ""
    for item in seen:
        if (last := now.last(item)) is None:
            continue
        told = now.told.get(item.key)
        found = answers.truth(now.activity, view.rule, item, told.truth if told else None)
        said = [answers.answer_text(item, last.choice)]
        if item.second and last.second:
            said.append(answers.text_of(item.second.choices, last.second))
        # A question that several in a row have is told with the first.
        is_told = item.question in (asked, item.title) or item.question.startswith(item.title)
        link = " " if item.title.endswith("?") else ": "
        title = item.title if is_told else f"{item.title}{link}{item.question}"
        asked = item.question
        yield title, " · ".join(said), answers.answer_in_words(item, found)
