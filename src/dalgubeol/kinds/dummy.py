"""`dummy`: a made-up stand-in (더미데이터) for a table or a series, on which scripts are written outside.

Even ranges come from protected data, so what it makes waits in the airlock for two reviewers, who read its
codebook first. What they let out is a Dataset of its own and the codebook, both `anonymous`: anybody may have
them without a Permit (see `release`). The rules of what may be told stand in `methods.disclosure.dummy.dummy_book`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ..errors import Invalid
from ..language import say
from . import contract, dummy_files
from .archive import manifest, pack
from .contract import OF_DATA, Example, Form, Grant, Lifetime, Output, Slot, Work

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.dummy.dummy import Codebook
    from ..methods.disclosure.dummy.dummy_survey import Survey

_PURPOSE = "Dummy data, for writing and testing scripts outside the zone."


class Dummy:
    name: ClassVar = "dummy"
    summary: ClassVar = say("Make dummy data of a table or series; it leaves through the airlock, once.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (Slot("data", frozenset({Form.TABLE, Form.SERIES}), "what the dummy is to look like"),)

    class Parameters(contract.Parameters):
        person: str | None = Field(
            None,
            description="The column that says which rows are one person; without one every row is one",
            json_schema_extra=OF_DATA,
        )
        hide: tuple[str, ...] = Field(
            (),
            description="Columns of which no value is named; those that look like identifiers or running text never are",
            json_schema_extra=OF_DATA,
        )
        least: int = Field(10, ge=3, le=1000, description="How many persons must have a value for it to be named; never fewer than the smallest cell of the Permit")  # fmt: skip
        rows: int = Field(10_000, ge=1, le=1_000_000, description="At most so many rows; never more than the data has, about")  # fmt: skip
        describe: dict[str, str] = Field(
            default_factory=dict,
            description="For each column what it means, for the codebook (JSON)",
            json_schema_extra=OF_DATA,
        )
        context: str = Field(
            _PURPOSE, min_length=10, max_length=2000, description="What the files are, for the reviewers (a sentence)"
        )  # fmt: skip
        release_as: str | None = Field(None, max_length=100, pattern=contract.NAME, description="What the released dummy is to be called; without one, the name of the data and -dummy")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("files", Form.ARCHIVE, held=True),)

    def execute(self, work: Work) -> None:
        import pyarrow as pa

        from ..methods.disclosure.dummy import dummy

        asked: Dummy.Parameters = work.parameters
        source = work.dataset("data")
        least = max(asked.least, work.conditions.smallest_cell)
        batches = work.batches("data")
        first = next(batches, None)
        if first is None:
            raise Invalid.field("data", expected=say("a table with rows"), got=say("one without"))
        hidden = {*asked.hide, *_identifying(first)} - {asked.person}

        def again() -> Iterator[pa.RecordBatch]:
            yield first
            yield from batches

        def tell(rows: int) -> None:
            work.progress(0.8 * rows / max(source.rows or 1, rows), say("reading"))

        found = dummy.survey(
            first.schema, again(), least=least, person=asked.person, hidden=hidden, tell=tell,
            series_rows=source.rows if source.form is Form.SERIES else None,
        )  # fmt: skip
        book = _nobody_named(dummy.codebook(found, asked.describe), found)
        rows = min(asked.rows, book.rows)
        work.progress(0.85, say("making up rows"))
        schema = first.schema.remove_metadata()
        made = pa.Table.from_batches(list(dummy.drawn(book, schema, rows, work.seed)), schema)
        units = {column.name: column.unit for column in source.columns}
        told = _told(book, {"id": source.id, "name": source.name}, units, work.seed, rows)
        files = dummy_files.written(told, made, _summary(told))
        about = {
            "manifest": manifest(files), "files": [len(content) for _, content in sorted(files.items())],
            "findings": dummy_files.findings(told), "dummy": {"of": source.id, "form": source.form.value},
        }  # fmt: skip
        work.write_bytes("files", pack(files), about)

    def examples(self) -> Iterable[Example]:
        rows = "".join(
            f"{i % 60},{('대구', '서울', '부산')[i % 3]},{20 + i % 40},{i * 37 % 900}\n" for i in range(180)
        )
        yield Example(
            "Sixty persons with three claims each",
            {"data": ("person_no,city,age,cost\n" + rows).encode()},
            {"person": "person_no", "describe": {"cost": "treatment, in thousand won"}},
        )


def _identifying(batch: pa.RecordBatch) -> set[str]:
    """Columns that look like identifiers or running text: by their names, and the first rows."""
    import pyarrow as pa

    from ..methods.privacy.columns.identify import propose_roles

    proposals = propose_roles(pa.Table.from_batches([batch]))
    return {p.column for p in proposals if p.role == "direct identifier" or p.type == "free-text" or p.holds}


def _nobody_named(book: Codebook, found: Survey) -> Codebook:
    """Many persons may share a value that names somebody: their doctor, a phone number of the firm."""
    import pyarrow as pa

    from ..methods.privacy.columns.identify import propose_roles

    texts = {e.name: [v for v in e.values if isinstance(v, str)] for e in book.columns}
    named = {
        name
        for name, values in texts.items()
        if values
        and any(p.role == "direct identifier" for p in propose_roles(pa.table({name: pa.array(values)})))
    }
    return book.hiding(frozenset(named), found) if named else book


def _told(
    book: Codebook, of: dict[str, str], units: dict[str, str | None], seed: int, rows: int
) -> dict[str, Any]:
    told = book.as_json()
    columns = [{**entry, "unit": units.get(entry["name"])} for entry in told["columns"]]
    return {**told, "columns": columns, "of": of, "seed": seed, "dummy_rows": rows}


def _summary(told: dict[str, Any]) -> str:
    """For reviewers, in both languages: what the rules were and what they came to."""
    entries = told["columns"]
    named, ranged = (sum(e[part] not in (None, ()) for e in entries) for part in ("values", "low"))
    counted = {"persons": say("persons"), "rows": say("rows"), "stretches": say("stretches of the series")}
    lines = (
        say("Dummy of {name}: {count} columns, {rows} rows, seed {seed}.", name=told["of"]["name"], count=len(entries), rows=f"{told['dummy_rows']:,}", seed=told["seed"]),
        say("Threshold: {least} ({counted}). What fewer have does not show: values, extremes, missing ones.", least=told["least"], counted=counted[told["counted"]]),
        say("{named} columns name values, {ranged} tell a range. Each column is drawn alone; no relation is kept.", named=named, ranged=ranged),
    )  # fmt: skip
    return "\n".join("".join(f"{line.text(language)}\n" for line in lines) for language in ("ko", "en"))
