import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('classroom', '0006_order_in_the_room'),
        ('lessons', '0007_class_call'),
    ]

    operations = [
        migrations.CreateModel(
            name='SkippedQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('activity', models.CharField(max_length=60)),
                ('item', models.CharField(blank=True, max_length=60)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='classroom.membership')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='skips', to='lessons.stage')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('stage', 'activity', 'item'), name='question_skipped_once')],
            },
        ),
    ]
