"""The data safe zone: what waits to leave or to come in."""
