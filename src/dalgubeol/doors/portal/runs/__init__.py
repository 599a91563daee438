"""Runs: started from a form made of the kind's parameters, and watched."""
