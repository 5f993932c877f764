"""A request says itself that its delivery has failed, so that failures can be counted and listed along an index."""

from django.db import migrations, models


def note_failures(apps, schema_editor):
    """Say of the requests whose delivery has failed that it has. They are few."""
    failed = apps.get_model("approvals", "Delivery").objects.filter(state="failed")
    apps.get_model("approvals", "SignUpRequest").objects.filter(pk__in=failed.values("pk")).update(delivery_failed=True)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_outbox_indexes")]

    operations = [
        migrations.AddField(
            "signuprequest",
            "delivery_failed",
            models.BooleanField(db_default=False, default=False, editable=False, verbose_name="delivery failed"),
        ),
        migrations.RunPython(note_failures, migrations.RunPython.noop),
    ]
