"""A class at work, beside a herd at the door: nobody meets a fault, and what was acknowledged is kept, once."""

from __future__ import annotations

import threading

import pytest

from tests import load
from tests.load import Tally
from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]


def test_a_class_works_beside_a_herd_and_what_was_acknowledged_is_kept_once(downhill: Running) -> None:
    ours = load.school(downhill, "at-work", n_students=12, n_leaders=2)
    new = load.school(downhill, "at-the-door", n_students=8, n_leaders=1)
    at_work, at_the_door = Tally(), Tally()
    coming = threading.Thread(
        target=load.herd, args=[new, at_the_door], kwargs={"n_joins": 8, "n_logins": 8, "within": 3}
    )

    with load.watched(downhill) as meanwhile:
        coming.start()
        load.class_hour(ours, at_work, n_acts=8, think=1)
        coming.join()

    print("\n" + load.report("a class of 12", at_work, meanwhile))
    print(load.report("8 joins and 8 log-ins", at_the_door, meanwhile))
    assert ours.faults(at_work) + new.faults(at_the_door) == []
    assert (len(at_work.acknowledged), len(at_the_door.acknowledged)) == (12 * 6, 16)
    # A question that finds nothing new is what a class asks most. By the quick ones: the rest waited for the herd.
    assert at_work.percentile(0.1, "poll") < at_work.percentile(0.1, "check")
