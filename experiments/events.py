"""News from experiments, for whoever stands above."""

from django.dispatch import Signal

# Sent with `run` once it is done, failed or cancelled, after that is stored.
run_ended = Signal()
