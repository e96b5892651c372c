"""Downhill's own settings, with one more address to measure against."""

from downhill.settings import *  # noqa: F403 - a settings module passes on all of another

ROOT_URLCONF = "tests.benchmarks.urls"
