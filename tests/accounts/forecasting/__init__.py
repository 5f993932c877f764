"""Looking into the tenant before a decision."""
