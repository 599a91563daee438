"""Who comes in and how, who there is, and what waits for them."""
