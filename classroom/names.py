"""Names of people and classes: which signs they may have, and how a username is compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classroom import signs


def named(sign: str) -> str:
    """A sign as a sentence can name it, even one that cannot be seen."""
    if sign == " ":
        return gettext("a space")
    if sign.isspace() or signs.is_blank(sign) or unicodedata.category(sign)[0] == "C":
        code = ", ".join(filter(None, (f"U+{ord(sign):04X}", unicodedata.name(sign, ""))))
        return gettext("an invisible character (%(code)s)") % {"code": code}
    # An accent alone needs something to sit on.
    return f"“◌{sign}”" if unicodedata.combining(sign) else f"“{sign}”"


def _all_named(refused: Iterable[str]) -> str:
    return ", ".join(named(sign) for sign in list(dict.fromkeys(refused))[:3])


def _refuse_stacks(name: str) -> None:
    if stack := signs.stack(name):
        raise ValidationError(
            _("“%(stack)s” has more than %(n)d accents on one letter. Take some away."),
            params={"stack": stack[: signs.MOST_MARKS + 1], "n": signs.MOST_MARKS},
        )


def validate_signs(text: str) -> None:
    """A line in which every sign can be seen, and which nothing turns round."""
    if refused := [sign for sign in text if signs.is_refused(sign)]:
        raise ValidationError(
            _("This cannot contain %(signs)s. Type it again without it."), params={"signs": _all_named(refused)}
        )
    _refuse_stacks(text)


def validate_display_name(name: str) -> None:
    """A name that can be seen, and that writes nothing backwards or over other lines."""
    if name and not signs.shows(name):
        raise ValidationError(_("This name is invisible. Use at least one letter."))
    if refused := [sign for sign in name if signs.is_refused(sign)]:
        raise ValidationError(
            _("A name cannot contain %(signs)s. Type it again without it."), params={"signs": _all_named(refused)}
        )
    _refuse_stacks(name)


def _is_for_usernames(sign: str) -> bool:
    if signs.is_blank(sign):
        return signs.is_shaping(sign)
    return sign.isalnum() or sign in "@.+-_" or unicodedata.category(sign) in ("Mn", "Mc")


def validate_username(typed: str) -> None:
    """Letters, digits and accents of every script, and a few signs, however wide they were typed."""
    refused = [sign for sign in typed if not all(map(_is_for_usernames, unicodedata.normalize("NFKC", sign)))]
    if refused:
        raise ValidationError(
            _("A username cannot contain %(signs)s. Letters, digits and . - _ + @ are fine."),
            params={"signs": _all_named(refused)},
        )
    if typed and not signs.shows(typed):
        raise ValidationError(_("A username needs a letter or a digit."))
    _refuse_stacks(typed)


class UsernameField(models.CharField):
    """A username: read as it was typed, kept as it is compared."""

    def to_python(self, value: Any) -> Any:
        return signs.fold(super().to_python(value)) if isinstance(value, str) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        # Stored and looked for as it is: of the names from before, a few are not as they are compared now.
        return value if isinstance(value, str) else super().get_prep_value(value)

    def clean(self, value: Any, model_instance: Any) -> Any:
        if isinstance(value, str):
            validate_username(value.strip())
        return super().clean(value.strip() if isinstance(value, str) else value, model_instance)
