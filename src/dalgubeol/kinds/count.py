"""`count`: counts and sums of groups with noise, so that no answer depends on one person (differential privacy).

Unlike what a script writes, every number here may be small: its noise protects, and how much all answers of a Dataset
may tell together is bounded by the privacy budget of the Permit (`spends`). The maths: `methods.privacy.steps.
private_counts`; the noise is OpenDP's, fresh in every Run, and so a Run made again tells more and is paid for again.

The groups, their values and the bounds of a sum are the asker's, never taken from the data. The table goes through the
airlock like everything that leaves; the checks of small cells and of differences do not hold it, for they would weigh
noise. Two reviewers see what was asked, and of what it is a count.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError, ValidationError

from ..digest import sha256_hex
from ..errors import Invalid
from ..language import say
from ..nouns.budget import Loss
from . import contract
from .archive import manifest, pack
from .contract import OF_DATA, Example, Form, Grant, Lifetime, Output, Slot, Work

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.policy.policy import Counts
    from ..methods.privacy.steps.private_counts import Answer, Counting
    from ..methods.privacy.steps.rows import Rows

_FILE = "counts.csv"


class Count:
    name: ClassVar = "count"
    summary: ClassVar = say(
        "Count and sum groups with noise (differential privacy); the table goes to the airlock."
    )
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = False
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (Slot("data", frozenset({Form.TABLE}), "what is counted"),)

    class Parameters(contract.Parameters):
        groups: dict[str, tuple[str, ...]] = Field(
            min_length=1,
            description="Column to the values that are counted, all combinations of them (JSON)",
            json_schema_extra=OF_DATA,
        )
        epsilon: float = Field(gt=0, le=100, description="How much all these answers may tell; below 1 is usual")  # fmt: skip
        delta: float = Field(0.0, ge=0, le=0.001, description="0: Laplace noise; more than 0: Gaussian noise")
        person: str | None = Field(
            None,
            description="The column that says which rows are one person; without one every row is one",
            json_schema_extra=OF_DATA,
        )
        rows_per_person: int = Field(1, ge=1, le=10_000, description="With how many rows a person counts at most")  # fmt: skip
        total: str | None = Field(
            None, description="A number to sum too, with bounds of your own", json_schema_extra=OF_DATA
        )
        lowest: float | None = Field(None, description="A value below this counts as this")
        highest: float | None = Field(None, description="A value above this counts as this")
        unit: float = Field(1.0, gt=0, description="Sums are whole multiples of this")
        context: str = Field(min_length=10, max_length=2000, description="What the counts are for, for the reviewers (a sentence)")  # fmt: skip
        release_as: str | None = Field(None, max_length=100, pattern=contract.NAME, description="What the released Dataset is to be called")  # fmt: skip

        @model_validator(mode="after")
        def _adds_up(self) -> Count.Parameters:
            from ..methods.privacy.policy.policy_rules import count_faults

            wrong = [(place, message) for (_, _, place), message in count_faults((asked_of(self),))]
            if wrong:
                raise ValidationError.from_exception_data(
                    "Parameters",
                    [{"type": PydanticCustomError("said", "{said}", {"said": said}), "loc": (str(place),), "input": None} for place, said in wrong],
                )  # fmt: skip
            return self

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("files", Form.ARCHIVE, held=True),)

    def spends(self, parameters: Parameters) -> Loss:
        return Loss.of(parameters.epsilon, parameters.delta)

    def execute(self, work: Work) -> None:
        asked: Count.Parameters = work.parameters
        counting = _counted(work, asked)
        work.progress(0.95, say("counting with noise"))
        work.telling()
        made = counting.answer()
        files = {_FILE: _written(made.table)}
        private = {
            "epsilon": asked.epsilon, "delta": asked.delta, "counted_in": "persons" if asked.person else "rows",
            "rows_per_person": asked.rows_per_person, "scale_of_counts": made.scale_of_counts, "scale_of_sums": made.scale_of_sums,
        }  # fmt: skip
        about = {
            "manifest": manifest(files), "files": [len(content) for content in files.values()],
            "findings": _notes(asked, made), "contexts": [asked.context], "private": private,
        }  # fmt: skip
        work.write_bytes("files", pack(files), about)

    def examples(self) -> Iterable[Example]:
        rows = "".join(f"{i % 40},{i % 3},{i % 7}\n" for i in range(120))
        yield Example(
            "Persons and weeks off work by area, with noise",
            {"data": ("person_no,area,weeks\n" + rows).encode()},
            {
                "groups": {"area": ["0", "1", "2"]}, "epsilon": 0.5, "person": "person_no", "total": "weeks", "lowest": 0, "highest": 10,
                "context": "claims and weeks off work by area",
            },
        )  # fmt: skip


def asked_of(asked: Count.Parameters) -> Counts:
    """The same as one query of a policy, so that one set of rules holds for both."""
    from ..methods.privacy.policy.policy import Counts

    return Counts(
        name="counts", groups=asked.groups, epsilon=asked.epsilon, delta=asked.delta, rows_per_person=asked.rows_per_person,
        total=asked.total, lowest=asked.lowest, highest=asked.highest, unit=asked.unit,
    )  # fmt: skip


def _counted(work: Work, asked: Count.Parameters) -> Counting:
    """The counts without noise. The table is read in batches, and of it only the columns that are asked for: what is
    kept grows with the cells, and with the persons up to a bound."""
    from ..methods.privacy.policy.private_counts import query_of
    from ..methods.privacy.steps.private_counts import Counting, count

    named = list(dict.fromkeys([*asked.groups, *(c for c in (asked.person, asked.total) if c is not None)]))
    dataset = work.dataset("data")
    _check_columns(asked, named, dataset.column_names)
    _check_groups(work, asked)
    counting, rows = Counting(query_of(asked_of(asked)), _key(work.seed)), dataset.rows or 0

    def batches() -> Iterator[tuple[pa.Table, Rows]]:
        import pyarrow as pa

        first = 0
        for batch in work.batches("data", columns=named):
            table = pa.Table.from_batches([batch])
            yield table, _rows(asked, table, first)
            first += batch.num_rows
            work.progress(0.1 + 0.8 * first / max(rows, first), say("reading"))

    count([counting], batches, rows, of_persons=asked.person is not None)
    return counting


def _check_columns(asked: Count.Parameters, named: Sequence[str], known: Sequence[str]) -> None:
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise Invalid.field("columns", expected=", ".join(known), got=", ".join(unknown))
    if any(value[:1] in ("=", "+", "-", "@", "\t", "\r") for value in chain.from_iterable(asked.groups.values())):  # fmt: skip
        raise Invalid.field("groups", expected=say("values that a spreadsheet does not run as a formula"), got=say("one that begins like a formula"))  # fmt: skip


def _check_groups(work: Work, asked: Count.Parameters) -> None:
    """Raises Refused for groups of what says who somebody is."""
    from ..methods.privacy.policy.private_counts import check_groups, direct_identifiers
    from ..methods.privacy.stream.survey import EvenSample

    sample, rows = EvenSample(), 0
    for batch in work.batches("data", columns=list(asked.groups)):
        sample.add(batch, rows)
        rows += batch.num_rows
    if rows:
        check_groups(direct_identifiers(sample.finish()), asked.groups)


def _rows(asked: Count.Parameters, table: pa.Table, first: int) -> Rows:
    from ..methods.privacy.steps.rows import Rows, keyed_numbers

    persons = None if asked.person is None else keyed_numbers(table[asked.person], _key(0), asked.person)
    return Rows(first, table.num_rows, persons)


def _key(seed: int) -> bytes:
    """By which of a person's rows are chosen: any choice will do that does not look at what they hold."""
    return bytes.fromhex(sha256_hex(f"dalgubeol/count/{seed}".encode()))


def _written(table: pa.Table) -> bytes:
    text = io.StringIO()
    rows = [table.column_names, *zip(*(column.to_pylist() for column in table.columns), strict=True)]
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _notes(asked: Count.Parameters, made: Answer) -> list[dict[str, Any]]:
    """What reviewers should know; nothing here holds the table."""
    notes = [
        say("Every number has noise: of scale {scale} on counts. Small and negative counts are noise and tell of nobody.", scale=f"{made.scale_of_counts:.3g}"),
        say("All numbers together spend epsilon {epsilon} and delta {delta} of the privacy budget.", epsilon=f"{asked.epsilon:g}", delta=f"{asked.delta:g}"),
    ]  # fmt: skip
    if asked.person is None:
        notes.append(say("No column says which rows are one person: the noise hides one row. Do several rows belong to one person?"))  # fmt: skip
    return [
        {"code": "private", "file": 1, "row": None, "column": None, "holds": False, "message": note.stored()}
        for note in notes
    ]
