"""Stand-ins for the identity verification services: they check what they are sent, and answer as they are told."""

from __future__ import annotations
