"""Check the connection to the tenant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from accounts.graph.checkup import Finding, check_up
from approvals.management.command import OneLineCommand
from approvals.models import UserFlow

MARKS = {True: "✓", False: "✗", None: "·"}


class Command(OneLineCommand):
    """`check_tenant`"""

    help = "Check that Foyer can make guests in the tenant: token, permissions, policies, groups. Changes nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """A line for each check, with what to do below it. Raises CommandError when one is not good."""
        flows = UserFlow.objects.all()
        making = flows.filter(provisioning=UserFlow.Provisioning.GRAPH)
        group_ids = [str(group_id) for flow in making for group_id in flow.group_ids]
        bad = 0
        for finding in check_up(group_ids, makes_guests=making.exists() or not flows.exists()):
            self._show(finding)
            bad += finding.good is False
        if bad:
            raise CommandError("1 check failed." if bad == 1 else f"{bad} checks failed.")

    def _show(self, finding: Finding) -> None:
        self.stdout.write(f"{MARKS[finding.good]} {finding.what}")
        if finding.advice:
            self.stdout.write(f"  {finding.advice}")
