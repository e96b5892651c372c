"""The file THIRD_PARTY_NOTICES, made of the lock and of what each installed package says of itself: `make notices`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from tests.conventions.containers import ROOT

FILE = ROOT / "THIRD_PARTY_NOTICES"
# What the image is: a lock names packages for other systems as well.
IMAGE = {"sys_platform": "linux", "python_full_version": "3.13.0", "implementation_name": "cpython"}
HEAD = """\
Downhill runs with these packages. None of them is changed, and none is part of this repository. Each has a folder of
its own and can be replaced by another version. An image has their licences in full, in these folders below /opt/venv.
This list is made by `make notices`; `make sbom` writes their versions and checksums.

Two licences ask for more than to be named. psycopg (LGPL-3.0) and publicsuffixlist (MPL-2.0) come as their authors
publish them, and so does the list of domains in fido2 (MPL-2.0); their source is at the addresses below.

"""
INSIDE = """
Inside these packages are others:

django-htmx: htmx (0BSD)
drf-spectacular-sidecar: Swagger UI (Apache-2.0)
numpy, scipy: OpenBLAS (BSD-3-Clause); the runtime libraries of GCC (GPL-3.0 with the GCC runtime exception)
psycopg-binary: libpq (PostgreSQL), OpenSSL (Apache-2.0), MIT Kerberos (MIT), OpenLDAP (OLDAP-2.8), Cyrus SASL (BSD)
scikit-learn: the OpenMP runtime of GCC (GPL-3.0 with the GCC runtime exception)
"""
# In words of their own, where a package gives no expression.
_SPOKEN = {
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "New BSD": "BSD-3-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
}


def page() -> str:
    """The file as it has to be."""
    return HEAD + "".join(f"{line}\n" for line in lines()) + INSIDE


def lines() -> Iterator[str]:
    for name in locked():
        try:
            found = distribution(name)
        except PackageNotFoundError as error:
            raise LookupError(f"{name} is in the lock and not installed: make .venv/.installed") from error
        yield f"{name}: {licence_of(found)}, {home_of(found)}"


def locked() -> list[str]:
    """The packages of the lock that the image has, by name. Versions are the lock's own business."""
    there = [each for each in _wanted() if each.marker is None or each.marker.evaluate(IMAGE)]
    return sorted({each.name for each in there})


def by_python() -> set[str]:
    """The packages that the lock has in several versions, for one Python or another."""
    names = [each.name for each in _wanted()]
    return {name for name in names if names.count(name) > 1}


def _wanted() -> list[Requirement]:
    text = re.sub(r" \\\n.*", "", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    return [Requirement(line) for line in text.splitlines() if re.match(r"[a-z]", line)]


def licence_of(found: Distribution) -> str:
    """The licence that a package declares: as an expression, in a word, or by its classifiers."""
    declared = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    classes = [
        each.rpartition(" :: ")[2]
        for each in found.metadata.get_all("Classifier") or ()
        if each.startswith("License :: ") and each != "License :: OSI Approved"
    ]
    # Some write the whole text there, or that there are two.
    if not declared or "\n" in declared or declared == "Dual License":
        return " OR ".join(_SPOKEN.get(each, each) for each in classes)
    return _SPOKEN.get(declared, declared)


def home_of(found: Distribution) -> str:
    """Where a package lives: its source if it says so."""
    named = dict(re.split(r",\s*", each, maxsplit=1) for each in found.metadata.get_all("Project-URL") or ())
    by_kind = {kind.lower(): url for kind, url in named.items()}
    kinds = ("source", "source code", "repository", "code", "github", "homepage", "home")
    home = next((by_kind[kind] for kind in kinds if kind in by_kind), None)
    return home or found.metadata.get("Home-page") or next(iter(named.values()))


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
