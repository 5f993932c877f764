"""An app with which the next release's schema is made: it adds to a table of today's release, which goes on running."""
