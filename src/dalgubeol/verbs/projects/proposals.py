"""Which column may say who somebody is: looked at where the Dataset is, for who may pseudonymise it.

What comes back holds names of columns, counts and shares, never a value. That somebody had the content looked
at is a Record, as every look is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import TYPE_CHECKING, Any, cast

from ...digest import fresh_id
from ...errors import Invalid, Refused
from ...kinds import kind as kind_named
from ...kinds.linkage_parcels import serial_column
from ...language import Message, say
from ...nouns.dataset import Dataset, Form
from ...nouns.record import Event, Record
from ...rules.granting import ruling
from ...world.identity import SignedIn
from ...world.store import datasets, permits
from ..house.clock import now
from ..house.house import House
from ..house.stops import reasons_of_stops
from ..house.transition import record
from ..permits.duties import Past
from ..runs.submit import access_retention
from .projects import reasons_against_use
from .reviewed import reasons_not_to_use

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.privacy.columns.identify import ColumnProposal
    from ...world.engine.reading import Content

MOST_ROWS = 65_536
"""Rows that are looked at, from the beginning: a proposal for a person to judge, not a proof."""
SERIAL_NUMBER, DOCUMENT_NUMBER, FREE_TEXT = "linkage-serial", "document-number", "free-text"
MOST_COLUMNS = 12
"""Columns whose risk together is looked at: each is left out once."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One column: the role that is proposed for it, and why."""

    column: str
    type: str
    number: bool
    role: str
    """direct identifier, quasi-identifier, sensitive, plain"""
    what: str
    """What was recognised: phone, age, resident-registration-number ..."""
    confidence: float
    evidence: tuple[Message, ...]

    @property
    def by_law_deleted(self) -> bool:
        return self.what == "resident-registration-number"


@dataclass(frozen=True, slots=True)
class Danger:
    """How risky columns are together as they stand; shares in 0..1, counted in persons."""

    mean: float
    """The mean risk that a person is recognised by who knows that they are in the table."""
    alone: float
    """The share of persons whom nobody else equals."""
    without: tuple[tuple[str, float], ...]
    """For each column the mean risk that would be left if it were hidden."""
    rows: int
    """How many rows were looked at."""


def proposals(house: House, who: SignedIn, name: str) -> tuple[Proposal, ...]:
    """A proposal for every column of a table. Raises Refused with reasons where this person may not
    pseudonymise it, Invalid where it is no table."""
    return of_dataset(*beginning(house, who, name, "columns"))


def of_dataset(dataset: Dataset, table: pa.Table) -> tuple[Proposal, ...]:
    """The same of its first rows that are read."""
    linking = serial_column(dataset)
    return tuple(_of_linkage(p) if p.column == linking else p for p in of_table(table))


def _of_linkage(proposal: Proposal) -> Proposal:
    """A serial number that `link-keys` made at random: it says nothing of anybody, and is needed to be joined."""
    kept = say("A serial number of a linkage: made at random, and kept, for the expert agency joins by it.")
    return replace(proposal, role="plain", what=SERIAL_NUMBER, confidence=1.0, evidence=(kept,))


def recognised(dataset: Dataset, table: pa.Table) -> tuple[ColumnProposal, ...]:
    """What its columns look like; the serial numbers of a linkage look like numbers of persons, and are none."""
    from ...methods.privacy.columns.identify import propose_roles
    from ...methods.privacy.policy.masked_only import numbering
    from ...methods.privacy.policy.plan import proposed

    linking = serial_column(dataset)
    return tuple(p for p in proposed(propose_roles(table), numbering(table)) if p.column != linking)


def beginning(
    house: House, who: SignedIn, name: str, what: str, most: int = MOST_ROWS
) -> tuple[Dataset, pa.Table]:
    """A table's papers and its first rows (`most`, to the end of a batch), for who may pseudonymise it. `what` is
    looked for is recorded. Raises as `proposals` does."""
    dataset = allowed(house, who, name)
    table = _beginning(house, dataset, most)
    record_look(house, who, dataset, what)
    return dataset, table


