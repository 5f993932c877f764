"""What a run says at the terminal."""

from __future__ import annotations

from config.run.plan import Plan
from config.run.records import connector_urls
from config.run.setting_up import House

_REVIEWS = {"anna": "reviews both user flows", "ben": "reviews the suppliers only", "admin": "sees and sets everything"}


def ready(plan: Plan, house: House, seconds: float) -> str:
    """Where to click and how to sign in."""
    told = [f"Foyer is ready ({seconds:.1f} s).", ""]
    told += _tenant(plan, house) if plan.simulator_port is None else _demonstration(plan, house)
    told += ["", f"Logs are in {plan.var / 'log'}. Ctrl-C stops everything."]
    return "\n" + "\n".join(f"  {line}".rstrip() for line in told) + "\n\n"


def _demonstration(plan: Plan, house: House) -> list[str]:
    return [
        f"Review     {plan.base_url}/",
        f"Sign up    {plan.pages_url}/      the pretend tenant: sign-up, directory, inbox",
        "",
        *_sign_ins(house),
        "",
        "Try it: sign up as somebody new, approve it as anna, then read the invitation in the tenant's inbox.",
    ]


def _tenant(plan: Plan, house: House) -> list[str]:
    urls = connector_urls(plan, house.flow)
    credential = house.credential
    told = [
        f"Tenant     {plan.environ.get('ENTRA_TENANT_ID') or 'as ENTRA_TENANT_ID_FILE says'}",
        f"Review     {plan.base_url}/",
        "",
        *_sign_ins(house),
        "",
        "In the Entra admin center, under External Identities > All API connectors, make two:",
        f"  after federating with an identity provider   {urls['check_status_url']}",
        f"  before creating the user                     {urls['submit_url']}",
    ]
    if credential:
        told.append(f"  both with user name {credential['username']} and password {credential['password']}")
    else:
        told.append(f"  with a credential of: .venv/bin/python manage.py issue_credential {house.flow}")
    if not plan.base_url.startswith("https://"):
        told.append("Entra calls over public HTTPS: set BASE_URL to the address that leads here, and start again.")
    return [*told, "Then check the tenant: .venv/bin/python manage.py check_tenant"]


def _sign_ins(house: House) -> list[str]:
    if not house.people:
        return ["Sign in    with the passwords that you have set"]
    lines = []
    for number, person in enumerate(house.people):
        label = "Sign in" if number == 0 else ""
        about = _REVIEWS.get(person["username"], person["role"])
        lines.append(f"{label:<11}{person['username']:<8}{person['password']:<20}{about}")
    return lines
