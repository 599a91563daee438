"""`link-inside`: two tables of one controller are linked where they lie. No agency is needed for that.

Exactly (equal normalised items), or probabilistically (splink), which forgives slips, moves and changed names. The
result is as sensitive as what it was made of; pseudonymise it before it is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import Invalid, Refused
from ..language import Message, say
from . import contract
from .contract import Example, Form, Output, Sensitivity, Slot, Work
from .linkage_step import LinkageStep

if TYPE_CHECKING:
    from ..methods.privacy.linkage.keys import Items
    from ..methods.privacy.linkage.match import Matched


class KeyItem(BaseModel):
    """One key item: how it is normalised, and its column in either table (the item's name if not given)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="What the item is called")
    normalise: str = Field("text", description="text, name, phone, date, address, digits or sex")
    first: str | None = Field(None, description="Its column in the first table")
    second: str | None = Field(None, description="Its column in the second table")


class LinkInside(LinkageStep):
    name: ClassVar = "link-inside"
    summary: ClassVar = say("Link two tables of one controller, exactly or by probability.")
    slots: ClassVar = (
        Slot("first", frozenset({Form.TABLE}), "a table of persons"),
        Slot("second", frozenset({Form.TABLE}), "another table of persons, of the same controller"),
    )

    class Parameters(contract.Parameters):
        items: tuple[KeyItem, ...] = Field(min_length=1, description="The key items (JSON)")
        method: Literal["exact", "probabilistic"] = Field("exact", description="exact: all items are equal; probabilistic: weighed, by splink")  # fmt: skip
        threshold: float = Field(
            0.95, gt=0, lt=1, description="Probabilistic: the least probability of a pair"
        )
        join: Literal["inner", "left", "outer"] = Field("inner", description="Which rows are kept that nothing is linked to")  # fmt: skip
        drop_duplicates: bool = Field(False, description="Leave persons out who share all items with another of the same table")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("linked", Form.TABLE),)

    def execute(self, work: Work) -> None:
        from ..methods.privacy.linkage import join, keys

        asked: LinkInside.Parameters = work.parameters
        if work.dataset("first").organisation != work.dataset("second").organisation:
            raise Refused(
                "link.controllers",
                say("The two tables are of different organisations."),
                say("Data of different controllers is linked by a designated expert agency (PIPA art. 28-3): see `dalgu link`."),
            )  # fmt: skip
        work.progress(0.05, say("reading"))
        tables = {slot: work.table(slot) for slot in ("first", "second")}
        taken = [slot for slot, table in tables.items() if join.SERIAL in table.column_names]
        if taken:
            raise Invalid.field(taken[0], expected=say("a table without a column '{column}'", column=join.SERIAL), got=say("one that has it"))  # fmt: skip
        names = [(item.name, item.normalise) for item in asked.items]
        work.progress(0.2, say("normalising the key items"))
        items = {
            slot: keys.normalised_items(
                table, names, {i.name: getattr(i, slot) or i.name for i in asked.items}
            )
            for slot, table in tables.items()
        }
        work.progress(0.4, say("matching"))
        found = _matched(asked, items)
        groups = [*found.linked, *(g for g in found.alone if _kept(asked.join, g[0] is not None))]
        numbered = {
            slot: table.append_column(join.SERIAL, [[str(row) for row in range(table.num_rows)]])
            for slot, table in tables.items()
        }
        linked = join.joined(tuple(tables), join.as_table(tuple(tables), groups), numbered)
        work.progress(0.9, say("writing"))
        said = [message.stored() for message in _said(asked, found, linked.num_rows)]
        rates = {name: round(rate, 6) for name, rate in found.rates.items()}
        work.write_table("linked", linked, {"said": said, "rates": rates, "method": asked.method})

    def examples(self) -> Iterable[Example]:
        first = "name,born,weeks\n" + "".join(
            f"사람{chr(44032 + 28 * i)},199{i % 10}-0{1 + i % 9}-1{i % 10},{i}\n" for i in range(12)
        )
        second = "name,born,pay\n" + "".join(
            f"사람{chr(44032 + 28 * i)},199{i % 10}-0{1 + i % 9}-1{i % 10},{10 * i}\n" for i in range(4, 16)
        )
        items = [{"name": "name", "normalise": "name"}, {"name": "born", "normalise": "date"}]
        inputs = {"first": first.encode(), "second": second.encode()}
        yield Example(
            "Eight persons in two tables", inputs, {"items": items, "join": "outer"}, Sensitivity.PERSONAL
        )
        yield Example(
            "The same, by probability",
            inputs,
            {"items": items, "method": "probabilistic"},
            Sensitivity.PERSONAL,
        )


def _matched(asked: LinkInside.Parameters, items: dict[str, Items]) -> Matched:
    from ..methods.privacy.linkage import inside, keys
    from ..methods.privacy.linkage.match import Keyed, equal_keys, paired

    def keyed(values: Items, every: list[str | None]) -> Keyed:
        have = [(str(row), line.encode()) for row, line in enumerate(every) if line is not None]
        without = [str(row) for row, line in enumerate(every) if line is None]
        return Keyed([s for s, _ in have], [k for _, k in have], values.rows, without)

    if asked.method == "exact":
        lines = {slot: keyed(values, keys.item_lines(values)) for slot, values in items.items()}
        return equal_keys(lines, drop_duplicates=asked.drop_duplicates)
    normalisers = [item.normalise for item in asked.items]
    pairs = inside.probable(items["first"], items["second"], normalisers, asked.threshold)
    return paired({slot: keyed(values, [""] * values.rows) for slot, values in items.items()}, pairs)


def _kept(join: str, is_first: bool) -> bool:
    return join == "outer" or (join == "left" and is_first)


def _said(asked: LinkInside.Parameters, found: Matched, rows: int) -> Iterable[Message]:
    yield say(
        "{count} persons are in both tables; the result has {rows} rows.", count=len(found.linked), rows=rows
    )
    for name, rate in found.rates.items():
        yield say("Linkage rate of {name}: {rate} %.", name=name, rate=f"{100 * rate:.2f}")
    if asked.method == "exact":
        yield say("Exact: whoever moved, changed a name or is spelt otherwise in one of them is missing. `--method probabilistic` forgives that.")  # fmt: skip
