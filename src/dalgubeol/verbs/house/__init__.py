"""A site, opened; and what every change in it does: its instant, its Records, its notices."""
