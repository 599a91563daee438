"""`dalgu serve`: portal, HTTP API, conductor and chores in one process on one port."""
