"""Risk and what is left to use: measured, and told as numbers about many."""
