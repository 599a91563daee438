"""`release`: what two reviewers approved leaves the airlock and becomes anonymous information (PIPA art. 58-2).

Queued by the second approving vote, never by its author. It reads the held files again and compares them
with the manifest that was voted on, so that nothing can change between the vote and the release.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from ..errors import Tampered
from ..language import say
from . import contract
from .archive import manifest, pack, unpack
from .contract import Example, Form, Grant, Lifetime, Output, Sensitivity, Slot, Work


class Release:
    name: ClassVar = "release"
    summary: ClassVar = say("Let reviewed files out of the airlock.")
    grants: ClassVar = frozenset({Grant.EXPORT})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (Slot("held", frozenset({Form.ARCHIVE}), "what waits in the airlock"),)

    class Parameters(contract.Parameters):
        manifest: str = Field(pattern=r"^[0-9a-f]{64}$", description="Digest of the files that were voted on")

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("released", Form.ARCHIVE, lowers=Sensitivity.ANONYMOUS),)

    def execute(self, work: Work) -> None:
        asked: Release.Parameters = work.parameters
        with work.content("held") as stream:
            files = unpack(stream)
        found = manifest(files)
        if found != asked.manifest:
            raise Tampered(
                "release.manifest",
                say("The files in the airlock are not those that were voted on."),
                say("Nothing was released. Tell the operator; run the analysis again."),
            )
        work.write_bytes("released", pack(files), {"manifest": found, "files": sorted(files)})

    def examples(self) -> Iterable[Example]:
        files = {"table.csv": b"group,n\na,20\nb,30\n"}
        yield Example("One approved table", {"held": pack(files)}, {"manifest": manifest(files)})
