"""Tests of the domain: verbs, outbox, audit trail."""
