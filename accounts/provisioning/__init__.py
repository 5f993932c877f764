"""Making the guest of an approved request: the outbox handler `guest.provision`.

Safe to run twice, by two workers at once, and again after a death between any two calls: look before creating, write
down the object id at once, take "already there" for success when it is the same person.
"""

from __future__ import annotations

from accounts.provisioning.delivery import give_up, provision_guest

__all__ = ["give_up", "provision_guest"]
