"""What changes about Django's own commands."""
