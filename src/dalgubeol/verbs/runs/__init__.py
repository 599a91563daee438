"""Runs: asked for, leased, carried out, settled."""
