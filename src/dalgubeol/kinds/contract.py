"""What a kind of Run is, and the one thing it is given: its `Work`.

The law of a kind:
1. It does what it does to what `Work` hands it, and to nothing else: no file, clock, network or environment.
2. `execute` is one idempotent step. It may be killed at any instant and made again from the start (or from
   its last `checkpoint`); what it wrote before counts for nothing until it returns.
3. It writes exactly the outputs that `outputs(parameters)` declares.
4. A fault of its user (a column that is not there) is raised as one of the families of `errors`; anything
   else that escapes is the platform's fault.
5. Outputs inherit the highest sensitivity of the inputs, unless the kind declares that it `lowers` it.

Contract tests hold every kind in `KINDS` to this, as its declarations ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ..language import Message
from ..nouns.budget import Loss
from ..nouns.dataset import Dataset, Form, Sensitivity
from ..nouns.permit import Conditions, Grant
from ..nouns.script import ScriptLanguage

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "OF_DATA", "Conditions", "Dataset", "Example", "Form", "Grant", "Kind", "Left", "LeftModel", "Lifetime", "Message", "Output", "Parameters",
    "Port", "SandboxPort", "ScriptLanguage", "ScriptOutcome", "Sensitivity", "Slot", "Work",
]  # fmt: skip


class Lifetime(StrEnum):
    BATCH = "batch"
    STREAM = "stream"


class Port(StrEnum):
    """What of the outside a kind needs; everything that is not declared is not there."""

    SANDBOX = "sandbox"  # run a stranger's script
    VAULT = "vault"  # keys of pseudonyms
    MAPPING = "mapping"  # who is behind pseudonyms
    PLANT = "plant"
    PEER_SITE = "peer site"
    SOURCE = "source"


NAME = r"^(?!run-|ds-)\w([\w .-]*[\w.-])?$(?!\n)"
"""What a Dataset may be called; names like ids are kept for what has no other name. None ends with a space or a new
line: it would read like another's (and `$` alone stands before a last new line too)."""


OF_DATA: dict[str, JsonValue] = {"columns": "data"}
"""For `json_schema_extra` of a field that names columns of the slot `data`: forms then offer these to choose."""

POLICY_FILE: dict[str, JsonValue] = {"file": "policy"}
"""For `json_schema_extra` of a field that is a policy.toml: the command line brings in the hierarchy files that it
names; elsewhere it must be whole."""


def suffix_of(field: str) -> dict[str, JsonValue]:
    """For `json_schema_extra` of a field that says what the file in `field` is written in: where a file is named, its
    ending says it (`nouns.script`)."""
    return {"suffix_of": field}


class Parameters(BaseModel):
    """Base of every kind's parameters: frozen, and unknown names are an error.

    What forms make of a field follows from its type; `json_schema_extra` says what the type cannot:
    `{"columns": SLOT}` names columns of the Dataset in that slot, `{"file": True}` is the text of a file
    (`POLICY_FILE`: of a policy.toml),
    `{"unless": NAME}` is needed where the parameter of that name is not given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")

    name: str | None = Field(
        None, max_length=100, pattern=NAME, description="What the (first) output is to be called"
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """One input of a kind."""

    name: str
    forms: frozenset[Form]
    summary: str = ""
    optional: bool = False
    """A Run may be made without it; `Work.has` tells."""


@dataclass(frozen=True, slots=True)
class Output:
    """One declared output. `lowers` names the sensitivity it gets instead of the inherited one."""

    name: str
    form: Form
    lowers: Sensitivity | None = None
    held: bool = False
    """Goes to the airlock instead of to its owner."""


@dataclass(frozen=True, slots=True)
class Example:
    """A tiny synthetic call, for the contract tests and the manual. `inputs` maps slots to content."""

    summary: str
    inputs: Mapping[str, bytes]
    """Slot name to CSV (tables, series) or raw bytes (other forms)."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    runs_first: Mapping[str, tuple[str, Mapping[str, object]]] = field(default_factory=dict)
    """Slots filled by the output of another kind that is called like the slot, else by its first: slot -> (kind,
    its parameters). That kind reads our other inputs by the names of its own slots."""


@dataclass(frozen=True, slots=True)
class ScriptOutcome:
    """What a script did inside the sandbox. Nothing here is the script's own text."""

    status: str
    """ok, error, limit or cancelled"""
    exception: str | None
    line: int | None
    limit: str | None
    cpu_s: float
    peak_bytes: int
    outputs: tuple[tuple[str, bytes], ...]
    wall_s: float = 0.0
    cell: int | None = None
    """Of a notebook: the code cell that `line` lies in."""
    misnamed: int = 0
    """Files that were not taken because of their names."""
    apart: int = 0
    """What else was not taken: folders, links, hidden files."""


class Left(NamedTuple):
    """A table that has left the airlock, as the world has it."""

    content: bytes
    """CSV."""
    base: int = 1
    """What its counts were rounded to multiples of."""


class LeftModel(NamedTuple):
    """A model that has left the airlock, as the world has it."""

    release: int
    """The place of its release among those of the same data, from 1."""
    content: bytes
    """JSON, as `methods.disclosure.models.models` writes it."""
    same_table: bool
    """Whether it was trained on records of the very table that this Run is given."""


