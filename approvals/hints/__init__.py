"""Hints for the reviewer: what is odd about a sign-up, or known of where it comes from. None of them decides."""

from __future__ import annotations
