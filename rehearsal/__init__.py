"""Rehearsals: synthetic classes that play a lesson, for instructors to practise with."""