class SandboxPort(Protocol):
    """The leased sandbox of one Run."""

    def run_script(
        self,
        script: bytes,
        inputs: Mapping[str, Callable[[BinaryIO], None]],
        seed: int,
        conditions: Conditions,
        language: ScriptLanguage = ScriptLanguage.PYTHON,
        brought: Mapping[str, bytes] = MappingProxyType({}),
    ) -> ScriptOutcome:
        """Run a script on `inputs` (file name under /data -> writer of its bytes), with what was `brought` into the
        zone (file name under /brought -> its bytes). Raises Unavailable."""
        ...


@runtime_checkable
class Spending(Protocol):
    """A kind whose answers have noise, and cost a privacy budget. It calls `Work.telling` before it draws any."""

    def spends(self, parameters: Any) -> Loss:
        """What all answers of a Run cost together, from its parameters alone."""
        ...


def spending(kind: object, parameters: BaseModel) -> Loss | None:
    """What a Run costs; None for kinds that draw no noise."""
    return kind.spends(parameters) if isinstance(kind, Spending) else None


@runtime_checkable
class Work(Protocol):
    """Everything that a kind is given."""

    parameters: Any
    """The kind's own `Parameters`, validated."""
    seed: int
    conditions: Conditions

    def dataset(self, slot: str) -> Dataset:
        """The papers of an input."""
        ...

    def table(self, slot: str) -> pa.Table:
        """A whole table or series. Prefer `batches` where a stream will do."""
        ...

    def batches(
        self, slot: str, rows: int = 65_536, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The table in pieces, from its first row at every call; some of its columns, or all."""
        ...

    def has(self, slot: str) -> bool:
        """Whether an optional slot was given a Dataset."""
        ...

    def content(self, slot: str) -> BinaryIO:
        """Plain bytes of an input, seekable; never on disk."""
        ...

    def write_table(
        self,
        output: str,
        table: pa.Table | Iterable[pa.RecordBatch],
        about: Mapping[str, object] | None = None,
    ) -> None:
        """Write a declared table or series. `about` goes into its papers: no data values. Its `said` is a list
        of stored Messages that people are shown when the Run is done."""
        ...

    def write_bytes(
        self, output: str, content: bytes | Iterable[bytes], about: Mapping[str, object] | None = None
    ) -> None:
        """Write a declared model, report or archive."""
        ...

    def progress(self, fraction: float, stage: Message) -> None:
        """Say how far it is (0 to 1) and with what. Cheap: call it often."""
        ...

    def telling(self) -> None:
        """Noise is drawn next. A kind that spends calls this first: a fault before it gives the budget back."""
        ...

    def checkpoint(self, state: bytes | None = None) -> bytes | None:
        """Keep `state` for the next attempt; without one, the state that an earlier attempt kept."""
        ...

    def project_key(self, project: str) -> bytes:
        """Needs Port.VAULT: the key of a project's pseudonyms."""
        ...

    @property
    def basis(self) -> str | None:
        """The legal basis of the project that this Run is under: 28-2, 28-3 or other; None without a project."""
        ...

    @property
    def key_edition(self) -> int | None:
        """Which edition of its project's key the Run was given, counted from 1; None without a project."""
        ...

    @property
    def keeps_mapping(self) -> bool:
        """Whether the project wants to know later who is behind its pseudonyms (never under PIPA art. 28-2, 28-3)."""
        ...

    def keep_mapping(self, mapping: pa.Table) -> None:
        """Needs Port.VAULT, and a project that keeps it: what `methods.privacy.mapping` makes, sealed into the vault."""
        ...

    def mapping(self) -> pa.Table:
        """Needs Port.MAPPING: the mapping of the Run that made the input's pseudonyms."""
        ...

    @property
    def earlier(self) -> tuple[tuple[Left, ...], ...]:
        """Of a kind whose output waits in the airlock, or leaves it: the tables of every release made from the
        same data before, the first first."""
        ...

    @property
    def earlier_models(self) -> tuple[LeftModel, ...]:
        """The same of models that have left."""
        ...

    @property
    def brought(self) -> Mapping[str, bytes]:
        """Needs Port.SANDBOX: what has come into the zone under the Permits of this Run, by name; of two files of one
        name the later. Raises Tampered where it is not what reviewers voted on."""
        ...

    @property
    def sandbox(self) -> SandboxPort:
        """Needs Port.SANDBOX."""
        ...


class Kind(Protocol):
    name: ClassVar[str]
    summary: ClassVar[Message]
    grants: ClassVar[frozenset[Grant]]
    deterministic: ClassVar[bool]
    lifetime: ClassVar[Lifetime]
    ports: ClassVar[frozenset[Port]]
    slots: ClassVar[tuple[Slot, ...]]
    Parameters: ClassVar[type[Parameters]]

    def outputs(self, parameters: Any) -> tuple[Output, ...]:
        """Raises nothing for parameters that validate: the conductor asks too, where a fault counts as ours."""
        ...

    def execute(self, work: Work) -> None: ...

    def examples(self) -> Iterable[Example]: ...
