"""The support centre: projects, panels, policies, accidents, and the end of what is kept."""
