"""Permits: asked for, decided by two people, pledged, and what keeps a duty from somebody."""
