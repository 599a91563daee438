"""Two passes over batches give what the whole table gives."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import anonymity, hierarchy
from dalgubeol.methods.privacy.stream.classes import classes_of, labelled, persons_below_k
from dalgubeol.methods.privacy.stream.publish import Tokens, published
from dalgubeol.methods.privacy.stream.survey import survey
from dalgubeol.methods.privacy.tokens import pseudonyms, token_digests

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
            "who": pa.array(column(["ann", "bob", "cho", "dan", "eve", "é", "fay"])),
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


def whole(table, hierarchies, levels, k, person):
    """The same by rows: the oracle. Labels of rows whose class has k persons, tokens, sorted by everything."""
    coarse = table
    for tree, level in zip(hierarchies, levels, strict=True):
        labels = anonymity._labels(table[tree.name], tree, level)
        coarse = coarse.set_column(coarse.schema.get_field_index(tree.name), tree.name, labels)
    classes = anonymity.equivalence_classes(coarse, QUASI, person)
    coarse = coarse.filter(pa.array(classes.persons[classes.class_of_row] >= k))
    result = coarse.select([*QUASI, *KEEP])
    if person:
        result = result.add_column(0, person, pseudonyms(coarse[person], KEY, "p", person))
    return coarse, result.sort_by([(name, "ascending") for name in result.column_names])


def streamed(table, hierarchies, levels, k, person, sizes, held_bytes=1 << 20):
    seen = survey(cut(table, sizes), QUASI, keep=KEEP, person=person)
    labels = [
        labelled(c, tree, level) for c, tree, level in zip(seen.quasi, hierarchies, levels, strict=True)
    ]
    classes = classes_of(labels, seen.quasi, seen.persons)
    kept = (classes.persons >= k)[classes.class_of_row]
    after = classes_of(labels, seen.quasi, seen.persons, kept)
    tokens = [Tokens(n, token_digests(n.texts, KEY, "p", name)) for name, n in seen.named.items()]
    made = published(
        seen, labels, kept, KEEP, lambda columns: (b.select(columns) for b in cut(table, sizes)),
        classes=after, tokens=tokens, held_bytes=held_bytes, batch_rows=7,
    )  # fmt: skip
    return seen, kept, after, pa.Table.from_batches(list(made))


@settings(max_examples=300, deadline=None)
@given(
    table=tables(),
    levels=st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 1)),
    k=st.integers(2, 4),
    person=st.sampled_from([None, "who"]),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=3),
    held_bytes=st.sampled_from([1, 1 << 20]),
)
def test_the_stream_publishes_what_the_whole_table_does(table, levels, k, person, sizes, held_bytes):
    hierarchies = trees(table)
    if hierarchies is None:
        return
    levels = tuple(min(level, tree.height) for level, tree in zip(levels, hierarchies, strict=True))
    coarse, expected = whole(table, hierarchies, levels, k, person)
    seen, kept, after, made = streamed(table, hierarchies, levels, k, person, sizes, held_bytes)
    assert made.equals(expected, check_metadata=True)
    counted = anonymity.equivalence_classes(coarse, QUASI, person)
    assert sorted(zip(after.rows, after.persons, strict=True)) == sorted(
        zip(counted.rows, counted.persons, strict=True)
    )
    if person:
        people = seen.persons.of_row[kept]
        assert persons_below_k(after, people, len(seen.persons), k) == anonymity.persons_below_k(
            coarse, QUASI, person, k
        )
