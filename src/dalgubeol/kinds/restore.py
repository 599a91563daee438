"""`restore`: pseudonyms become persons again, for the provider, on another legal basis than PIPA art. 28-2 and 28-3.

Queued by the second of two people (`verbs.projects.restoring`) and by nobody else. It reads the mapping that the vault kept
of the Run that made the pseudonyms; what was made coarse stays coarse. The result is personal information.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from ..errors import Missing
from ..language import say
from . import contract
from .contract import Example, Form, Grant, Lifetime, Output, Port, Sensitivity, Slot, Work

PROJECT = "example-restored"


class Restore:
    name: ClassVar = "restore"
    summary: ClassVar = say("Undo pseudonyms for the provider, where another legal basis allows it.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE, Grant.EXPORT})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar = frozenset({Port.MAPPING})
    slots: ClassVar = (Slot("data", frozenset({Form.TABLE}), "the pseudonymised table"),)

    class Parameters(contract.Parameters):
        restoring: str = Field(pattern=r"^restoring-[0-9a-z]+$", description="What two people agreed on")

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("restored", Form.TABLE, lowers=Sensitivity.PERSONAL),)

    def execute(self, work: Work) -> None:
        from ..methods.privacy.mapping import restored

        work.progress(0.1, say("reading"))
        table, columns, unknown = restored(work.table("data"), work.mapping())
        if not columns:
            raise Missing(
                "restore.nothing",
                say("No column of this table is in the mapping."),
                say("Name the table that the pseudonymisation made."),
            )
        work.write_table("restored", table, {"restored": list(columns), "unknown": unknown})

    def examples(self) -> Iterable[Example]:
        rows = "".join(f"{i % 8},{30 + i % 3},{i}\n" for i in range(24))
        asked = {
            "project": PROJECT, "person": "person_no", "quasi": ["age"], "keep": ["cost"], "k": 2,
            "suppression_limit": 0.5,
        }  # fmt: skip
        yield Example(
            "The eight persons once more, with their consent",
            {"data": ("person_no,age,cost\n" + rows).encode()},
            {"restoring": "restoring-0"}, Sensitivity.PERSONAL, {"data": ("pseudonymise", asked)},
        )  # fmt: skip
