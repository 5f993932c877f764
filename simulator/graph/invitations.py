"""Invitations: a guest who still has to redeem, and the mail that Microsoft may send."""

from __future__ import annotations

import uuid
from email.message import EmailMessage

from simulator.clock import stamp
from simulator.graph.messages import GraphAnswer, GraphRequest
from simulator.graph.rules import check_invitable
from simulator.graph.validation import check_invitation
from simulator.guests import invite
from simulator.refusals import GraphError, bad_invitation
from simulator.store import Document
from simulator.tenant import Tenant

SENDER = "invites@microsoft.com"


def create_invitation(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """POST /invitations; a second invitation of the same guest answers the same user id."""
    body = request.document()
    check_invitation(body)
    address = body["invitedUserEmailAddress"]
    _check_policies(tenant, address)
    check_invitable(address, tenant.directory)
    invitation = _invitation(tenant, body, _guest(tenant, body))
    tenant.invitations.put(invitation["id"], invitation)
    if invitation["sendInvitationMessage"]:
        _mail(tenant, invitation)
    return GraphAnswer(201, {"@odata.context": request.context("invitations/$entity"), **invitation})


def _check_policies(tenant: Tenant, address: str) -> None:
    if tenant.faults.take("invitations_forbidden", address):
        raise GraphError(
            403,
            "Unauthorized",
            "Guest invitations not allowed for your company. Contact your company administrator for more details.",
        )
    domain = address.rpartition("@")[2].lower()
    blocked = tenant.faults.find("blocked_domain", address)
    if blocked is not None and str(blocked.value).lower() == domain:
        tenant.faults.take("blocked_domain", address)
        raise bad_invitation("The domain of the invited user is currently blocked by the invitation policy.")


def _guest(tenant: Tenant, body: Document) -> Document:
    address = body["invitedUserEmailAddress"]
    existing = tenant.directory.find_by_mail(address)
    if not body.get("resetRedemption"):
        return existing or invite(tenant.directory, address, body.get("invitedUserDisplayName"))
    if existing is None or body.get("invitedUser", {}).get("id", "").lower() != existing["id"]:
        raise bad_invitation("The invited user must be given with its id to reset the redemption status.")
    pending = {"externalUserState": "PendingAcceptance", "externalUserStateChangeDateTime": stamp()}
    return tenant.directory.change_user(existing, pending)


def _invitation(tenant: Tenant, body: Document, guest: Document) -> Document:
    key = str(uuid.uuid4())
    return {
        "id": key,
        "inviteRedeemUrl": f"{tenant.settings.pages_url}/redeem/{key}",
        "invitedUserDisplayName": body.get("invitedUserDisplayName"),
        "invitedUserType": body.get("invitedUserType", "Guest"),
        "invitedUserEmailAddress": body["invitedUserEmailAddress"],
        "sendInvitationMessage": body.get("sendInvitationMessage", False),
        "resetRedemption": body.get("resetRedemption", False),
        "inviteRedirectUrl": body["inviteRedirectUrl"],
        "status": "Completed" if guest.get("externalUserState") == "Accepted" else "PendingAcceptance",
        "invitedUserMessageInfo": body.get("invitedUserMessageInfo"),
        "invitedUser": {"id": guest["id"]},
    }


def _mail(tenant: Tenant, invitation: Document) -> None:
    """Microsoft's stock mail: an application's own words are left out of it."""
    info = invitation["invitedUserMessageInfo"] or {}
    address = invitation["invitedUserEmailAddress"]
    copies = [each["emailAddress"]["address"] for each in info.get("ccRecipients", [])]
    mail = EmailMessage()
    mail["From"] = f"Microsoft Invitations on behalf of Contoso <{SENDER}>"
    mail["To"] = address
    if copies:
        mail["Cc"] = ", ".join(copies)
    mail["Subject"] = "Contoso invited you to access applications within their organization"
    mail.set_content(f"Accept the invitation:\n{invitation['inviteRedeemUrl']}\n")
    mail["Content-Language"] = info.get("messageLanguage", "en-US")
    tenant.inbox.deliver(mail.as_bytes(), SENDER, [address, *copies])
