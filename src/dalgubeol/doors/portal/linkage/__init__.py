"""Linkages of this site, from the draft of the agreement to the committee."""
