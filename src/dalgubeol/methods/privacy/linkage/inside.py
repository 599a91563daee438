"""Probabilistic linkage inside one controller, where the items may be seen: Fellegi and Sunter 1969, by splink.

What each agreement and each difference of an item says about a pair is estimated from the data itself: how often
strangers agree (u) from random pairs, how often the same person does (m) by expectation maximisation over two
blockings. Every pair whose probability is at least the threshold is a candidate, and each row is linked at most
once, the most probable first.

Names are compared as letters (jamo). One thread and a fixed seed: the same tables give the same pairs.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from ....errors import Invalid, Unavailable
from ....language import say
from .keys import Items
from .tolerant import Candidates, one_to_one

_LETTERS = frozenset({"name", "address", "text"})
_JAMO = (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))
_FREE = [*range(0x01, 0x20), *range(0x41, 0x5B), *b"`~^|{}<>$=\x7f"]
_LETTER = {jamo: chr(_FREE[place]) for place, jamo in enumerate(_JAMO)}
"""Each jamo as one byte that normalised texts do not have (they have no capitals): DuckDB compares bytes, and a jamo
in UTF-8 has three, which made a comparison nine times as slow."""
_SEED = 1
_SAMPLED = 200_000


def probable(
    left: Items, right: Items, normalisers: Sequence[str], threshold: float
) -> list[tuple[int, int]]:
    """Pairs of rows (of `left`, of `right`). Raises Unavailable without the extra `linkage`, Invalid for fewer than
    two items: with one there is nothing to estimate from."""
    if len(normalisers) < 2:
        raise Invalid.field("items", expected=say("at least two key items for a probabilistic linkage"), got=len(normalisers))  # fmt: skip
    if not left.rows or not right.rows:
        return []
    try:
        import duckdb
        import splink
        from splink.backends.duckdb import DuckDBAPI
    except ImportError:
        raise Unavailable(
            "linkage.extra", say("Probabilistic linkage needs the extra 'linkage'."), say("Install it: `pip install 'dalgubeol[linkage]'`.")
        ) from None  # fmt: skip
    with _quiet(), duckdb.connect(":memory:", config={"threads": 1}) as connection:
        api = DuckDBAPI(connection)
        tables = [api.register(_table(each, normalisers), table_name=name) for name, each in (("first", left), ("second", right))]  # fmt: skip
        rules = [splink.block_on(f"i{place}") for place in range(len(normalisers))]
        settings = splink.SettingsCreator(
            "link_only", _comparisons(normalisers), rules, unique_id_column_name="row",
            retain_matching_columns=False, linker_uid="inside",
        )  # fmt: skip
        linker: Any = splink.Linker(tables, settings, log_level=logging.CRITICAL)
        training = linker.training
        whole = " and ".join(f"l.i{place} = r.i{place}" for place in range(len(normalisers)))
        training.estimate_probability_two_random_records_match([whole], recall=0.6)
        training.estimate_u_using_random_sampling(max_pairs=_SAMPLED, seed=_SEED, num_chunks=1)
        for place in _informative(left, 2):
            training.estimate_parameters_using_expectation_maximisation(splink.block_on(f"i{place}"))
        found = linker.inference.predict(
            threshold, num_chunks_left=1, num_chunks_right=1
        ).as_duckdbpyrelation()
        rows = found.project("source_dataset_l, row_l, row_r, match_probability").fetchall()
    pairs = [(a, b, p) if source == "first" else (b, a, p) for source, a, b, p in rows]
    left_rows, right_rows = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    chosen = one_to_one(Candidates(left_rows, right_rows, np.array([p for _, _, p in pairs], np.float32)))
    return list(zip(chosen.left.tolist(), chosen.right.tolist(), strict=True))


def _table(items: Items, normalisers: Sequence[str]) -> pa.Table:
    columns: dict[str, Any] = {"row": pa.array(range(items.rows), pa.int64())}
    for place, which in enumerate(normalisers):
        texts = items.texts(place)
        if which in _LETTERS:
            texts = [None if t is None else unicodedata.normalize("NFD", t).translate(_LETTER) for t in texts]
        columns[f"i{place}"] = pa.array(texts, pa.string())
    return pa.table(columns)


def _comparisons(normalisers: Sequence[str]) -> list[Any]:
    import splink.comparison_library as library

    made: list[Any] = []
    for place, which in enumerate(normalisers):
        column = f"i{place}"
        if which == "sex":
            made.append(library.ExactMatch(column))
        elif which == "name":
            made.append(library.JaroWinklerAtThresholds(column, [0.92, 0.8]))
        else:
            made.append(
                library.DamerauLevenshteinAtThresholds(column, [1, 2] if which != "address" else [1, 4])
            )
    return made


def _informative(items: Items, count: int) -> list[int]:
    """The items with the most different values: pairs that agree on one are few, and often the same person."""
    return sorted(range(len(items.names)), key=lambda place: (-len(items.values[place]), place))[:count]


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither log lines nor warnings of the library: they could hold values."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
