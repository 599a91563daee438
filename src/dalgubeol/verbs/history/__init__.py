"""The history: proven, told, and what of it everybody may know."""
