"""Limits on how often something may be done in a while, counted in the database: all web processes see it there."""

from __future__ import annotations

import math
import time

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classroom.addresses import client_network
from classroom.devices import device_of
from classroom.models import Tally
from classroom.refusals import TooMany

MINUTE = 60
HOUR = 3600
# A device is a few people's, an address may be a whole school's.
DEVICES_SHARE = 10

SAYS = _("Too many requests. Wait a minute, then try again.")
# One statement: two at once are two.
_COUNT = """
    INSERT INTO classroom_tally (key, number, until) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET
        number = CASE WHEN classroom_tally.until <= %s THEN 1 ELSE classroom_tally.number + 1 END,
        until = CASE WHEN classroom_tally.until <= %s THEN excluded.until ELSE classroom_tally.until END
    RETURNING number, until
"""


class Counter:
    """A count of what somebody does within some seconds, by one key or by several, each with the most it may reach."""

    def __init__(self, most: dict[str, int], says: str | Promise = SAYS, *, seconds: int = MINUTE) -> None:
        self.most, self.says, self.seconds = most, says, seconds

    def count(self) -> None:
        """Count once more.

        Raises
        ------
        TooMany
            If that is more than this time may have.
        """
        now = math.ceil(time.time())
        for key, most in self.most.items():
            with connection.cursor() as cursor:
                cursor.execute(_COUNT, [key, now + self.seconds, now, now])
                number, until = cursor.fetchone()
            if number == 1:
                Tally.objects.filter(until__lt=now - MINUTE).delete()
            if number > most:
                raise TooMany(self.says, retry_after=until - now)

    def forget(self) -> None:
        """Begin again."""
        Tally.objects.filter(key__in=self.most).delete()

    def refuse_if_full(self) -> None:
        """Look without counting.

        Raises
        ------
        TooMany
            If one more would be too many.
        """
        now = math.ceil(time.time())
        for tally in Tally.objects.filter(key__in=self.most, until__gt=now):
            if tally.number >= self.most[tally.key]:
                raise TooMany(self.says, retry_after=tally.until - now)


def of_visitor(name: str, request: HttpRequest, *, within: object = "", says: str | Promise = SAYS) -> Counter:
    """The counter of whoever sent a request, by the limit of a name: of the strangers at their address, or of their
    device where it is known. Known ones at one address may together do as much as strangers, so that nobody gains by
    making many.

    Parameters
    ----------
    within : what they are counted apart for, such as a class
    """
    most, network = settings.LIMITS[name], client_network(request)
    if device := device_of(request):
        share = max(most // DEVICES_SHARE, 1)
        return Counter({f"{name} {within} device {device}": share, f"{name} {within} known {network}": most}, says)
    return Counter({f"{name} {within} {network}": most}, says)


def of_person(name: str, request: HttpRequest, says: str | Promise = SAYS) -> Counter:
    """The counter of whoever is logged in."""
    return Counter({f"{name} person {request.user.pk}": settings.LIMITS[name]}, says)
