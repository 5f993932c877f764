"""A pretend Entra tenant: sign-in, Microsoft Graph, the applicant's sign-up pages, a directory and an inbox."""

from __future__ import annotations
