"""The domain: sign-up requests, the decisions on them, and what follows. Imports no other app."""
