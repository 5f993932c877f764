"""Making guests: Graph, and provisioning through it."""
