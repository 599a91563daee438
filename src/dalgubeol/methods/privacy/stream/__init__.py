"""A table that is too large to hold is pseudonymised in two passes over its batches.

Pass 1 (`survey`) keeps per row only small codes: one to four bytes for each quasi-identifier and four for the
person, and once per column its distinct values. All counting and searching is done on these codes.
Pass 2 (`publish`) reads the columns that stay and gives out batches: labels by code, a token per person, the
suppressed rows left out, in an order that follows from the published content alone.

Nothing plain is written anywhere: what has to wait waits in memory, and where it would be too much the input
is read once more instead (`publish.HELD_BYTES`).
"""
