"""Hints for the reviewer: what is odd about a sign-up, or known of where it comes from. None of them decides.

`look` finds them, `codes` tells rules which there are, `words` makes sentences of what is stored with a request, and
`examining` is the workers' part. What is known of mail domains is counted in `counting`; nothing here asks the network.
"""

from __future__ import annotations

from approvals.hints.hint import CODES, Hint
from approvals.hints.looking import CannotTell, codes, look

__all__ = ["CODES", "CannotTell", "Hint", "codes", "look"]
