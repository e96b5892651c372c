"""Kinds of run, a folder each: what one takes, what it computes on a worker, and the notebook that does it again.

What begins with an underscore is shared by several.
"""
