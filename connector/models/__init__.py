"""The rows of the connector, one module for each noun."""

from __future__ import annotations

from connector.models.credential import LIVE_AT_ONCE, ConnectorCredential, TooManyCredentials, sha256
from connector.models.unusable_call import UnusableCall
from connector.models.verification_service import VerificationService

__all__ = [
    "LIVE_AT_ONCE",
    "ConnectorCredential",
    "TooManyCredentials",
    "UnusableCall",
    "VerificationService",
    "sha256",
]
