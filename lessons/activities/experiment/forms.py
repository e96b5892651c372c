"""Forms of an experiment: the wish for a run, and to take it back, as the page sends them."""

from __future__ import annotations

from django import forms


class StartForm(forms.Form):
    """The wish for a run as the page sends it; the settings of the trial's knobs come beside it."""

    trial = forms.SlugField()
    seed = forms.CharField(required=False, max_length=40, strip=True)
    # The question that the page was at: it stays there.
    item = forms.SlugField(required=False)
    member = forms.IntegerField(required=False)


class WithdrawForm(forms.Form):
    """The wish to take a run back, and the one that it was to be compared with."""

    trial = forms.SlugField(required=False)
    run = forms.UUIDField()
    beside = forms.UUIDField(required=False)
    item = forms.SlugField(required=False)
    member = forms.IntegerField(required=False)
