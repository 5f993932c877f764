"""With a real tenant: the administrator's account and the first user flow, so that there is something to begin with."""

from __future__ import annotations

import secrets

from django.conf import settings

from accounts.models import User
from approvals import audit
from approvals.models import Action, UserFlow
from config.run.plan import Plan
from config.run.records import read_json

ADMINISTRATOR = "admin"
FIRST_FLOW = "guests"


def first_administrator(plan: Plan) -> list[dict[str, str]]:
    """The sign-ins to tell of: a new administrator's when there was none; the remembered one's while it works."""
    if not User.objects.filter(is_superuser=True, is_active=True).exists():
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(ADMINISTRATOR, "", password)
        return [{"username": ADMINISTRATOR, "password": password, "role": "administrator"}]
    remembered = read_json(plan.var / "demo.json").get("people", [])
    return [person for person in remembered if can_sign_in(person)]


def first_flow() -> UserFlow:
    """The default flow, else the oldest; a new one when there is none."""
    flow = UserFlow.objects.order_by("-is_default", "created_at").first()
    if flow is None:
        flow = UserFlow.objects.create(
            slug=FIRST_FLOW,
            name="Guests",
            is_default=True,
            # The page of a guest's applications in this tenant: true for everybody, until the flow's own is set.
            redirect_url=f"https://myapplications.microsoft.com/?tenantid={settings.ENTRA_TENANT_ID}",
        )
        audit.record(Action.FLOW_CREATED, flow=flow)
    return flow


def can_sign_in(person: dict[str, str]) -> bool:
    """Whether this user name and password are still somebody's."""
    user = User.objects.filter(username=person["username"], is_active=True).first()
    return user is not None and user.check_password(person["password"])
