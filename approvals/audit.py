"""Writing audit events. Always inside the transaction of what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from approvals.models import Action, AuditEvent, SignUpRequest, UserFlow

if TYPE_CHECKING:
    from accounts.models import User


def record(
    action: Action,
    *,
    request: SignUpRequest | None = None,
    flow: UserFlow | None = None,
    actor: User | None = None,
    **data: Any,
) -> AuditEvent:
    """Write that something happened. `actor` None is the system; its name is copied, so that it outlives the account.

    `data` takes ids, codes and the reviewer's own words: no claims, no addresses, no secrets.
    """
    return AuditEvent.objects.create(
        action=action,
        request=request,
        flow=request.flow if request else flow,
        actor=actor,
        actor_name=actor.get_display_name() if actor else "",
        data=data,
    )
