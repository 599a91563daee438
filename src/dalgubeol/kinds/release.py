"""`release`: what two reviewers approved leaves the airlock and becomes anonymous information (PIPA art. 58-2).

Queued by the second approving vote, never by its author. It reads the held files again and compares them
with the manifest that was voted on, so that nothing can change between the vote and the release; and it holds their
tables once more beside everything that was released from the same data, which may have grown since they were checked.

Files leave as an archive. A dummy leaves as what it is a dummy of, a table or a series, with its codebook; it is
marked as a dummy in its papers and in the file itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from ..errors import Invalid, Tampered
from ..language import say
from . import beside, contract, dummy_files
from .archive import manifest, pack, salt_of, unpack
from .contract import Example, Form, Grant, Lifetime, Output, Sensitivity, Slot, Work
from .models_given import SUFFIX, known_models
from .pictures import is_ours, is_picture
from .safe_files import bases_of


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
        dummy: Literal["table", "series"] | None = Field(
            None, description="The form in which a dummy leaves; other files leave as an archive"
        )
        edition: int = Field(1, ge=1, description="Of a dummy: which one of the same data it is")

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        if parameters.dummy is None:
            return (Output("released", Form.ARCHIVE, lowers=Sensitivity.ANONYMOUS),)
        return (
            Output("dummy", Form(parameters.dummy), lowers=Sensitivity.ANONYMOUS),
            Output("codebook", Form.REPORT, lowers=Sensitivity.ANONYMOUS),
        )

    def execute(self, work: Work) -> None:
        asked: Release.Parameters = work.parameters
        with work.content("held") as stream:
            files = unpack(stream)
            salt = salt_of(stream)
        found = manifest(files, salt)
        if found != asked.manifest:
            raise Tampered(
                "release.manifest",
                say("The files in the airlock are not those that were voted on."),
                say("Nothing was released. Tell the operator; run the analysis again."),
            )
        if asked.dummy is None:
            if "private" not in work.dataset("held").about:  # of counts with noise a difference tells nothing
                _check_beside(work, files)
            _check_pictures(files)
            work.write_bytes("released", pack(files), {"manifest": found, "files": sorted(files)})
        else:
            _let_out(work, files, asked.edition)

    def examples(self) -> Iterable[Example]:
        files = {"table.csv": b"group,n\na,20\nb,30\n"}
        yield Example("One approved table", {"held": pack(files)}, {"manifest": manifest(files)})


def _check_beside(work: Work, files: Mapping[str, bytes]) -> None:
    """Raises Invalid where a table gives a small group with what was released since it was checked, or a model was not
    compared with one that was."""
    linked = beside.linked_files(
        files, beside.published(work.earlier), work.conditions, bases_of(work.dataset("held").about, files)
    )
    known = set(work.dataset("held").about.get("beside_models", ()))  # type: ignore[call-overload]
    fitted = [number for number, name in enumerate(sorted(files), 1) if name.endswith(SUFFIX)]
    if fitted and not set(known_models(work.earlier_models)) <= known:
        raise Invalid(
            "release.linked",
            say("File {file}: another model of the same data has left since it was checked, and nobody has compared the two.", file=fitted[0]),
            say("Nothing was released. Run the script again: the models are then compared."),
        )  # fmt: skip
    if linked:
        number, found = linked[0]
        raise Invalid(
            "release.linked",
            say("File {file}, row {row}: together with what was released from the same data before it gives a group of fewer than {threshold}.", file=number, row=found.row, threshold=work.conditions.smallest_cell),
            say("Nothing was released. Mend the script: leave that row out, or use the same groups as the earlier release."),
        )  # fmt: skip


def _check_pictures(files: Mapping[str, bytes]) -> None:
    """Raises Tampered for a picture whose bytes are not ours: none is held that was not drawn again."""
    if not all(is_ours(content) for name, content in files.items() if is_picture(name)):
        raise Tampered(
            "release.picture",
            say("A picture in the airlock was not drawn again from its pixels."),
            say("Nothing was released. Tell the operator; run the analysis again."),
        )


def _let_out(work: Work, files: Mapping[str, bytes], edition: int) -> None:
    from ..methods.report.codebook_page import codebook_page

    book, made = dummy_files.read(files)
    told = {**book, "edition": edition}
    mark = {name: told[name] for name in ("of", "edition", "seed", "least", "counted")}
    said = [say("This is a dummy: made-up rows in the form of {name}. What is computed from it means nothing.", name=told["of"]["name"]).stored()]  # fmt: skip
    work.write_table("dummy", made, {"dummy": mark, "said": said})
    work.write_bytes("codebook", codebook_page(told).encode(), {"codebook_of": mark, "codebook": told})
