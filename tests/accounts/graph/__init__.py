"""Graph as Foyer speaks it."""
