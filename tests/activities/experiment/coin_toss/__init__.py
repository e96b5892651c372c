"""What a lesson adds for the kind of run in `tests/experiments/coin_toss/`: its picture, and a part with it."""
