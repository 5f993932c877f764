"""Races and crashes, on real servers: each is shown to do harm without its guard, and none with it."""
