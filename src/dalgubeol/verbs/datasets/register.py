"""Bringing Datasets in, handing out what may go, destroying."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import Connection

from ...digest import CHUNK, fresh_id
from ...errors import Conflict, Invalid, Reason, Refused
from ...language import say
from ...nouns.dataset import Column, Dataset, DatasetState, Form, Sensitivity
from ...nouns.permit import Actor, Role
from ...nouns.record import Event, Record, Retention
from ...nouns.run import RunState
from ...world.identity import SignedIn
from ...world.store import datasets, runs
from ...world.store.datasets import Wanted
from ...world.store.files import disk_errors
from ...world.store.objects import ObjectWriter
from ...world.store.paging import LARGEST_PAGE, Page, every
from ..house.clock import now
from ..house.house import House
from ..house.stops import reasons_of_stops
from ..house.transition import record
from ..projects.destruction import dataset_gone
from ..projects.remembering import REASON, remembering
from ..runs.recover import discard, forget_key
from ..runs.submit import access_retention
from . import marks

if TYPE_CHECKING:
    from ...world.engine.reading import Content, Source

LONGEST_DESCRIPTION, MOST_GENERATED = 10_000, 10_000
_NAME = re.compile(r"(?!run-|ds-)\w[\w .-]{0,99}")
_OPEN = (Sensitivity.PUBLIC, Sensitivity.ANONYMOUS)
_BRINGING = frozenset({Role.PROVIDER, Role.ENGINEER, Role.OPERATOR})


def add(
    house: House,
    who: SignedIn,
    source: Path | Content,
    *,
    name: str,
    form: Form = Form.TABLE,
    sensitivity: Sensitivity = Sensitivity.INTERNAL,
    trade_secret: bool = False,
    about: Mapping[str, object] | None = None,
    ours: Mapping[str, object] | None = None,
    sources: Sequence[str] = (),
    on_progress: Callable[[int], None] = lambda done: None,
    with_it: Callable[[Connection, Dataset], object] = lambda connection, dataset: None,
) -> Dataset:
    """Register a file. Streams: the memory it takes does not grow with the file. `ours` is the site's own word in
    its papers, `sources` ids of what it was made of here. `with_it` is done in the same transaction.

    Raises Missing (file), Invalid (name, content, sensitivity), Conflict (name taken), Unavailable (disk).
    """
    from ...world.engine.reading import file_content

    _check_registration(who, name, sensitivity)
    _check_papers(about or {})
    content = file_content(source) if isinstance(source, Path) else source
    with house.database.reading() as connection:
        datasets.refuse_taken_name(connection, name)
    dataset = Dataset(
        id=fresh_id("ds"), name=name, form=form, sensitivity=sensitivity, trade_secret=trade_secret,
        owner=who.actor.id, organisation=who.actor.organisation, columns=(), rows=None, size_bytes=0,
        object_id="", state=DatasetState.KEPT, created_at=now(), sources=tuple(sources), about={**(about or {}), **(ours or {})},
    )  # fmt: skip
    staging = house.objects.stage(dataset.id)  # before the key: by its name a sweep finds a key left over
    try:
        key = house.keyring.make_dataset_key(dataset.id) if dataset.protected else None
        writer = staging.writer("content", key, dataset.id)
        if not dataset.protected:
            _check_nobody_named(content, form)
        columns, rows = _written(writer, content, form, on_progress)
        staged = writer.finish()
        dataset = replace(
            dataset, columns=columns, rows=rows, size_bytes=staged.size_bytes, object_id=staged.object_id
        )

        house.objects.prepare(staged)

        def keep(connection: Connection) -> None:
            house.objects.promote(staged)
            marks.keep(house, connection, dataset, staged.plain_digest)
            record(connection, registered(dataset))
            with_it(connection, dataset)

        house.write(keep)
    except BaseException:
        with staging.clearing():
            forget_key(house, dataset.id)
        raise
    finally:
        discard(house, staging)
    return dataset


def destroy(
    house: House, who: SignedIn, name: str, method: str = "key destroyed", why: str = "", *, for_owner: bool = False
) -> Dataset:  # fmt: skip
    """End a Dataset for good: its key first, then its bytes. The Record is made when the key is gone. The recipes that
    remember it, and nothing else that is still here, end with it. `for_owner`: the caller has seen that this person may,
    whose ever it is.

    Raises Refused (not the owner), Conflict (destroyed already, or a Run is using it, or such a recipe).
    """

    def end(connection: Connection) -> tuple[Dataset, bool]:
        dataset = datasets.find(connection, name)
        if dataset.owner != who.actor.id and not for_owner:
            reason = Reason(
                "dataset.owner", say("Only who answers for {name} may destroy it.", name=dataset.name)
            )
            raise Refused("destroy.refused", say("This is refused."), say("Ask its owner."), (reason,))
        ending = remembering(connection, dataset).ending
        for each in (dataset, *ending):
            check_unused(connection, each)
        for each in ending:
            dataset_gone(house, connection, each, who.actor.id, method, REASON)
        return dataset_gone(house, connection, dataset, who.actor.id, method, why or method)

    return house.write(end)[0]


def hand_out(house: House, who: SignedIn, name: str, folder: Path) -> tuple[Path, ...]:
    """Write a Dataset's content as files: what is public or anonymous, and what is one's own and unprotected.

    Raises Refused with reasons (recorded).
    """
    import zipfile

    dataset = leaving(house, who, name)
    _prepare(folder)
    with opened(house, dataset) as stream:
        packed = zipfile.is_zipfile(stream) if dataset.form is Form.ARCHIVE else False
        handed(house, who, dataset)
        stream.seek(0)
        if packed:
            with zipfile.ZipFile(stream) as archive:
                return tuple(_put(folder / Path(n).name, iter([archive.read(n)])) for n in archive.namelist() if Path(n).name not in ("", "..", "."))  # fmt: skip
        return (_put(folder / file_name(dataset), iter(lambda: stream.read(CHUNK), b"")),)


def leaving(house: House, who: SignedIn, name: str) -> Dataset:
    """The Dataset, where its content may be handed to this person. Raises Missing, Refused (recorded)."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        stopped = reasons_of_stops(connection, [dataset])
    reasons = _reasons_to_keep_in(who.actor, dataset) + stopped
    if reasons:
        payload = {"dataset": dataset.id, "reasons": [reason.code for reason in reasons]}
        refusal = Record(
            Event.REFUSED, fresh_id("refused"), now(), who.actor.id, dataset.id, payload,
            access_retention([dataset]), datasets=(dataset.id,),
        )  # fmt: skip
        house.write(lambda connection: record(connection, refusal))
        raise Refused("export.refused", say("{name} may not be handed out.", name=dataset.name), say("Analyse it where it is: `dalgu run analyse`, then the airlock."), reasons)  # fmt: skip
    return dataset


