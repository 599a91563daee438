"""Dalgubeol: one shared foundation for a region of manufacturers."""
