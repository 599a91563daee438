"""The outside world: IO. One package per part of it; siblings never import each other."""
