import hashlib

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def digest(apps, schema_editor):
    """Keep every key that a notebook has, as its digest, and leave none that can be read.

    The emptied table stays: a web process of the version before may still ask it, while it is being replaced.
    """
    if "authtoken_token" not in schema_editor.connection.introspection.table_names():
        return
    Before, Token = apps.get_model("classroom", "TokenBefore"), apps.get_model("classroom", "Token")
    Token.objects.bulk_create(
        Token(user_id=user, digest=hashlib.sha256(key.encode()).hexdigest(), made_at=made)
        for key, user, made in Before.objects.values_list("key", "user", "created")
    )
    Before.objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("classroom", "0010_tallies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, default="", max_length=60)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        # What rest_framework.authtoken had: known here alone, and nothing is made or dropped.
        migrations.CreateModel(
            name="TokenBefore",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("user", models.IntegerField(db_column="user_id")),
                ("created", models.DateTimeField()),
            ],
            options={"managed": False, "db_table": "authtoken_token"},
        ),
        migrations.RunPython(digest, migrations.RunPython.noop),
        migrations.DeleteModel(name="TokenBefore"),
    ]
