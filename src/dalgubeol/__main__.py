"""`python -m dalgubeol` is `dalgu`."""

from .doors.cli import main

main()
