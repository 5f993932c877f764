"""How the sign-in service says no: AADSTS codes with their OAuth error and HTTP status."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

from simulator.clock import now


class Cause(NamedTuple):
    """What a code means on the wire."""

    error: str
    status: int
    text: str


CAUSES = {
    50011: Cause("invalid_request", 400, "The redirect URI does not match those of the application."),
    54005: Cause("invalid_grant", 400, "OAuth2 authorization code was already redeemed."),
    65001: Cause("invalid_grant", 400, "The user or administrator has not consented to use the application."),
    70000: Cause("invalid_grant", 400, "The provided value for the 'code' parameter is not valid."),
    70003: Cause("unsupported_grant_type", 400, "The app requested an unsupported grant type."),
    70008: Cause("invalid_grant", 400, "The provided authorization code has expired."),
    70011: Cause("invalid_scope", 400, "The provided value for the input parameter 'scope' is not valid."),
    90002: Cause("invalid_request", 400, "Tenant not found. Check that you have the correct tenant ID."),
    90014: Cause("invalid_request", 400, "A required field is missing from the request."),
    500011: Cause("invalid_resource", 400, "The resource principal was not found in the tenant."),
    501481: Cause("invalid_grant", 400, "The Code_Verifier does not match the code_challenge."),
    700016: Cause("unauthorized_client", 400, "Application was not found in the directory."),
    700027: Cause("invalid_client", 401, "The certificate used to sign the client assertion is not registered."),
    900023: Cause("invalid_request", 400, "Specified tenant identifier is neither a GUID nor a domain name."),
    1002012: Cause("invalid_scope", 400, "The provided value for scope is not valid: it must end in /.default."),
    7000215: Cause("invalid_client", 401, "Invalid client secret provided."),
    7000218: Cause("invalid_client", 401, "The request body must contain 'client_assertion' or 'client_secret'."),
    7000222: Cause("invalid_client", 401, "The provided client secret keys are expired."),
}


class LoginError(Exception):
    """A refusal of the sign-in service."""

    def __init__(self, code: int, *, error: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.error = error or CAUSES[code].error
        self.status = CAUSES[code].status

    @property
    def description(self) -> str:
        """The sentence, with its code in front as Entra writes it."""
        return f"AADSTS{self.code}: {CAUSES[self.code].text}"

    def document(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        moment, trace, correlation = now().strftime("%Y-%m-%d %H:%M:%SZ"), str(uuid.uuid4()), str(uuid.uuid4())
        detail = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
        return {
            "error": self.error,
            "error_description": f"{self.description} {detail}",
            "error_codes": [self.code],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
