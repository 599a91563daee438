"""Datasets on their way in and out."""
