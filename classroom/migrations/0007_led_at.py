from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('classroom', '0006_order_in_the_room'),
    ]

    operations = [
        migrations.AddField(
            model_name='cohort',
            name='led_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
