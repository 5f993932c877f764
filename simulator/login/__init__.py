"""The sign-in service: OpenID discovery, authorize, token and sign-out."""

from __future__ import annotations
