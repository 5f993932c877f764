"""`make run`: all of Foyer on one machine, with a pretend tenant unless a real one is configured."""
