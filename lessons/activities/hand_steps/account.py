"""What a member did on a worksheet: the steps they took, and their first slip with how they fixed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from lessons.activities.base import Account, ActivityView
from lessons.activities.hand_steps.maths.misconceptions import family_of
from lessons.activities.hand_steps.words import cell_name
from lessons.maths import values
from lessons.models import Submission

GOOD = ("right", "rounded")


def account(view: ActivityView) -> Account:
    """The values of w that were taken, and the first slip. One query."""
    taken = view.standing.memory.values
    sent = Submission.objects.filter(
        membership=view.membership, lesson=view.lesson.lesson.slug, activity=view.activity.key
    )
    return Account(
        lines=tuple(
            (_("Step %(n)d") % {"n": n}, f"w = {values.show(Fraction(value))}", "")
            for n, value in enumerate(taken, start=1)
        ),
        says=_first_slip(sent.order_by("pk").only("step", "slip", "answer", "reply")),
    )


def _first_slip(sent: Iterable[Submission]) -> tuple[str, ...]:
    every = list(sent)
    first = next((each for each in every if each.slip), None)
    if first is None:
        return ()
    cells = first.reply["cells"]
    cell = next((name for name, each in cells.items() if not each["follows"] and _slip_of(each) == first.slip), "")
    if not cell:
        return ()
    # In the words that the sheet had for it.
    says = _("Your first slip, in step %(step)d: %(cell)s = %(typed)s. “%(said)s”") % {
        "step": first.step,
        "cell": cell_name(cell),
        "typed": _shown(first, cell),
        "said": cells[cell]["feedback"],
    }
    after = [each for each in every if each.pk > first.pk and each.step == first.step]
    fixed = next((each for each in after if each.reply["cells"].get(cell, {}).get("state") in GOOD), None)
    if fixed is None:
        return (says,)
    return (says, _("You fixed it: %(cell)s = %(typed)s.") % {"cell": cell_name(cell), "typed": _shown(fixed, cell)})


def _slip_of(cell: Mapping[str, Any]) -> str:
    return str(cell["slip"] or family_of(cell["candidates"]))


def _shown(sent: Submission, cell: str) -> str:
    return str(sent.answer.get(cell, "")).replace("-", "−")  # as it is printed everywhere else
