"""Runs an analyst's script on protected inputs: no network, no other file, nothing left behind."""
