"""Indexes for a queue of a million: lanes by flow, a trigram index for the search; and away with those they replace.

Nothing here keeps anybody from reading or writing while it runs: on PostgreSQL every index is built and dropped
CONCURRENTLY, which is why the migration is no transaction. When it was interrupted, run it again.
"""

import django.db.models.deletion
from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, migrations, models

SEARCH = "requests_by_words"
NO_EXTENSION = (
    "the search needs PostgreSQL's extension pg_trgm, and this role may not create it ({why}). Let the database's owner "
    "run: CREATE EXTENSION pg_trgm; and migrate again."
)


class AddIndex(migrations.AddIndex):
    """Django's, concurrently where there is such a thing, and again after an interruption."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        drop(schema_editor, self.index.name)
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(str(self.index.create_sql(model, schema_editor, concurrently=True)), params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        drop(schema_editor, self.index.name)


class RemoveIndex(migrations.RemoveIndex):
    """Django's, concurrently where there is such a thing."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        drop(schema_editor, self.name)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        AddIndex(self.model_name, index).database_forwards(app_label, schema_editor, from_state, to_state)


class LeaveOutIndex(migrations.AlterField):
    """A foreign key without an index of its own. Django's AlterField would check the whole key again, under a lock."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.name).column
        for name in own_indexes(schema_editor, model, column):
            drop(schema_editor, name)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        for statement in schema_editor._field_indexes_sql(model, model._meta.get_field(self.name)):
            schema_editor.execute(statement)


def own_indexes(schema_editor, model, column):
    """The plain indexes of this column alone."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    plain = {name: about for name, about in found.items() if about["index"] and not about["unique"]}
    return [name for name, about in plain.items() if about["columns"] == [column] and ours(name)]


def ours(name):
    """Whether Django made up the name: those that stand in Meta are called for what they do."""
    return name.startswith("approvals_")


def drop(schema_editor, name):
    """Drop the index if it is there."""
    concurrently = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f'DROP INDEX {concurrently}IF EXISTS "{name}"')


def note_failures(apps, schema_editor):
    """Say of the requests whose delivery has failed that it has. They are few; the lock on the table is gone again."""
    failed = apps.get_model("approvals", "Delivery").objects.filter(state="failed")
    requests = apps.get_model("approvals", "SignUpRequest").objects.filter(delivery_failed=False)
    requests.filter(pk__in=failed.values("pk")).update(delivery_failed=True)


def build_search(apps, schema_editor):
    """The extension, and one index of it over what people search by. An equal address has a plain index already."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        raise CommandError(NO_EXTENSION.format(why=str(error).strip().splitlines()[0])) from error
    drop(schema_editor, SEARCH)
    schema_editor.execute(
        f'CREATE INDEX CONCURRENTLY "{SEARCH}" ON approvals_signuprequest '
        "USING gin (normalised_email gin_trgm_ops, upper(display_name::text) gin_trgm_ops) "
        "WITH (gin_pending_list_limit = 512)"
    )
    model = apps.get_model("approvals", "SignUpRequest")
    for name in own_indexes(schema_editor, model, "normalised_email"):
        if name.endswith("_like"):
            drop(schema_editor, name)


def drop_search(apps, schema_editor):
    """The trigram index. The extension may serve others, and stays."""
    if schema_editor.connection.vendor == "postgresql":
        drop(schema_editor, SEARCH)


def key(to, name, **options):
    """A foreign key without an index of its own."""
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name=name, to=to, **options
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("approvals", "0004_failed_requests"),
    ]

    operations = [
        migrations.RunPython(note_failures, migrations.RunPython.noop),
        AddIndex(
            "signuprequest",
            models.Index(
                fields=["flow", "submitted_at", "id"],
                condition=models.Q(delivery_failed=True),
                name="failed_lanes",
            ),
        ),
        AddIndex("signuprequest", models.Index(fields=["flow", "status", "submitted_at", "id"], name="queue_lanes")),
        AddIndex(
            "signuprequest",
            models.Index(
                fields=["previous"], condition=models.Q(previous__isnull=False), name="requests_asked_again"
            ),
        ),
        AddIndex(
            "signuprequest",
            models.Index(
                fields=["decided_by"], condition=models.Q(decided_by__isnull=False), name="requests_of_decider"
            ),
        ),
        AddIndex("auditevent", models.Index(fields=["flow", "at", "id"], name="audit_of_flow")),
        AddIndex("auditevent", models.Index(fields=["flow", "action", "at", "id"], name="audit_lanes")),
        AddIndex(
            "auditevent",
            models.Index(
                fields=["actor", "flow", "action", "at", "id"],
                condition=models.Q(actor__isnull=False),
                name="audit_lanes_of_actor",
            ),
        ),
        AddIndex(
            "delivery",
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=["queued", "failed"]),
                name="unfinished_deliveries",
            ),
        ),
        AddIndex(
            "outboxentry",
            models.Index(fields=["id"], condition=models.Q(state="parked"), name="outbox_parked"),
        ),
        migrations.RunPython(build_search, drop_search),
        RemoveIndex("signuprequest", "queue_order"),
        RemoveIndex("delivery", "failed_deliveries"),
        LeaveOutIndex("auditevent", "actor", key(settings.AUTH_USER_MODEL, "+", null=True)),
        LeaveOutIndex("auditevent", "flow", key("approvals.userflow", "events", null=True)),
        LeaveOutIndex("auditevent", "request", key("approvals.signuprequest", "events", null=True)),
        LeaveOutIndex(
            "signuprequest",
            "decided_by",
            key(settings.AUTH_USER_MODEL, "+", blank=True, null=True, verbose_name="decided by"),
        ),
        LeaveOutIndex("signuprequest", "flow", key("approvals.userflow", "requests", verbose_name="user flow")),
        LeaveOutIndex("signuprequest", "previous", key("approvals.signuprequest", "later", blank=True, null=True)),
    ]
