"""A whole column of texts: what they hold, counted, and the column with it taken out.

Equal texts are looked at once. A first pass in Arrow sets aside the texts that cannot hold anything, so that
Python meets only the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from . import spans as s
from .finding import find
from .masking import mask

_POSSIBLE = r"[0-9０-９]|@|＠|[가-힣]{2}|[\x{1100}-\x{11FF}]|[A-Z][a-z]|골뱅이|\(at\)"


@dataclass(frozen=True, slots=True)
class Findings:
    """`texts` that are not missing, and for each type how many of them hold one and how many there are."""

    texts: int
    holding: Mapping[str, int]
    spans: Mapping[str, int]

    def share(self, type_: str) -> float:
        """The share of the texts that hold a `type_`, in 0..1."""
        return self.holding.get(type_, 0) / self.texts if self.texts else 0.0


def findings(column: pa.Array | pa.ChunkedArray, types: Collection[str] | None = None) -> Findings:
    """What the texts of `column` hold. Raises Invalid for a column that is not text."""
    return masked(column, "keep", types)[1]


def masked(
    column: pa.Array | pa.ChunkedArray,
    policy: Mapping[str, str] | str = "tag",
    types: Collection[str] | None = None,
) -> tuple[pa.Array, Findings]:
    """`column` with every identifier replaced (see `masking.mask`), and what there was; missing stays missing.

    Raises Invalid for a column that is not text, or a policy that is none.
    """
    mask("", (), policy)
    flat = _texts(column)
    encoded = flat.dictionary_encode()
    times = Counter(encoded.indices.drop_null().to_pylist())
    possible = pc.match_substring_regex(encoded.dictionary, _POSSIBLE).to_pylist()
    holding: Counter[str] = Counter()
    count: Counter[str] = Counter()
    made: list[str] = encoded.dictionary.to_pylist()
    for place, text in enumerate(made):
        found = find(text, types) if possible[place] else ()
        if found:
            made[place] = mask(text, found, policy)
            for type_ in {span.type for span in found}:
                holding[type_] += times[place]
            for span in found:
                count[span.type] += times[place]
    result = pa.array(made, flat.type).take(encoded.indices)
    seen = Findings(len(flat) - flat.null_count, _in_order(holding), _in_order(count))
    return result, seen


def _texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise Invalid.field("column", expected="a column of texts", got=str(column.type))
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _in_order(counts: Counter[str]) -> Mapping[str, int]:
    return MappingProxyType({type_: counts[type_] for type_ in s.TYPES if counts[type_]})
