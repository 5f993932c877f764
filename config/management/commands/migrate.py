"""Django's `migrate`, beside a connector that answers meanwhile."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from config import migrating


class Command(migrate.Command):
    """`migrate` as Django has it, one at a time, and giving way to whoever uses the tables."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. Raises CommandError when a lock was not to be had, or a statement held one for too long."""
        connection = connections[options["database"]]
        try:
            with migrating.one_at_a_time(connection), migrating.giving_way(connection):
                migrating.again_and_again(lambda: super(Command, self).handle(*args, **options), tell=self.stderr.write)
        except OperationalError as error:
            trouble = migrating.trouble(error)
            if trouble is None:
                raise
            raise CommandError(trouble) from error
