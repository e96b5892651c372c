import classroom.models
import classroom.names
import django.core.validators
from django.db import migrations, models

from classroom.signs import fold


def fold_usernames(apps, schema_editor):
    """Keep each username as it is compared now, unless somebody else has that: then both stay, and open as before.

    Most are written in plain small letters, and are not touched.
    """
    User = apps.get_model("classroom", "User")
    taken = set(User.objects.values_list("username", flat=True))
    for pk, before in User.objects.order_by("pk").values_list("pk", "username").iterator():
        after = fold(before)
        if after != before and after not in taken and len(after) <= 60:
            User.objects.filter(pk=pk).update(username=after)
            taken.add(after)


class Migration(migrations.Migration):

    dependencies = [
        ("classroom", "0011_tokens"),
    ]

    operations = [
        migrations.RunPython(fold_usernames, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="user",
            name="username",
            field=classroom.names.UsernameField(
                error_messages={"unique": "Somebody already has that username. Add a letter or a number."},
                help_text="Letters, digits and @ . + - _",
                max_length=60,
                unique=True,
                verbose_name="username",
            ),
        ),
        migrations.RemoveConstraint(model_name="user", name="user_username_unique_any_case"),
        migrations.AlterField(
            model_name="cohort",
            name="join_code",
            field=classroom.models.JoinCodeField(
                default=classroom.models.new_join_code,
                max_length=9,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator("^[A-Z0-9]{4}-[A-Z0-9]{4}$", "Write a code such as DEMO-2026.")
                ],
                verbose_name="join code",
            ),
        ),
    ]
