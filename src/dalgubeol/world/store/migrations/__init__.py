"""Alembic migrations of a site."""
