from typing import Any

from django.db import migrations, models

# As they were when this was written.
FAMILIES = {
    "wrong-way": {"sign", "step-only", "y-for-error"},
    "off-by-two": {"other-rule", "divided-by-2", "sum-other-rule"},
    "same-w": {"unchanged", "restart", "prediction-for-error"},
}
LEVELS = ("error", "product", "mean", "gradient", "w")
AT_ONCE = 500


def family_in(reply: dict[str, Any]) -> str:
    """Name the family of the first cell that is wrong by itself, from what its sender was told.

    A row whose first wrong cell had no candidates stays without a slip, as it would today.
    """
    cells = reply.get("cells") or {}
    # A database does not keep the order of names.
    for name in sorted(cells, key=lambda name: (LEVELS.index(name.partition("_")[0]), name)):
        cell = cells[name]
        if cell["state"] == "not_yet" and not cell["follows"]:
            found = set(cell.get("candidates") or ())
            return next((family for family, members in FAMILIES.items() if found and found <= members), "")
    return ""


def is_of_a_worksheet(reply: dict[str, Any]) -> bool:
    return all(name.partition("_")[0] in LEVELS for name in reply.get("cells") or {})


def count_families(apps: Any, schema_editor: Any) -> None:
    """Count the slips that no number tells apart in what was sent before, too."""
    submissions = apps.get_model("lessons", "Submission").objects
    found: dict[str, list[int]] = {}
    for pk, reply in submissions.filter(slip="").values_list("pk", "reply").iterator(chunk_size=AT_ONCE):
        if is_of_a_worksheet(reply) and (family := family_in(reply)):
            found.setdefault(family, []).append(pk)
    for family, pks in found.items():
        for i in range(0, len(pks), AT_ONCE):
            submissions.filter(pk__in=pks[i : i + AT_ONCE]).update(slip=family)


class Migration(migrations.Migration):

    dependencies = [
        ('classroom', '0006_order_in_the_room'),
        ('lessons', '0008_skipped_questions'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='helpgiven',
            name='help_reason_known',
        ),
        migrations.AlterField(
            model_name='helpgiven',
            name='reason',
            field=models.CharField(choices=[('run', 'the run failed'), ('slip', 'the same slip three times'), ('tries', 'three tries at one step'), ('votes', 'missed three votes in a row'), ('still', 'inactive for five minutes')], max_length=5),
        ),
        migrations.AddConstraint(
            model_name='helpgiven',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ('run', 'slip', 'tries', 'votes', 'still'))), name='help_reason_known'),
        ),
        # A family that is counted stays right should these tables go back.
        migrations.RunPython(count_families, migrations.RunPython.noop),
    ]
