"""Foyer's own access token for Graph: one msal application for each process, which keeps the token while it is good."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msal
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.graph import token_errors
from accounts.graph.connection import http, unreachable
from approvals.errors import Later, Standstill

_lock = threading.Lock()
_kept: Application | None = None


@dataclass(frozen=True)
class Credentials:
    """Everything that a token depends on: when one of these changes, the tokens of before are of no use."""

    login_url: str
    tenant_id: str
    client_id: str
    secret: str
    certificate: str
    ca_bundle: str


@dataclass(frozen=True)
class Application:
    """msal's application, and what it was made from."""

    credentials: Credentials
    msal: Any


@dataclass(frozen=True)
class Token:
    """An access token. `fresh` says that it came from Entra just now, so that its roles are today's."""

    value: str
    fresh: bool
    application: Application


def token() -> Token:
    """A token that is good for some minutes at least; asks Entra when none is kept.

    Raises Later when Entra cannot be asked now, Standstill when it refuses: each time anew, so that a corrected setting
    is picked up at once.
    """
    application = _application()
    answer = _ask(lambda: application.msal.acquire_token_for_client(scopes=[f"{graph_origin()}/.default"]))
    if "access_token" not in answer:
        drop(application)
        raise token_errors.sort(400, json.dumps(answer), {})
    return Token(answer["access_token"], answer.get("token_source") != "cache", application)


def drop(application: Application | None = None) -> None:
    """Forget the tokens of an application, or all; the next call asks Entra again.

    Nothing happens the second time: tokens of a newer application, which another thread has got meanwhile, stay.
    """
    global _kept  # noqa: PLW0603 - one for each process
    with _lock:
        if application is None or _kept is application:
            _kept = None


def roles_in(value: str) -> frozenset[str] | None:
    """The application permissions in a token; None when it is none that can be read. Graph alone judges the token."""
    try:
        part = value.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return frozenset(claims.get("roles", []))
    except (IndexError, ValueError, AttributeError, TypeError):
        return None


def graph_origin() -> str:
    """Scheme and host of Graph; its tokens are for the host, whatever path GRAPH_URL has."""
    parts = urlsplit(settings.GRAPH_URL)
    return f"{parts.scheme}://{parts.netloc}"


def _application() -> Application:
    global _kept  # noqa: PLW0603 - one for each process
    wanted = _credentials()
    with _lock:
        if _kept is None or _kept.credentials != wanted:
            _kept = Application(wanted, _ask(lambda: _make(wanted)))
        return _kept


def _credentials() -> Credentials:
    for name in ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID"):
        if not getattr(settings, name):
            raise _not_set(name)
    secret, certificate = _as_it_is_now("ENTRA_CLIENT_SECRET"), _as_it_is_now("ENTRA_CLIENT_CERTIFICATE")
    if not secret and not certificate:
        raise _not_set("ENTRA_CLIENT_SECRET")
    return Credentials(
        login_url=settings.ENTRA_LOGIN_URL,
        tenant_id=settings.ENTRA_TENANT_ID,
        client_id=settings.ENTRA_CLIENT_ID,
        secret=secret,
        certificate=_certificate(certificate),
        ca_bundle=settings.ENTRA_CA_BUNDLE,
    )


def _as_it_is_now(name: str) -> str:
    """A secret setting; read anew where it comes from a file, so that it can be replaced while we run."""
    path = getattr(settings, f"{name}_FILE")
    try:
        return Path(path).read_text().strip() if path else getattr(settings, name)
    except (OSError, ValueError):
        # While it is being replaced the file may be missing for a moment.
        return str(getattr(settings, name))


def _make(credentials: Credentials) -> Any:
    """msal's application. Its constructor asks the sign-in service where things are."""
    pem = credentials.certificate
    return msal.ConfidentialClientApplication(
        credentials.client_id,
        authority=f"{credentials.login_url}/{credentials.tenant_id}",
        client_credential={"private_key": pem, "public_certificate": pem} if pem else credentials.secret,
        # Asking login.microsoftonline.com about a national cloud's or the simulator's host leads nowhere.
        instance_discovery=False,
        http_client=SignInTransport(),
    )


def _certificate(value: str) -> str:
    """The certificate and its key as PEM text, from a setting that holds the text or the path of a file."""
    if not value or "-----BEGIN" in value:
        return value
    try:
        return Path(value).read_text()
    except (OSError, ValueError) as error:
        raise _certificate_unreadable() from error


def _ask(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except httpx.RequestError as error:
        raise unreachable(error) from error
    except ValueError as error:
        # msal and cryptography say so of a certificate or key that is none, and of an address that is not https.
        raise _certificate_unreadable() if settings.ENTRA_CLIENT_CERTIFICATE else _authority_unusable() from error


def _not_set(name: str) -> Standstill:
    reason = _("%(name)s is not set. Set it as the app registration says, and restart.")
    return Standstill("not_configured", reason % {"name": name})


def _certificate_unreadable() -> Standstill:
    reason = _(
        "ENTRA_CLIENT_CERTIFICATE cannot be used: it must hold, or name a file with, a private key and its certificate "
        "as PEM text. Correct it and restart."
    )
    return Standstill("certificate_unreadable", reason)


def _authority_unusable() -> Standstill:
    reason = _("ENTRA_LOGIN_URL and ENTRA_TENANT_ID do not make an https address. Correct them and restart.")
    return Standstill("not_configured", reason)


class SignInTransport:
    """msal's way to the sign-in service.

    Whatever is not a success is raised from here, sorted: msal, which would keep a refusal for a minute and go on
    answering with it after the setting was corrected, never sees one.
    """

    def get(self, url: str, **options: Any) -> httpx.Response:
        """GET, as msal asks for it."""
        return _successful(http().get(url, **options))

    def post(self, url: str, *, data: Mapping[str, str | bytes] | None = None, **options: Any) -> httpx.Response:
        """POST of a form, as msal asks for it."""
        # msal signs an assertion into bytes, which httpx would write as Python does: b'…'.
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return _successful(http().post(url, data=form, **options))

    def close(self) -> None:
        """The connection is shared and stays open."""


def _successful(response: httpx.Response) -> httpx.Response:
    if response.status_code != 200:
        raise token_errors.sort(response.status_code, response.text, response.headers)
    if not _is_object(response):
        reason = _("Something other than Microsoft's sign-in service answered. Check ENTRA_LOGIN_URL and the proxy.")
        raise Later("sign_in_garbled", reason)
    return response


def _is_object(response: httpx.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except ValueError:
        return False
