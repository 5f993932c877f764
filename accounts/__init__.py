"""The door out: guest accounts in the tenant, and the people who may sign in to Foyer."""
