"""Measurements with permanent names: `python -m bench NAME [--json]`, `python -m bench --list`."""
