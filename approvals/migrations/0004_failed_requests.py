"""A request says itself that its delivery has failed, so that failures can be counted and listed along an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_outbox_indexes")]

    operations = [
        migrations.AddField(
            "signuprequest",
            "delivery_failed",
            models.BooleanField(db_default=False, default=False, editable=False, verbose_name="delivery failed"),
        ),
    ]
