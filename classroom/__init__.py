"""The base: people, classes and memberships, who may see what, events, and refusals in words."""
