"""Two passes over batches give what the whole table gives."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.privacy import anonymity
from dalgubeol.methods.privacy.stream.classes import classes_of, labelled, persons_below_k
from dalgubeol.methods.privacy.stream.publish import Tokens, published
from dalgubeol.methods.privacy.stream.survey import survey
from dalgubeol.methods.privacy.tokens import pseudonyms, token_digests

from .made import KEEP, KEY, QUASI, cut, tables, trees


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
    classes = classes_of(labels, seen.persons)
    kept = (classes.persons >= k)[classes.class_of_row]
    after = classes_of(labels, seen.persons, kept)
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
