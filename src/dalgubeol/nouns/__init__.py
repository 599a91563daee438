"""The four nouns: Dataset, Permit, Run, Record. Frozen values without IO; everything else speaks of these."""
