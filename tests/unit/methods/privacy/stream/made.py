"""Tables for the tests of streams."""

import pyarrow as pa
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import hierarchy

KEY = bytes(range(32))
QUASI = ["age", "place", "score"]
KEEP = ["cost", "note"]


@st.composite
def tables(draw):
    """Small tables with everything that makes two values one, or one value missing."""
    rows = draw(st.integers(1, 60))

    def column(values):
        return draw(st.lists(st.sampled_from(values), min_size=rows, max_size=rows))

    return pa.table(
        {
            "who": pa.array(column(["ann", "ann ", "bob", "cho", "dan", "eve", "é", "e\u0301", "fay"])),
            "age": pa.array(column([20, 21, 34, 35, 60, None]), pa.int64()),
            "place": pa.array(column(["north", "south", "", None])),
            "score": pa.array(column([0.0, -0.0, 1.5, float("nan"), None]), pa.float64()),
            "cost": pa.array(column([1, 2, 3, None]), pa.int32()),
            "note": pa.array(column(["a", "b", None])),
        }
    )


def trees(table):
    made = []
    for name in QUASI:
        present = table[name].drop_null()
        if name == "age" and len(present):
            made.append(hierarchy.intervals(name, table[name], [5, 10]))
        else:
            try:
                made.append(hierarchy.suppress_only(name, table[name]))
            except Invalid:
                return None
    return made


def cut(table, sizes):
    """`table` as batches of the `sizes`, over and over."""
    begun = 0
    for size in sizes * (1 + table.num_rows // sum(sizes)):
        if begun < table.num_rows:
            yield from table.slice(begun, size).combine_chunks().to_batches()
        begun += size
