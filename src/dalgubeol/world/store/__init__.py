"""State, bytes and keys of a site: SQLite (or PostgreSQL by URL), a folder of objects, a folder of keys."""
