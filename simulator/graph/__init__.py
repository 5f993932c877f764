"""Microsoft Graph v1.0, as far as guests need it."""

from __future__ import annotations
