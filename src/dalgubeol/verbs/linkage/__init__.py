"""Linkage across sites: the agreement, the envelopes, the committee, the end."""
