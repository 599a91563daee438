"""Coming in, one's own account, who there is."""
