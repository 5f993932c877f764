"""Measurements on the production server. They print figures and assert nothing: a machine is as fast as it is."""
