"""What went out of a table in all its deliveries so far, counted: what the next delivery is held against.

It holds nothing that the published tables do not hold, and is destroyed with them. Texts are held once each
(arrow dictionaries): a row is a few numbers, however long its labels and its pseudonym are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ...errors import Invalid
from ...language import say
from .grouping import group
from .recipe import Recipe
from .values import Codes, column_of, distinct_texts, flat

LABEL, SENSITIVE, PERSON, DELIVERY, ROWS = "label ", "sensitive ", "person", "delivery", "rows"
TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """All that went out, counted: a row per distinct labels, sensitive values, person and delivery.

    Columns: `label NAME` per quasi-identifier and `sensitive NAME`, `person` where there is one (all of them
    texts in dictionaries), `delivery` (from 0) and `rows`.
    """

    table: pa.Table = field(repr=False)

    @property
    def has_persons(self) -> bool:
        return PERSON in self.table.column_names

    @property
    def deliveries(self) -> int:
        return 1 + int(whole(self.table[DELIVERY]).max(initial=-1))

    def and_then(self, later: Given) -> Given:
        """Both; `later` counts as the next delivery."""
        number = pa.array(np.full(later.table.num_rows, self.deliveries, np.int64))
        place = later.table.schema.get_field_index(DELIVERY)
        return Given(pa.concat_tables([self.table, later.table.set_column(place, DELIVERY, number)]))


def counted(columns: dict[str, pa.Array], rows: Codes) -> Given:
    """A first delivery of these rows: `columns` are texts, `rows` says how many rows each stands for."""
    texts = {name: column.dictionary_encode() for name, column in columns.items()}
    delivery = pa.array(np.zeros(len(rows), np.int64))
    return Given(pa.table({**texts, DELIVERY: delivery, ROWS: pa.array(rows.astype(np.int64))}))


def given_of(published: pa.Table, recipe: Recipe, person: str | None = None) -> Given:
    """What a published table gives out; `person` names its column of pseudonyms."""
    columns = {LABEL + name: published[name] for name in recipe.names}
    columns |= {SENSITIVE + name: column_of(published, name) for name in recipe.sensitive}
    texts, codes = {}, []
    for name, column in columns.items():
        known, rows = distinct_texts(column, name)
        texts[name] = pa.array(known, pa.string())
        codes.append(rows)
    if person is not None:  # one text for nearly every row: never as Python's
        encoded = flat(column_of(published, person), person).cast(pa.string()).dictionary_encode("encode")
        texts[PERSON] = encoded.dictionary
        codes.append(encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64))
    first, number = group(codes, [len(known) for known in texts.values()])
    made = {name: texts[name].take(pa.array(code[first])) for name, code in zip(texts, codes, strict=True)}
    return counted(made, np.bincount(number, minlength=len(first)))


def given_from(table: pa.Table, recipe: Recipe) -> Given:
    """What was stored as `Given.table`. Raises `Invalid` where it does not belong to the recipe."""
    texts = [*(LABEL + n for n in recipe.names), *(SENSITIVE + n for n in recipe.sensitive)]
    if PERSON in table.column_names:
        texts.append(PERSON)
    wanted = pa.schema([*((n, TEXT) for n in texts), (DELIVERY, pa.int64()), (ROWS, pa.int64())])
    if not table.schema.equals(wanted):
        raise Invalid(
            "invalid.recipe.given",
            say("What is remembered of the earlier deliveries does not belong to this recipe."),
            say("Take the recipe that came out of the last Run, unchanged."),
        )
    return Given(table)


def whole(column: pa.ChunkedArray) -> Codes:
    """A column of whole numbers, none missing."""
    codes: Codes = column.to_numpy().astype(np.int64)
    return codes
