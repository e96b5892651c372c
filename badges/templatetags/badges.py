"""What pages that know nothing of badges show of them."""

from __future__ import annotations

from django import template

from badges import catalogue, selectors
from badges.models import Award
from classroom.models import User

register = template.Library()


@register.simple_tag
def new_badges(user: User) -> list[tuple[Award, str, str]]:
    """What somebody has earned and not looked at, in any of their classes: each award, its lesson and its title."""
    badges = catalogue.all_badges()
    return [
        (award, badges[award.badge].lesson, badges[award.badge].title)
        for award in selectors.new_badges(user)
        if award.badge in badges
    ]
