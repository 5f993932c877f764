"""The reviewers' pages: queue, request and history."""