def handed(house: House, who: SignedIn, dataset: Dataset, part: str = "") -> None:
    """The Record that its content, or a part of it, goes out. Before the first byte does."""
    payload = {"object": dataset.object_id, **({"part": part} if part else {})}
    exported = Record(
        Event.EXPORTED, fresh_id("exported"), now(), who.actor.id, dataset.id, payload,
        access_retention([dataset]), datasets=(dataset.id,),
    )  # fmt: skip
    house.write(lambda connection: record(connection, exported))


def opened(house: House, dataset: Dataset) -> BinaryIO:
    """The content of what may leave, seekable: such a Dataset is never sealed. Raises Missing."""
    return house.objects.open(dataset.object_id)


def file_name(dataset: Dataset) -> str:
    """What its content is called as a file."""
    endings = {Form.TABLE: ".parquet", Form.SERIES: ".parquet", Form.REPORT: ".html", Form.ARCHIVE: ".zip"}
    return f"{dataset.name}{endings.get(dataset.form, '.bin')}"


def page(
    house: House, actor: Actor | None, wanted: Wanted | None = None, after: str = "", limit: int = 100
) -> Page[Dataset]:
    """What there is, the newest first. Papers are open to everybody who is signed in; content is not. Who is
    not signed in sees what is public or released."""
    wished = wanted or Wanted()
    if actor is None:
        may = wished.sensitivities or _OPEN
        wished = replace(wished, sensitivities=tuple(s for s in may if s in _OPEN))
    with house.database.reading() as connection:
        return datasets.page(connection, wished, after, limit)


