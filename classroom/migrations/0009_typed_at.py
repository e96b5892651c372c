from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('classroom', '0008_classes_of_instructors'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='typed_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
