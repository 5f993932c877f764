"""Microsoft Graph, as far as making guests needs it."""
