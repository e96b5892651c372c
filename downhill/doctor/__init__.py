"""The doctor: what is wrong with this installation, in sentences, each with its remedy.

A check is a function without parameters that gives findings. What asks the database comes after what says whether it
is there and up to date, and is left out where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from downhill.doctor import addresses, database, files, signatures, workers
from downhill.doctor.finding import Finding

Check = Callable[[], Iterable[Finding]]

WITHOUT_DATABASE: tuple[Check, ...] = (
    files.data_folder,
    files.disk,
    files.static_files,
    files.lessons,
    files.secret_key,
    addresses.names,
    addresses.tls,
    addresses.proxies,
    addresses.debug,
    signatures.keys_can_be_read,
    workers.broker_and_workers,
)
OF_DATABASE: tuple[Check, ...] = (database.answers, database.migrations)
IN_DATABASE: tuple[Check, ...] = (
    database.clock,
    database.connections,
    signatures.keys_fit_the_badges,
    signatures.second_steps_can_be_read,
    addresses.public_passwords,
    files.backups,
)


def examine() -> dict[str, list[Finding]]:
    """Look at everything; give the findings of each check by its name, those of whatever is well included: none."""
    found = {}
    for check in OF_DATABASE:
        found[_name(check)] = list(check())
        if found[_name(check)]:
            break
    # What it lacks would only be said again, in the words of the database.
    is_fit = not any(found.values())
    for check in (*WITHOUT_DATABASE, *(IN_DATABASE if is_fit else ())):
        found[_name(check)] = list(check())
    return found


def _name(check: Check) -> str:
    return check.__name__
