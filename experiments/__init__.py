"""Runs: machine-learning experiments that workers carry out, shared, reproducible, and safe against a crash."""
