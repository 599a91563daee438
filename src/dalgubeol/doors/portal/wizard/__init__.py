"""Pseudonymising, step by step, with risk against utility always in sight."""
