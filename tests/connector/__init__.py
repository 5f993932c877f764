"""Tests of the door in, over HTTP."""
