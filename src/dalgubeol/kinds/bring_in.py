"""`bring-in`: files that somebody wants to bring into the zone are scanned; they then wait in the airlock for two
reviewers, as what wants to leave does.

Queued by `dalgu zone bring`, never by itself: what was offered is sealed and nobody can use it. The scan reads and
never executes, imports or unpickles anything (`methods.bringing`). What it finds either holds a file or is for the
reviewers to weigh. The archive that is written holds the files byte for byte as they were offered: a vote is for
exactly these bytes, and a Run later finds exactly these, or nothing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterable, Mapping
from typing import ClassVar

from pydantic import Field

from ..errors import Invalid
from ..language import say
from . import contract
from .archive import contexts, manifest, pack, unpack
from .contract import Example, Form, Grant, Lifetime, Output, Port, Slot, Work


class BringIn:
    name: ClassVar = "bring-in"
    summary: ClassVar = say("Scan files that are to come into the zone; they go to the airlock.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[Port]] = frozenset()
    slots: ClassVar = (Slot("offered", frozenset({Form.ARCHIVE}), "the files, as they were offered"),)

    class Parameters(contract.Parameters):
        context: str = Field(
            min_length=10,
            max_length=8000,
            description="What the files are and what they are for: a sentence; of several files a line each, as `name: what it is and where it is from`",
        )
        taken: tuple[str, ...] = Field(
            (), max_length=20_000, description="Names of the modules that the zone has: nothing that comes in may bear one"
        )  # fmt: skip

        refused: tuple[str, ...] = Field(
            (), max_length=1_000, description="Names of packages that the operator does not let in"
        )

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("files", Form.ARCHIVE, held=True),)

    def execute(self, work: Work) -> None:
        asked: BringIn.Parameters = work.parameters
        try:
            with work.content("offered") as stream:
                files = unpack(stream)
        except zipfile.BadZipFile:
            raise Invalid.field("offered", expected=say("the files as they were offered"), got=say("something else")) from None  # fmt: skip
        findings = list[dict[str, object]]()
        taken = frozenset(asked.taken)
        for number, (name, content) in enumerate(sorted(files.items()), 1):
            work.progress(number / (len(files) + 1), say("scanning file {file} of {count}", file=number, count=len(files)))  # fmt: skip
            findings += found(number, name, content, taken, asked.refused)
        about = {
            "manifest": manifest(files),
            "files": [len(content) for _, content in sorted(files.items())],
            "findings": findings,
            "contexts": contexts(asked.context, sorted(files)),
        }
        work.write_bytes("files", pack(files), about)

    def examples(self) -> Iterable[Example]:
        files = {"regions.csv": b"code,region\n11,north\n26,south\n"}
        yield Example(
            "A table of codes", {"offered": pack(files)}, {"context": "codes of regions, from the statistics office"}
        )  # fmt: skip


def scanned(files: Mapping[str, bytes], taken: Collection[str]) -> list[dict[str, object]]:
    """What the scan finds in all files, in the order of their names."""
    return [each for n, (name, content) in enumerate(sorted(files.items()), 1) for each in found(n, name, content, taken)]  # fmt: skip


def found(
    number: int, name: str, content: bytes, taken: Collection[str], refused: Collection[str] = ()
) -> list[dict[str, object]]:
    """Of one file, as plain JSON (see `rules.disclosure`): lines and members by number, no name and no value."""
    from ..methods.bringing.scan import TO_WEIGH, scan

    return [
        {"code": each.rule, "file": number, "row": each.row, "column": None, "holds": each.rule not in TO_WEIGH, "message": each.message.stored()}
        for each in scan(name, content, taken, refused)
    ]  # fmt: skip