def listed(house: House, actor: Actor | None) -> tuple[Dataset, ...]:
    """All of it, however much that is."""
    return every(lambda after: page(house, actor, after=after, limit=LARGEST_PAGE))


def show(house: House, actor: Actor | None, name: str) -> Dataset:
    """The papers of one, as `page` would show them. Raises Missing."""
    with house.database.reading() as connection:
        found = datasets.find(connection, name)
    if actor is None and found.sensitivity not in _OPEN:
        raise datasets.missing(name)
    return found


def _written(
    writer: ObjectWriter, content: Content, form: Form, on_progress: Callable[[int], None]
) -> tuple[tuple[Column, ...], int | None]:
    if form not in (Form.TABLE, Form.SERIES):
        _copied(writer, content, on_progress)
        return (), None
    from ...world.engine.reading import parquet_rows, read_content
    from ...world.engine.tables import write_parquet

    source = read_content(content)
    if form is Form.SERIES:
        _check_series(source)
    if content.ending == ".parquet":  # kept as it is, column statistics and all
        rows = parquet_rows(content)
        if rows == 0:
            raise Invalid.field("file", expected="at least one row", got="none")
        _copied(writer, content, on_progress)
        return source.columns, rows

    def counted() -> Iterator[object]:
        done = 0
        for batch in source.batches():
            done += batch.num_rows
            on_progress(done)
            yield batch

    return source.columns, write_parquet(writer.sink, source.schema, counted())


def _check_nobody_named(content: Content, form: Form) -> None:
    """Raises Invalid where the first rows hold resident registration numbers: that is personal information."""
    if form not in (Form.TABLE, Form.SERIES):
        return
    import pyarrow as pa

    from ...methods.privacy.columns.identify import propose_roles
    from ...world.engine.reading import read_content

    first = next(iter(read_content(content).batches()), None)
    proposals = () if first is None else propose_roles(pa.Table.from_batches([first]))
    forbidden = {"resident-registration-number", "foreigner-registration-number"}
    found = [p.column for p in proposals if forbidden & {p.type, *p.holds}]
    if found:
        raise Invalid(
            "invalid.sensitivity",
            say("These columns hold resident registration numbers: {columns}.", columns=", ".join(found)),
            say("Register it with --sensitivity personal: it is then encrypted with a key of its own."),
        )


def _copied(writer: ObjectWriter, content: Content, on_progress: Callable[[int], None]) -> None:
    done = 0
    with content.open() as file:
        while chunk := file.read(CHUNK):
            writer.sink.write(chunk)
            done += len(chunk)
            on_progress(done)


def _check_series(source: Source) -> None:
    import pyarrow as pa

    numeric = [f.name for f in source.schema if pa.types.is_floating(f.type) or pa.types.is_integer(f.type)]
    if not numeric:
        raise Invalid.field("file", expected="at least one column of numbers (a tag)", got="none")


def _check_registration(who: SignedIn, name: str, sensitivity: Sensitivity) -> None:
    if not _NAME.fullmatch(name) or name != name.strip():
        raise Invalid.field(
            "name", expected="1 to 100 letters, digits, spaces, dots or dashes", got="something else"
        )
    if sensitivity is Sensitivity.ANONYMOUS:
        raise Invalid.field("sensitivity", expected="anything but anonymous, which only a reviewed release gives", got="anonymous")  # fmt: skip
    check_brings(who)


def _check_papers(about: Mapping[str, object]) -> None:
    """Whoever brings data in says what it is. What a Run found out (risk, scores, sentences) stands in the same
    place and is shown as the site's own word, so nobody may write it there. Raises Invalid."""
    description, generated = about.get("description", ""), about.get("generated_columns", ())
    fits = (
        not about.keys() - {"description", "generated_columns"}
        and isinstance(description, str) and len(description) <= LONGEST_DESCRIPTION
        and isinstance(generated, list | tuple) and len(generated) <= MOST_GENERATED
        and all(isinstance(name, str) for name in generated)
    )  # fmt: skip
    if not fits:
        raise Invalid.field("about", expected=say("a description of at most {most} characters, and names of generated columns", most=LONGEST_DESCRIPTION), got=say("something else"))  # fmt: skip


