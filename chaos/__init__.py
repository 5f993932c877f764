"""Chaos: a whole installation under load while its parts are killed, cut off and lied to; then a look at what is left."""
