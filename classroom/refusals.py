"""What Downhill may refuse, in words fit for the screen. `classroom.web` turns them into responses."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Something that a person asked for and does not get; the text says what to do next."""

    status = 400
    title: str | Promise = _("That did not work")
    retry_after: int | None = None  # seconds

    def __init__(
        self,
        detail: str | Promise,
        *,
        errors: Mapping[str, list[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})
        self.retry_after = retry_after or self.retry_after


class UnknownAct(Refusal):
    """What a page sent names nothing that can be done with it."""

    def __init__(self) -> None:
        super().__init__(_("We could not tell which button you pressed. Reload the page and press it again."))


class Unauthenticated(Refusal):
    status = 401
    title = _("Please log in again")


class Forbidden(Refusal):
    status = 403
    title = _("You can’t open this")


class NotFound(Refusal):
    status = 404
    title = _("Nothing here")


class NotInClass(NotFound):
    """A student whom an instructor asks about is in no class of theirs, or not any more."""

    def __init__(self) -> None:
        super().__init__(_("This student is not in your class."))


class Conflict(Refusal):
    status = 409
    title = _("Not now")


class TooLarge(Refusal):
    status = 413
    title = _("Too much at once")


class TooMany(Refusal):
    status = 429
    title = _("One after the other")


class Unavailable(Refusal):
    """Something that Downhill itself needs is away, or too many ask at once."""

    status = 503
    title = _("One moment")

    def __init__(self) -> None:
        says = _("Downhill cannot answer right now. Wait a few seconds, then try again. Saved work is safe.")
        super().__init__(says, retry_after=3)
