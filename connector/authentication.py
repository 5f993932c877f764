"""HTTP Basic for one flow's endpoints (RFC 7617, as Entra sends it)."""

from __future__ import annotations

import base64
import binascii
import hmac

from approvals.models import UserFlow
from connector import known
from connector.body import Environ
from connector.models import ConnectorCredential, sha256

NOBODY = sha256("nobody")


class WrongCredentials(Exception):
    """The call may not pass. It does not say which part was wrong."""


def authenticate(environ: Environ, flow_slug: str | None) -> UserFlow:
    """The flow that the caller may speak for; `flow_slug` None means the default flow.

    Raises WrongCredentials for no, wrong, expired or revoked credentials, for another flow's, and for a flow that is not
    there: with the same work done for each, and the same answer.
    """
    username, secret = _basic(environ.get("HTTP_AUTHORIZATION") or "")
    credential = known.find(username, flow_slug, _look_up)
    expected = credential.secret_sha256 if credential else NOBODY
    matches = hmac.compare_digest(sha256(secret), expected)
    if credential is None or not matches:
        raise WrongCredentials
    return credential.flow


def _look_up(username: str, flow_slug: str | None) -> ConnectorCredential | None:
    """A live credential of that flow. User names are no secrets, so the database may look them up."""
    wanted = {"flow__is_default": True} if flow_slug is None else {"flow__slug": flow_slug}
    live = ConnectorCredential.objects.live().select_related("flow")
    return live.filter(username=username, **wanted).first()


def _basic(header: str) -> tuple[str, str]:
    """User name and secret from the header, split at the first colon. Raises WrongCredentials."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > 2000:
        raise WrongCredentials
    try:
        username, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise WrongCredentials from error
    if not colon or "\0" in username:
        raise WrongCredentials
    return username, secret
