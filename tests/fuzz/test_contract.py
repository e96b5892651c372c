"""The API holds to its own description, whatever is sent and whoever sends it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from classroom import services, tokens
from classroom.models import Cohort, Membership, User
from downhill.wsgi import application
from lessons import catalogue
from lessons.activities.experiment.runs import ask_by_kind
from tests.factories import MembershipFactory, UserFactory
from tests.fuzz import drawn
from tests.lessons import runs

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LESSONS = ("data-rules-everything", "sampler")
ITEMS = ("half-a", "half-edge", "lowest", "headline", "third-step")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
# What pages and notebooks send, with anything in it.
FIELDS = ("errors", "products", "mean", "gradient", "w", "go_on", "solution", "text", "claim", "who_1", "stamp", "name")
ANSWERS = st.dictionaries(st.sampled_from(FIELDS), JSON | st.text("0123456789.,-/ e", max_size=12))


@pytest.fixture
def schema(db: None) -> Any:
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)


@pytest.fixture
def people(cohort: Cohort, student: Membership, instructor: Membership) -> dict[str, User | None]:
    Cohort.objects.update(lessons=list(LESSONS))
    admin = UserFactory(is_staff=True, is_superuser=True)
    # In several classes, which is a case of its own.
    MembershipFactory(user=admin, cohort=cohort)
    MembershipFactory(user=admin, cohort__slug="other")
    return {"nobody": None, "student": student.user, "instructor": instructor.user, "admin": admin}


def places_of(run: object, token: int) -> dict[str, st.SearchStrategy[Any]]:
    """Values that lead somewhere, by the names that addresses have for them."""
    activities = [
        activity.key
        for slug in LESSONS
        if (loaded := catalogue.get(slug))
        for part in loaded.lesson.parts
        for activity in part.activities
    ]
    known = {
        "lesson": LESSONS,
        "activity": activities,
        "item": ITEMS,
        "cohort": ("ours",),
        "run": (str(run),),
        "id": (token,),
    }
    return {name: st.sampled_from(values) for name, values in known.items()}


def hold_to_description(
    schema: Any, places: dict[str, st.SearchStrategy[Any]], headers: dict[str, str]
) -> tuple[list[str], Counter[int]]:
    """Ask every call for anything; gives the answers that are against its description, and how often each came."""
    found, statuses = list[str](), Counter[int]()

    for result in schema.get_all_operations():
        operation = result.ok()
        valid = operation.as_strategy()
        modes = [valid]
        if operation.query or operation.body:
            modes.append(operation.as_strategy(schemathesis.GenerationMode.NEGATIVE))

        @drawn(4)
        @given(case=st.one_of(modes), data=st.data())
        def hold(case: Any, data: st.DataObject) -> None:
            leads = data.draw(st.booleans() | st.just(True), "leads somewhere")
            for name in case.path_parameters if leads else ():
                if name != "id" or "tokens" in case.path:
                    case.path_parameters[name] = data.draw(places[name], name)
            if leads and case.path.endswith("submissions/") and isinstance(case.body, dict):
                case.body["answer"] = data.draw(ANSWERS, "answer")
            if "cohort" in (case.query or {}) and leads:
                case.query["cohort"] = "ours"
            answer = case.call(headers=headers)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        try:
            hold()
        except FailureGroup as failure:
            found.append(f"{operation.label}: {failure}\n" + "\n".join(map(str, failure.exceptions)))

    return found, statuses


@pytest.mark.parametrize("role", ["nobody", "student", "led", "instructor", "admin"])
def test_every_answer_of_the_api_is_one_that_its_description_names(
    schema: Any, people: dict[str, User | None], student: Membership, role: str
) -> None:
    user = people["student" if role == "led" else role]
    run = ask_by_kind(student, kind="u_curve", params={}, seed=0, activity="")
    runs.work()
    if role == "led":
        services.lead_class(student.cohort)
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Authorization": f"Token {tokens.make(user)}"} if user else {}
    found, statuses = hold_to_description(schema, places_of(run.pk, 1), headers)

    print(role, sum(statuses.values()), dict(sorted(statuses.items())))
    assert not found, "\n\n".join(found)
