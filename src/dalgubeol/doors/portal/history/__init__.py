"""What everybody may know, and what anybody can check."""
