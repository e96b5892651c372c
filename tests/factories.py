"""People and classes for tests, made by the same services as real ones."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from classroom import services
from classroom.models import Cohort, CohortVersion, Membership, Role, User

PASSWORD = "three plain words"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person{n}")
    display_name = factory.Sequence(lambda n: f"Person {n}")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return User.objects.create_user(**fields)


class CohortFactory(DjangoModelFactory[Cohort]):
    class Meta:
        model = Cohort

    slug = factory.Sequence(lambda n: f"class-{n}")
    name = factory.Sequence(lambda n: f"Class {n}")

    @classmethod
    def _create(cls, model_class: type[Cohort], *args: Any, **fields: Any) -> Cohort:
        return services.open_cohort(**fields)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    cohort = factory.SubFactory(CohortFactory)
    role = Role.STUDENT

    @classmethod
    def _create(cls, model_class: type[Membership], *args: Any, **fields: Any) -> Membership:
        return services.enrol(**fields)


def version_of(cohort: Cohort) -> int:
    return CohortVersion.objects.get(cohort=cohort).number
