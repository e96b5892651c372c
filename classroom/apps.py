from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _


class ClassroomConfig(AppConfig):
    name = "classroom"

    def ready(self) -> None:
        from classroom import accounts

        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(accounts.note_log_in, dispatch_uid="classroom.accounts")
        # The one place that all fields share, those of models and those of forms.
        MaxLengthValidator.message = _("This is too long. Use at most %(limit_value)d characters.")
        # What needs the models.
        from classroom import second_factor, sessions

        second_factor.listen()
        sessions.listen()
