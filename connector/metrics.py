"""What the connector counts."""

from __future__ import annotations

from prometheus_client import Counter

answers = Counter("foyer_connector_answers", "Answers given to user flows.", ["step", "answer"])
unusable = Counter("foyer_connector_unusable_calls", "Calls that could not be used.", ["step", "code"])
verifications = Counter("foyer_verifications", "What verification services were asked.", ["vendor", "outcome"])
failures = Counter("foyer_connector_failures", "Calls answered with “try again later”, by cause.", ["step", "cause"])
