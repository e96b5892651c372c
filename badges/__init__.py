"""Badges: the rules that earn one, awards, and credentials that anybody can verify."""
