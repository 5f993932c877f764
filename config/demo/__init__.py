"""The demonstration: two user flows, the people who review them, and what became of forty sign-ups.

Everything goes through the doors that real sign-ups and reviewers use, with the clock set to when it happened.
"""
