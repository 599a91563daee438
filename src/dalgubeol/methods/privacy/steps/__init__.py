"""What may be done to the values of a column: one file a technique, pure functions over arrow arrays."""
