"""The data safe zone: what waits to leave or to come in, and what its Permits have left."""
