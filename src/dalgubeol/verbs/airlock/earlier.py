"""What the world has already seen of the same data: the tables and models that left before, kept for the checks of the next.

*The same data*: Runs whose inputs have an ancestor in common that is not public or anonymous itself. What left is
kept beside the history of the airlock, for it is known outside also when the released Dataset is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from ...kinds.archive import unpack
from ...kinds.models_given import SUFFIX
from ...kinds.safe_files import bases_of
from ...nouns.dataset import Dataset, Form, Sensitivity
from ...nouns.run import Run
from ...world.store import datasets, duties, reviews, runs
from ..house.clock import now
from ..house.house import House
from ..runs.outcome import data_of

_EVERYBODYS = frozenset({Sensitivity.PUBLIC, Sensitivity.ANONYMOUS})


def beside(connection: Connection, run: Run) -> tuple[str, ...]:
    """The Runs of which something has left that was made from the same data, the first first."""
    mine = _ancestors(connection, run.inputs.values())
    return tuple(
        each
        for each in reviews.released_runs(connection)
        if each != run.id and mine & _ancestors(connection, runs.find(connection, each).inputs.values())
    )


def tables(connection: Connection, of: Iterable[str]) -> tuple[tuple[tuple[bytes, int], ...], ...]:
    """The tables that left of each of these Runs, as CSV, and what their counts were rounded to."""
    return tuple(reviews.tables_of(connection, each) for each in of)


def models(connection: Connection, of: Iterable[str], run: Run) -> tuple[tuple[int, bytes, bool], ...]:
    """The models that left of each of these Runs: the Run's place among them from 1, the model, and whether it was made
    from the very table that `run` is given."""
    mine = set(data_of(run))
    return tuple(
        (number, content, mine == set(data_of(runs.find(connection, each))))
        for number, each in enumerate(of, 1)
        for content in reviews.models_of(connection, each)
    )


def keep(house: House, connection: Connection, run: str, outputs: Mapping[str, Dataset]) -> None:
    """Keep the tables and models of what leaves, in the transaction that lets it out."""
    for made in outputs.values():
        if made.form is not Form.ARCHIVE:
            continue  # a dummy: made up
        key = house.keyring.dataset_key(made.id) if made.protected else None
        with house.objects.open(made.object_id, key, made.id) as stream:
            files = unpack(stream)
        bases = bases_of(datasets.find(connection, reviews.find(connection, run).dataset).about, files)
        found = [(files[name], bases.get(name, 1)) for name in sorted(files) if name.lower().endswith(".csv")]
        fitted = [files[name] for name in sorted(files) if name.endswith(SUFFIX)]
        reviews.keep_released(connection, run, now(), found, fitted)


def _ancestors(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    found = duties.origins(connection, ids)
    return frozenset(id_ for id_, origin in found.items() if origin.sensitivity not in _EVERYBODYS)
