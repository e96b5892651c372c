#!/usr/bin/env python
"""Downhill's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "downhill.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting that cannot work is explained in its own sentence; where in our code it was read helps nobody.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
