"""A column for the requests, with a default in the database, so that a release that does not know it may write rows."""

from django.db import migrations

COLUMN = "ALTER TABLE approvals_signuprequest ADD COLUMN of_next_release integer DEFAULT 7 NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_requests_decisions_outbox")]

    operations = [migrations.RunSQL(COLUMN)]
