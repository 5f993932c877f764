"""Running and watching Foyer: health, the launcher, the containers."""
