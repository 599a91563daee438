"""Looking after a site: its health, its chores, its backups and keys, and what it sends."""
