"""The next delivery of a table, beside all that went out before."""
