"""Roles of those who may open the admin site: what each may do, and whom it may touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classroom import cards
from classroom.models import Cohort, Membership, Role, User
from classroom.refusals import Conflict

READS = (
    "classroom.view_user",
    "classroom.view_cohort",
    "classroom.view_membership",
    "classroom.view_learningevent",
    "classroom.view_look",
    "lessons.view_submission",
    "lessons.view_prediction",
    "lessons.view_review",
    "badges.view_award",
    "experiments.view_run",
)


@dataclass(frozen=True)
class OfficeRole:
    """A role: its key is the name of a group. A higher rank may change who has a lower one."""

    key: str
    name: str | Promise
    rank: int
    permissions: tuple[str, ...]


AUDITOR = OfficeRole("auditor", _("auditor: reads everything"), 1, (*READS, "admin.view_logentry"))
CLASS_ADMIN = OfficeRole(
    "class admin",
    _("class admin: the classes that they teach"),
    1,
    (*READS, "classroom.change_cohort", "classroom.change_membership"),
)
SCHOOL_ADMIN = OfficeRole(
    "school admin",
    _("school admin: all people and classes"),
    2,
    (
        *READS,
        "admin.view_logentry",
        "classroom.add_user",
        "classroom.change_user",
        "classroom.delete_user",
        "classroom.add_cohort",
        "classroom.change_cohort",
        "classroom.delete_cohort",
        "classroom.add_membership",
        "classroom.change_membership",
        "experiments.change_run",
    ),
)
ROLES = {role.key: role for role in (AUDITOR, CLASS_ADMIN, SCHOOL_ADMIN)}
SUPERUSER, NOBODY = "superuser", ""


def keep(**kwargs: Any) -> None:
    """Let the groups of the database be those of the roles, with what each may do. Called after every migration."""
    by_name = {f"{each.content_type.app_label}.{each.codename}": each for each in _permissions()}
    if any(name not in by_name for role in ROLES.values() for name in role.permissions):
        return  # the database is on its way to some older state
    for role in ROLES.values():
        group, _made = Group.objects.get_or_create(name=role.key)
        group.permissions.set([by_name[name] for name in role.permissions])


def _permissions() -> QuerySet[Permission]:
    return Permission.objects.select_related("content_type")


def of(user: Any) -> str:
    """The key of somebody's role, `SUPERUSER`, or `NOBODY`."""
    if not user.is_staff:
        return NOBODY
    if user.is_superuser:
        return SUPERUSER
    return next((group.name for group in user.groups.all() if group.name in ROLES), NOBODY)


def rank_of(user: Any) -> int:
    role = of(user)
    return 3 if role == SUPERUSER else ROLES[role].rank if role in ROLES else 0


def give(user: User, role: str) -> None:
    """Give a stored person a role of the admin site, in place of the one they had."""
    user.is_staff, user.is_superuser = role != NOBODY, role == SUPERUSER
    user.save(update_fields=["is_staff", "is_superuser"])
    user.groups.set(Group.objects.filter(name=role) if role in ROLES else [])
    if role != NOBODY:
        cards.forget(user)  # it was printed for a student


def refuse_if_no_superuser_is_left() -> None:
    """Let nobody take away the last superuser's role or log-in. Two who do it to each other wait for each other.

    Raises
    ------
    Conflict
        If it has just been done; the transaction is to be undone.
    """
    if not User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk").first():
        raise Conflict(_("That would leave nobody who may do everything here. Give somebody else that role first."))


def may_touch(actor: Any, person: User) -> bool:
    """Tell whether somebody may change a person: none who could do as much as themself, so that nobody rises by it."""
    return bool(actor.is_superuser or rank_of(person) < rank_of(actor) or person.pk == actor.pk)


def choices_for(actor: Any) -> list[tuple[str, Any]]:
    """The roles that somebody may give."""
    below = [(role.key, role.name) for role in ROLES.values() if actor.is_superuser or role.rank < rank_of(actor)]
    top = [(SUPERUSER, _("superuser: everything, roles included"))] if actor.is_superuser else []
    return [(NOBODY, _("none")), *below, *top]


def sees_all(user: Any) -> bool:
    """Tell whether somebody's rows are those of all classes; a class admin's are those of the classes they teach."""
    return of(user) != CLASS_ADMIN.key


def classes_of(user: Any) -> QuerySet[Cohort]:
    """The classes of a class admin."""
    taught = Membership.objects.present().filter(user_id=user.pk, role=Role.INSTRUCTOR)
    return Cohort.objects.filter(pk__in=taught.values("cohort"))
