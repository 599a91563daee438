"""Datasets: brought in, looked at, handed out."""
