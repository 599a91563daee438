"""What a conductor, a child or a command that died has left behind, and how it is cleared.

A staging folder bears the name of who made it: a Dataset that was being registered, or RUN.ATTEMPT. So of
every key and checkpoint that no Dataset has come to need, it can be told whether its maker still lives.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from ...digest import derived_id
from ...errors import DalguError, Missing
from ...kinds import kind as kind_named
from ...kinds.contract import Output
from ...logs import log
from ...nouns.run import Run, RunState
from ...world.store import datasets, runs
from ...world.store.objects import Staging
from ..house.house import House


def recover(house: House) -> None:
    """What a conductor that is gone has left: free its leases, clear its staging, the keys and bytes that no
    Dataset has come to need. Needs the site's lock."""
    with house.database.reading() as connection:
        running = runs.listed(connection, state=RunState.RUNNING, limit=1)
    if running:
        house.write(runs.let_go_all)
    if house.vault.unfinished():  # whoever writes there holds the database: then nobody does
        house.write(lambda connection: house.vault.forget_unfinished())
    for folder, promoted in house.objects.abandoned():
        log("conductor").warning("staging cleared", folder=folder.name)
        _remove_unused(house, promoted)
        _forget_maker(house, folder.name)


def _forget_maker(house: House, folder: str) -> None:
    maker, _, attempt = folder.partition(".")
    if maker.startswith("ds-"):
        forget_key(house, maker)
    elif attempt:
        checkpoint_aside(house, maker, attempt).unlink(missing_ok=True)
        with suppress(Missing), house.database.reading() as connection:
            run = runs.find(connection, maker)
            for id_ in output_ids(run):
                house.keyring.forget_unfinished(id_)
            if run.state.ended:
                forget(house, run)


def forget_key(house: House, dataset: str) -> None:
    """Destroy a key whose Dataset did not come to be. Only while nobody is at work on it."""
    house.keyring.forget_unfinished(dataset)
    with house.database.reading() as connection:
        if not datasets.exists(connection, dataset):
            house.keyring.destroy_dataset_key(dataset)


def discard(house: House, staging: Staging) -> None:
    """Clear our own staging; what was promoted and did not become a Dataset is removed."""
    try:
        _remove_unused(house, staging.moved)
    finally:
        staging.close()


def _remove_unused(house: House, promoted: tuple[str, ...]) -> None:
    def remove(connection: Connection) -> None:
        for object_id in promoted:
            if not datasets.object_is_used(connection, object_id):
                house.objects.remove(object_id)

    with house.database.reading() as connection:  # most often all are used: then nobody is held up for it
        unused = [each for each in promoted if not datasets.object_is_used(connection, each)]
    if unused:
        house.write(remove)


def checkpoint_path(house: House, run: str) -> Path:
    return house.folder / "staging" / f"checkpoint-{run}"


def checkpoint_aside(house: House, run: str, attempt: int | str) -> Path:
    """Where an attempt writes a checkpoint before it counts."""
    return checkpoint_path(house, run).with_suffix(f".{attempt}")


def forget(house: House, run: Run) -> None:
    """The Run ended: its checkpoint, and keys and a mapping that were made for outputs that it has not, have no use."""
    checkpoint_path(house, run.id).unlink(missing_ok=True)
    if not run.outputs:  # a conductor that was killed after it had settled leaves one that is needed
        house.vault.drop_mapping(run.id)
    for id_ in output_ids(run):
        forget_key(house, id_)


def output_ids(run: Run) -> list[str]:
    """Ids of all that it would make, whether it has made them or not."""
    try:
        return [output_id(run.id, output.name) for output in outputs_of(run)]
    except (DalguError, ImportError, AttributeError, ValueError):
        return []  # the kind is gone, or takes other parameters now


def output_id(run: str, output: str) -> str:
    """The same for every attempt."""
    return derived_id("ds", run, output)


def outputs_of(run: Run) -> tuple[Output, ...]:
    kind = kind_named(run.kind)
    return kind.outputs(kind.Parameters.model_validate(dict(run.parameters)))
