"""Combinations of codes."""

import numpy as np

from dalgubeol.methods.privacy.grouping import group


def test_grouping_goes_beyond_keys_of_63_bits():
    rng = np.random.default_rng(3)
    columns = [rng.integers(0, 3, 200) * 2**19 for _ in range(5)]
    members, number = group(columns, [2**21] * 5)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert len(members) == len(set(rows))
    assert [rows[members[g]] for g in number] == rows
