"""The support centre: projects, reviews by panels, papers, accidents."""
