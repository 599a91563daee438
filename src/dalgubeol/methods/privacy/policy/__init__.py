"""What is done to a table of persons: read, checked, fitted to a table."""
