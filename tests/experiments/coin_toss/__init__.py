"""A throw-away fifth kind of run: the share of heads among tosses of a coin. All of it is here."""
