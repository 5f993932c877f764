"""The door in: what a user flow's API connectors call during sign-up."""
