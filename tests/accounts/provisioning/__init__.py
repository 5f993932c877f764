"""From an approval to a guest."""
