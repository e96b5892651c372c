"""What is sent about badges."""

from __future__ import annotations

from django import forms


class ShareForm(forms.Form):
    is_shared = forms.BooleanField(required=False)
    shows_name = forms.BooleanField(required=False)
