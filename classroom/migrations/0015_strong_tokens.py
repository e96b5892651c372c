from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0014_log_in_cards")]

    operations = [
        migrations.AddField(
            model_name="token",
            name="is_strong",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