def danger(house: House, who: SignedIn, name: str, quasi: Sequence[str], person: str | None) -> Danger:
    """How far `quasi` together single persons out, and how much each of them adds. Raises as `proposals` does;
    Invalid where a column is not there."""
    from ...methods.privacy.measure.risk import reidentification_risk

    dataset = allowed(house, who, name)
    unknown = sorted({*quasi, *([person] if person else [])} - set(dataset.column_names))
    if unknown or not 1 <= len(quasi) <= MOST_COLUMNS:
        raise Invalid.field("quasi", expected=say("1 to {most} columns of the table", most=MOST_COLUMNS), got=len(quasi))  # fmt: skip
    table = _beginning(house, dataset)
    risk = reidentification_risk(table, quasi, person=person)
    without = []
    for column in quasi:
        others = [other for other in quasi if other != column]
        left = (
            reidentification_risk(table, others, person=person).prosecutor_mean_of_persons if others else 0.0
        )
        without.append((column, left))
    record_look(house, who, dataset, "risk")
    return Danger(risk.prosecutor_mean_of_persons, risk.unique_persons_share, tuple(without), table.num_rows)


def allowed(house: House, who: SignedIn, name: str) -> Dataset:
    """The papers of a table that this person may pseudonymise. Raises as `proposals` does."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        own = permits.of_holder(connection, who.actor.id)
        kind = kind_named("pseudonymise")
        reasons = ruling(who.actor, kind.name, kind.grants, (dataset,), own, now()).reasons
        reasons += Past(connection, who.actor).reasons_not_to_run(kind.name, kind.grants, (dataset,))
        # to look at rows is to use them: of what is pseudonymised already, too
        reasons += reasons_against_use(connection, who.actor, (dataset,)) + reasons_of_stops(
            connection, (dataset,)
        )
        reasons += reasons_not_to_use(house, connection, (dataset,))
    if reasons:
        raise Refused("proposal.refused", say("You may not have this Dataset looked at."), say("Ask who answers for it."), reasons)  # fmt: skip
    if dataset.form is not Form.TABLE:
        raise Invalid.field("dataset", expected=say("a table"), got=dataset.form)
    return dataset


def record_look(house: House, who: SignedIn, dataset: Dataset, what: str) -> None:
    """That somebody looked for `what` in a table."""
    payload = {"object": dataset.object_id, "what": what}
    looked = Record(
        Event.VIEWED, fresh_id("viewed"), now(), who.actor.id, dataset.id, payload, access_retention([dataset]),
        datasets=(dataset.id,),
    )  # fmt: skip
    house.write(lambda connection: record(connection, looked))


def of_upload(content: Content) -> tuple[Proposal, ...]:
    """The same for a file that is about to be registered, from its first batch. Raises Invalid for one that is no
    table."""
    import pyarrow as pa

    from ...world.engine.reading import read_content

    source = read_content(content)
    first = next(iter(source.batches()), None)
    return of_table(source.schema.empty_table() if first is None else pa.Table.from_batches([first]))


def of_table(table: pa.Table) -> tuple[Proposal, ...]:
    import pyarrow as pa

    from ...methods.privacy.columns.identify import propose_roles
    from ...methods.privacy.policy.masked_only import numbering

    def is_number(type_: Any) -> bool:
        return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))

    found = tuple(
        Proposal(
            p.column, str(field.type), is_number(field.type), p.role, p.type, p.confidence, p.evidence
        )
        for p, field in zip(propose_roles(table), table.schema, strict=True)
    )  # fmt: skip
    apart = numbering(table)
    return tuple(_of_text(p, apart) for p in found)


def _of_text(proposal: Proposal, numbers: tuple[str, ...]) -> Proposal:
    """Free text is kept with what identifies somebody taken out, whatever it holds; where a document's texts stood
    says nothing of anybody."""
    if proposal.column in numbers:
        kept = say("It counts the texts of a document, and says nothing of anybody.")
        return replace(proposal, role="plain", what=DOCUMENT_NUMBER, confidence=1.0, evidence=(kept,))
    if numbers or (proposal.what == FREE_TEXT and proposal.role == "direct identifier"):
        return replace(proposal, role="sensitive", what=FREE_TEXT)
    return proposal


def _beginning(house: House, dataset: Dataset, most: int = MOST_ROWS) -> pa.Table:
    import pyarrow as pa

    from ...world.engine.tables import read_batches

    key = house.keyring.dataset_key(dataset.id) if dataset.protected else None
    batches, rows = [], 0
    with house.objects.open(dataset.object_id, key, dataset.id) as stream:
        source = stream if key is None else BufferedReader(cast(Any, stream), 1 << 16)
        for batch in read_batches(cast(Any, source)):
            batches.append(batch)
            rows += batch.num_rows
            if rows >= most:
                break
    return pa.Table.from_batches(batches)
