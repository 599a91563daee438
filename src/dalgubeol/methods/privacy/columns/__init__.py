"""What a column is: a role proposed for it, with the evidence."""
