"""A made-up stand-in for a Dataset: surveyed, made coarse, written into a codebook, drawn."""
