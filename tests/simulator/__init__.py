"""The pretend tenant, as a process on loopback."""
