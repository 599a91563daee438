"""Permits: asked for, decided, read."""
