"""One attempt at a Run, inside its child process.

The child gets an order (JSON on a pipe): what to open with which key, what to write where, the parameters
and the seed. It knows no database, no ledger and no other Dataset. It answers with `progress` lines and at
last with `done` or `fault`. Its parent settles; whatever the child wrote counts for nothing before that.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ...digest import canonical
from ...errors import DalguError, Invalid, Missing, Tampered, Unavailable
from ...kinds.archive import manifest, unpack
from ...kinds.contract import Kind, Left, LeftModel, Output, Port, SandboxPort
from ...language import Message, say
from ...nouns.dataset import Column, Dataset, DatasetState, Form, Sensitivity
from ...nouns.permit import stored_conditions
from ...world.store.objects import ObjectWriter
from ...world.store.scriptlogs import LogWriter
from ...world.store.sealing import SealedReader, SealingWriter
from .leased import LeasedSandbox

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pyarrow as pa

_KEEPING_FORMS = (Form.TABLE, Form.SERIES)


def serve(connection: Connection) -> None:
    """Wait for one order, carry it out, answer. The end of the pipe at any time ends the process."""
    try:
        order = json.loads(connection.recv_bytes())
    except EOFError:
        return
    threading.Thread(target=_end_with_parent, args=(connection,), daemon=True).start()
    answer = attempt(order, lambda line: connection.send_bytes(json.dumps(line).encode()))
    connection.send_bytes(json.dumps(answer).encode())


def attempt(order: Mapping[str, Any], tell: Callable[[dict[str, object]], None]) -> dict[str, object]:
    """Carry out one order. A failure is an answer, never an exception, and says no data value."""
    work = None
    try:
        kind = loaded(str(order["kind"]))
        work = StagedWork(kind, order, tell)
        kind.execute(work)
        return {"done": work.finished()}
    except DalguError as error:
        ours = isinstance(error, Unavailable | Tampered)
        return {"fault": _fault(error.code, error.detail, error.next_step, ours)}
    except MemoryError:
        detail = say("The Run needed more memory than this machine gives.")
        return {
            "fault": _fault(
                "run.memory", detail, say("Give it less data at once, or a larger machine."), False
            )
        }
    except Exception as error:  # noqa: BLE001 - whatever a kind does, the Run gets a Fault
        detail = say("The kind '{kind}' broke: {what}.", kind=order["kind"], what=_whereabouts(error))
        next_step = say("This is our fault, not yours: tell the operator the Run's id.")
        return {"fault": _fault("run.broken", detail, next_step, True)}
    finally:
        if work is not None:
            work.close()


def loaded(path: str) -> Kind:
    module, _, attribute = path.partition(":")
    made: Kind = getattr(import_module(module), attribute)()
    return made


class StagedWork:
    """The `Work` of one attempt: opens inputs, writes outputs into the staging folder."""

    def __init__(
        self, kind: Kind, order: Mapping[str, Any], tell: Callable[[dict[str, object]], None]
    ) -> None:
        self._kind, self._order, self._tell = kind, order, tell
        self.parameters = kind.Parameters.model_validate(order["parameters"])
        self.seed = int(order["seed"])
        self.conditions = stored_conditions(order["conditions"])
        self._declared = {output.name: output for output in kind.outputs(self.parameters)}
        self._written: dict[str, dict[str, object]] = {}
        self._open: list[BinaryIO] = []
        self._log: LogWriter | None = None

    def dataset(self, slot: str) -> Dataset:
        papers_ = from_papers(self._input(slot)["dataset"])
        allowed = self._allowed(slot)
        if allowed is None:
            return papers_
        return replace(papers_, columns=tuple(c for c in papers_.columns if c.name in allowed))

    def has(self, slot: str) -> bool:
        return slot in self._order["inputs"]

    def content(self, slot: str) -> BinaryIO:
        allowed = self._allowed(slot)
        return self._whole(slot) if allowed is None else self._cut(slot)

    def _cut(self, slot: str) -> BinaryIO:
        """A Parquet file of the columns that the Permit asks for, in memory: no other reaches the kind."""
        import pyarrow.parquet as pq

        sink = BytesIO()
        bare = self.table(slot).replace_schema_metadata(None)  # which could name the others
        pq.write_table(bare, sink, compression="zstd")
        sink.seek(0)
        return sink

    def _whole(self, slot: str) -> BinaryIO:
        return self._content_of(self._input(slot))

    def _content_of(self, given: Mapping[str, Any]) -> BinaryIO:
        raw = open(given["path"], "rb")  # noqa: SIM115 - closed by close()
        key = given["key"]
        plain = raw if key is None else SealedReader(raw, bytes.fromhex(key), given["dataset"]["id"])
        self._open.append(cast(BinaryIO, plain))
        return cast(BinaryIO, plain if key is None else BufferedReader(cast(Any, plain), 1 << 16))

    def table(self, slot: str) -> pa.Table:
        from ...world.engine.tables import read_table

        allowed = self._allowed(slot)
        return read_table(self._table_source(slot), allowed)

    def batches(
        self, slot: str, rows: int = 65_536, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        from ...world.engine.tables import read_batches

        allowed = self._allowed(slot)
        if allowed is not None:
            columns = allowed if columns is None else columns
            if not set(columns) <= set(allowed):
                raise Invalid.field("columns", expected=say("columns that the Permit asks for: {columns}", columns=", ".join(allowed)), got=", ".join(sorted(set(columns) - set(allowed))))  # fmt: skip
        return read_batches(self._table_source(slot), rows, columns)

    def write_table(
        self,
        output: str,
        table: pa.Table | Iterable[pa.RecordBatch],
        about: Mapping[str, object] | None = None,
    ) -> None:
        import itertools

        import pyarrow as pa

        from ...world.engine.reading import columns_of
        from ...world.engine.tables import write_parquet

        writer = self._writer(output, keeping=True)
        if isinstance(table, pa.Table):
            schema, batches = table.schema, iter(table.to_batches())
        else:
            batches = iter(table)
            first = next(batches)
            schema, batches = first.schema, itertools.chain([first], batches)
        mark = (about or {}).get("dummy")  # a file that is made up says so wherever it goes
        told = None if mark is None else {"dalgubeol.dummy": canonical(mark)}
        rows = write_parquet(writer.sink, schema.with_metadata(told), batches)
        columns = [[c.name, c.type, c.unit] for c in columns_of(schema)]
        self._finish(output, writer, about, {"rows": rows, "columns": columns})

    def write_bytes(
        self, output: str, content: bytes | Iterable[bytes], about: Mapping[str, object] | None = None
    ) -> None:
        writer = self._writer(output, keeping=False)
        for piece in [content] if isinstance(content, bytes) else content:
            writer.sink.write(piece)
        self._finish(output, writer, about, {"rows": None, "columns": []})

    def progress(self, fraction: float, stage: Message) -> None:
        self._tell({"progress": min(max(fraction, 0.0), 1.0), "stage": stage.stored()})

    def telling(self) -> None:
        self._tell({"telling": True})

    def checkpoint(self, state: bytes | None = None) -> bytes | None:
        path, key = Path(self._order["checkpoint"]["path"]), bytes.fromhex(self._order["checkpoint"]["key"])
        if state is None:
            if not path.exists():
                return None
            with open(path, "rb") as file:
                return BufferedReader(SealedReader(file, key, self._order["run"])).read()
        aside = path.with_suffix(f".{self._order['attempt']}")
        with open(aside, "wb") as file:
            sealing = SealingWriter(file, key, self._order["run"])
            sealing.write(state)
            sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        return state

    def project_key(self, project: str) -> bytes:
        self._needs(Port.VAULT)
        if project not in self._order["vault"]:
            raise Missing(
                "vault.project",
                say("The key of project '{project}' was not handed out to this Run.", project=project),
                say("A kind may use the key of the project that its parameters name, no other."),
            )
        return bytes.fromhex(self._order["vault"][project])

    @property
    def basis(self) -> str | None:
        return cast("str | None", self._order["basis"])

    @property
    def key_edition(self) -> int | None:
        return cast("int | None", self._order["key_edition"])

    @property
    def keeps_mapping(self) -> bool:
        return bool(self._order["mapping"]["write"])

    def keep_mapping(self, mapping: pa.Table) -> None:
        from ...world.engine.tables import write_parquet

        self._needs(Port.VAULT)
        if not self.keeps_mapping:
            raise RuntimeError("the project of this Run keeps no mapping")
        with open(Path(self._order["staging"]) / "mapping", "wb") as file:
            sealing = SealingWriter(file, bytes.fromhex(self._order["mapping"]["write"]), self._order["run"])
            write_parquet(cast(BinaryIO, sealing), mapping.schema, iter(mapping.to_batches()))
            sealing.finish()

    def mapping(self) -> pa.Table:
        from ...world.engine.tables import read_table

        self._needs(Port.MAPPING)
        given = self._order["mapping"]["read"]
        raw = open(given["path"], "rb")  # noqa: SIM115 - closed by close()
        plain = cast(BinaryIO, SealedReader(raw, bytes.fromhex(given["key"]), given["run"]))
        self._open.append(plain)
        return read_table(plain)

    @property
    def earlier(self) -> tuple[tuple[Left, ...], ...]:
        return tuple(
            tuple(Left(base64.b64decode(content), base) for content, base in release)
            for release in self._order["earlier"]
        )

    @property
    def earlier_models(self) -> tuple[LeftModel, ...]:
        given = self._order.get("earlier_models", ())
        return tuple(LeftModel(number, base64.b64decode(content), same) for number, content, same in given)

    @property
    def brought(self) -> dict[str, bytes]:
        self._needs(Port.SANDBOX)
        found: dict[str, bytes] = {}
        for given in self._order.get("brought", ()):
            with self._content_of(given) as stream:
                files = unpack(stream)
            if manifest(files) != given["manifest"]:
                raise Tampered("bring.manifest", say("What was brought in is not what two reviewers voted on."), say("Nothing was run. Tell the operator: the site's store was changed from outside."))  # fmt: skip
            found |= files
        return found

    @property
    def sandbox(self) -> SandboxPort:
        self._needs(Port.SANDBOX)
        log = self._order.get("log")
        if log and self._log is None:
            self._log = LogWriter(Path(log["path"]), bytes.fromhex(log["key"]), log["context"])
        return LeasedSandbox(self._order["sandbox"], self._log)

    def finished(self) -> dict[str, dict[str, object]]:
        """What was written. Raises RuntimeError where it is not what was declared: the kind is at fault."""
        missing = sorted(self._declared.keys() - self._written.keys())
        if missing:
            raise RuntimeError(f"declared but not written: {', '.join(missing)}")
        return self._written

    def close(self) -> None:
        for file in self._open:
            file.close()
        if self._log is not None:
            self._log.close()

    def _needs(self, port: Port) -> None:
        if port not in self._kind.ports:
            raise RuntimeError(f"the kind '{self._kind.name}' does not declare the port '{port.value}'")

    def _input(self, slot: str) -> dict[str, Any]:
        if slot not in self._order["inputs"]:
            raise RuntimeError(f"the kind '{self._kind.name}' has no slot '{slot}'")
        given: dict[str, Any] = self._order["inputs"][slot]
        return given

    def _table_source(self, slot: str) -> BinaryIO:
        form = Form(self._input(slot)["dataset"]["form"])
        if form not in _KEEPING_FORMS:
            raise Invalid.field(slot, expected="a table or a series", got=form)
        return self._whole(slot)

    def _allowed(self, slot: str) -> list[str] | None:
        """The columns that the Permits of this Run ask for; None where they ask for all."""
        allowed: list[str] | None = self._input(slot).get("columns")
        return allowed

    def _writer(self, name: str, keeping: bool) -> ObjectWriter:
        output: Output | None = self._declared.get(name)
        if output is None or name in self._written:
            raise RuntimeError(f"output '{name}' is not declared, or was already written")
        if (output.form in _KEEPING_FORMS) is not keeping:
            raise RuntimeError(f"output '{name}' is declared as a {output.form.value}")
        ordered = self._order["outputs"][name]
        key = None if ordered["key"] is None else bytes.fromhex(ordered["key"])
        return ObjectWriter(Path(self._order["staging"]) / f"output-{name}", key, ordered["id"])

    def _finish(
        self, name: str, writer: ObjectWriter, about: Mapping[str, object] | None, shape: dict[str, object]
    ) -> None:
        staged = writer.finish()
        self._written[name] = {
            "path": str(staged.path), "object_id": staged.object_id, "size_bytes": staged.size_bytes,
            "plain_digest": staged.plain_digest, "about": dict(about or {}), **shape,
        }  # fmt: skip


def papers(dataset: Dataset) -> dict[str, object]:
    """A Dataset as plain JSON."""
    row = {name: getattr(dataset, name) for name in Dataset.__slots__}
    row["columns"] = [[c.name, c.type, c.unit] for c in dataset.columns]
    row["sources"], row["about"] = list(dataset.sources), dict(dataset.about)
    return row


def from_papers(row: Mapping[str, Any]) -> Dataset:
    changed = {
        "form": Form(row["form"]), "sensitivity": Sensitivity(row["sensitivity"]),
        "state": DatasetState(row["state"]), "columns": tuple(Column(*c) for c in row["columns"]),
        "sources": tuple(row["sources"]),
    }  # fmt: skip
    return Dataset(**{**row, **changed})


def _fault(code: str, detail: Message, next_step: Message, ours: bool) -> dict[str, object]:
    return {"code": code, "message": detail.stored(), "next_step": next_step.stored(), "ours": ours}


def _whereabouts(error: BaseException) -> str:
    """The class of an error and where in our code it came from; its text could hold data."""
    place, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if str(name).startswith("dalgubeol."):
            place = f" in {name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"


def _end_with_parent(connection: Connection) -> None:
    with suppress(EOFError, OSError):
        connection.recv_bytes()
    sys.stdout.flush()
    os._exit(1)
