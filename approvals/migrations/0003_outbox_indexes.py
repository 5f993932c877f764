"""The indexes of the outbox's claims, built and dropped beside running submits where the database can do that."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class AddIndexBesideWrites(AddIndexConcurrently):
    """On PostgreSQL without locking writers out, and again after an interruption; on other databases as usual."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        plainly = schema_editor.connection.vendor != 'postgresql'
        if not plainly:
            schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')
        forwards = migrations.AddIndex.database_forwards if plainly else AddIndexConcurrently.database_forwards
        forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        plainly = schema_editor.connection.vendor != 'postgresql'
        backwards = migrations.AddIndex.database_backwards if plainly else AddIndexConcurrently.database_backwards
        backwards(self, app_label, schema_editor, from_state, to_state)


class RemoveIndexBesideWrites(RemoveIndexConcurrently):
    """The other way round."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        plainly = schema_editor.connection.vendor != 'postgresql'
        forwards = migrations.RemoveIndex.database_forwards if plainly else RemoveIndexConcurrently.database_forwards
        forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        plainly = schema_editor.connection.vendor != 'postgresql'
        backwards = migrations.RemoveIndex.database_backwards if plainly else RemoveIndexConcurrently.database_backwards
        backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('approvals', '0002_outbox_turns_lanes_limits'),
    ]

    operations = [
        AddIndexBesideWrites(
            model_name='outboxentry',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['kind', 'turn_at', 'due_at', 'id'], name='outbox_turn'),
        ),
        AddIndexBesideWrites(
            model_name='outboxentry',
            index=models.Index(condition=models.Q(('lease__isnull', False), ('state', 'queued')), fields=['kind'], name='outbox_leased'),
        ),
        AddIndexBesideWrites(
            model_name='outboxentry',
            index=models.Index(condition=models.Q(('attempts', 0), ('state', 'queued'), models.Q(('source', ''), _negated=True)), fields=['source', 'created_at'], name='outbox_untried_of_source'),
        ),
        RemoveIndexBesideWrites(
            model_name='outboxentry',
            name='outbox_due',
        ),
    ]
