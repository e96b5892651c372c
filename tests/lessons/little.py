"""The head of a small lesson, to which a test adds its parts."""

HEAD = """\
slug: little
title: A little lesson
language: en
hero: {eyebrow: Week 1, text: Hello there}
today:
  - {icon: ✍️, text: Do **one** thing}
arc: arc.md
"""