def check_brings(who: SignedIn) -> None:
    """Raises Refused for somebody whose roles do not bring data in."""
    if not who.actor.roles & _BRINGING:
        reason = Reason("register.role", say("Only a provider, an engineer or an operator brings data in."))
        raise Refused(
            "register.refused", say("This is refused."), say("Ask the operator for the role."), (reason,)
        )


def check_unused(connection: Connection, dataset: Dataset) -> None:
    """Raises Conflict where it is gone already, waits in the airlock, or a Run uses it."""
    if dataset.state is DatasetState.DESTROYED:
        raise Conflict("dataset.destroyed", say("Dataset {name} has been destroyed.", name=dataset.name), say("Nothing is left to do."))  # fmt: skip
    if dataset.state is DatasetState.HELD:
        raise Conflict("dataset.held", say("Dataset {name} waits in the airlock.", name=dataset.name), say("Withdraw it first, or wait for the reviewers."))  # fmt: skip
    for state in (RunState.QUEUED, RunState.RUNNING):
        for run in runs.listed(connection, state=state):
            if dataset.id in run.inputs.values():
                raise Conflict("dataset.in-use", say("Run {run} is using {name}.", run=run.id, name=dataset.name), say("Wait for it or cancel it, then try again."))  # fmt: skip


def _reasons_to_keep_in(actor: Actor, dataset: Dataset) -> tuple[Reason, ...]:
    open_to_all = dataset.sensitivity in _OPEN
    own = dataset.owner == actor.id and dataset.sensitivity is Sensitivity.INTERNAL
    own = own or (Role.REVIEWER in actor.roles and _is_measured(dataset))
    checks = (
        (dataset.state is not DatasetState.KEPT, Reason("dataset.state", say("{name} is {state}.", name=dataset.name, state=dataset.state))),
        (dataset.trade_secret, Reason("dataset.secret", say("{name} is a trade secret.", name=dataset.name))),
        (not (open_to_all or own), Reason("dataset.sensitivity", say("{name} is {sensitivity}: it stays here.", name=dataset.name, sensitivity=dataset.sensitivity))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def _is_measured(dataset: Dataset) -> bool:
    """Whether it is a report that `assess` made: what the adequacy review is to be read from."""
    made = dataset.made_by is not None and "assessment" in dataset.about
    return made and dataset.form is Form.REPORT and dataset.sensitivity is Sensitivity.INTERNAL


def registered(dataset: Dataset) -> Record:
    """The Record that a Dataset is there."""
    payload = {
        "form": dataset.form.value, "sensitivity": dataset.sensitivity.value,
        "trade_secret": dataset.trade_secret, "object": dataset.object_id, "rows": dataset.rows,
        "columns": len(dataset.columns),
    }  # fmt: skip
    retention = Retention.PROCESSING if dataset.protected else Retention.ACCESS
    return Record(
        Event.REGISTERED, f"registered/{dataset.id}", dataset.created_at, dataset.owner, dataset.id, payload, retention,
        datasets=(dataset.id,),
    )  # fmt: skip


def _prepare(folder: Path) -> None:
    try:
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid.field(
            "folder", expected="a folder that can be written to", got=type(error).__name__
        ) from None


def _put(path: Path, pieces: Iterator[bytes]) -> Path:
    """Whole or not at all; what was there under that name is replaced."""
    aside = path.with_name(f".{path.name}.{fresh_id('part')}")
    try:
        with disk_errors(), open(aside, "xb") as file:
            for piece in pieces:
                file.write(piece)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def reasons_not_to_hand_out(actor: Actor, dataset: Dataset) -> tuple[Reason, ...]:
    """Why its content may not go to this person; none: it may."""
    return _reasons_to_keep_in(actor, dataset)
