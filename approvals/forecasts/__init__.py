"""What approving a request would do, in words. A worker looks into the tenant and keeps a code with facts; here they are told."""

from __future__ import annotations

from approvals.forecasts.codes import Code, Tone
from approvals.forecasts.outlook import Outlook, outlook_of

__all__ = ["Code", "Outlook", "Tone", "outlook_of"]
