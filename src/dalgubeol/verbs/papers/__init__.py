"""The papers of the procedure, filled in from what happened here."""
