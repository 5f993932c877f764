"""Using the administration pages as a browser does."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User


def signed_in(user: User) -> Client:
    """The browser of somebody who has signed in."""
    client = Client()
    client.force_login(user, backend="accounts.signin.backends.LocalAccountBackend")
    return client


def address(model: str, page: str, *args: Any) -> str:
    """The address of a page, such as `address("approvals_userflow", "changelist")`."""
    return reverse(f"admin:{model}_{page}", args=args)


def run_action(client: Client, model: str, action: str, *rows: Any) -> list[str]:
    """Choose rows in a list, run an action on them, and read what the page then says."""
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = client.post(address(model, "changelist"), chosen, follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]
