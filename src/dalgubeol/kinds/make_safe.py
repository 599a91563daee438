"""`make-safe`: files that the checks hold become a safe version of themselves, which then waits in the airlock.

Queued by whoever takes a proposed safe version (`dalgu airlock safe`), never by itself. It opens the files that wait,
sealed as they are, and the table that they were made from: nothing of the analyst's is run again, and it takes none of
the Permit's Runs. The files are checked anew under the Permits that hold now and beside what has left meanwhile, then
mended (`safe_files`), and what comes of it is checked once more. A model among them is the site's own fit, and was
attacked when it was made: what was found then goes along.
"""

from __future__ import annotations

import hashlib
import hmac
import zipfile
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..digest import canonical
from ..errors import Invalid, Tampered
from ..language import say
from . import contract
from .archive import contexts, manifest, pack, said_of, salt_of, unpack
from .beside import published
from .checks import Against, check_files
from .contract import Example, Form, Grant, Lifetime, Output, Port, Sensitivity, Slot, Work
from .findings_told import told
from .models_given import kept_models
from .safe_files import Method, made_safe, told_to_reviewers

if TYPE_CHECKING:
    from ..methods.disclosure.models.models import Checked


class MakeSafe:
    name: ClassVar = "make-safe"
    summary: ClassVar = say("Make a safe version of files that the checks hold; it goes to the airlock.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[Port]] = frozenset()
    slots: ClassVar = (
        Slot("held", frozenset({Form.ARCHIVE}), "the files that are held"),
        Slot("data", frozenset({Form.TABLE, Form.SERIES}), "what they were made from"),
    )

    class Parameters(contract.Parameters):
        method: Method = Field(
            description="Rounded, or with the small counts and those that would give them back left empty"
        )
        manifest: str = Field(pattern=r"^[0-9a-f]{64}$", description="Digest of the files that are held")
        context: str = Field(
            min_length=10, max_length=8000, description="What the files are, as their author has said it"
        )
        contributor: str | None = Field(
            None,
            description="The column that says whose a record is (a firm, a person)",
            json_schema_extra=contract.OF_DATA,
        )
        release_as: str | None = Field(None, max_length=100, pattern=contract.NAME, description="What the released Dataset is to be called")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("files", Form.ARCHIVE, held=True),)

    def execute(self, work: Work) -> None:
        asked: MakeSafe.Parameters = work.parameters
        files, salt = _held(work)
        source = work.table("data")
        work.progress(0.3, say("checking {count} files", count=len(files)))
        models = kept_models(files, work.dataset("held").about)
        given = Against.of(source, work.conditions, published(work.earlier), models, asked.contributor, said_of(asked.context, sorted(files)))  # fmt: skip
        first = check_files(files, given)
        work.progress(0.5, say("leaving cells empty"))
        safe = made_safe(asked.method, files, first, given)
        if safe.bare or not safe.emptied:
            raise Invalid(
                "safe.none",
                say("No safe version can be made of these files any more: something has left meanwhile, or a rule of the Permit is another."),
                say("Your files wait as they were. Mend the script and run it again."),
            )  # fmt: skip
        made = dict(safe.files)
        salt = _salt(salt, asked)
        about = {
            "manifest": manifest(made, salt),
            "files": [len(content) for _, content in sorted(made.items())],
            "findings": told([*safe.findings, *told_to_reviewers(safe, first, sorted(files))]),
            "contexts": contexts(asked.context, sorted(made)),
            "safe": safe.about(),
            **_reports(models, work.dataset("held").about, made),
        }
        work.write_bytes("files", pack(made, salt), about)

    def examples(self) -> Iterable[Example]:
        counts = {"north": 40, "south": 25, "east": 12, "west": 4}
        rows = "".join(f"{area},{at}\n" for area, many in counts.items() for at in range(many))
        table = "area,n\n" + "".join(f"{area},{many}\n" for area, many in counts.items())
        files = {"t.csv": table.encode()}
        yield Example(
            "A table of counts of which one is small",
            {"held": pack(files), "data": ("area,number\n" + rows).encode()},
            {"method": "suppressed", "manifest": manifest(files), "context": "people by area, counted"},
            sensitivity=Sensitivity.INTERNAL,
        )


def _held(work: Work) -> tuple[dict[str, bytes], str]:
    """The files that wait, and their salt. Raises Tampered where they are not those that the checks had seen."""
    try:
        with work.content("held") as stream:
            files, salt = unpack(stream), salt_of(stream)
    except zipfile.BadZipFile:
        raise Invalid.field("held", expected=say("the files that are held"), got=say("something else")) from None  # fmt: skip
    if manifest(files, salt) != work.parameters.manifest:
        raise Tampered(
            "safe.manifest",
            say("The files in the airlock are not those that were checked."),
            say("Nothing was made of them. Tell the operator; run the analysis again."),
        )
    return files, salt


def _salt(before: str, asked: MakeSafe.Parameters) -> str:
    """Of the first files' salt, which nobody has who does not hold the whole table: see `analyse`."""
    said = canonical(asked.model_dump(mode="json"))
    return hmac.new(before.encode(), said, hashlib.sha256).hexdigest()


def _reports(
    models: Mapping[str, Checked], about: Mapping[str, object], made: Mapping[str, bytes]
) -> dict[str, object]:
    """What was measured of each model, by the number that its file has now."""
    now = {name: number for number, name in enumerate(sorted(made), 1)}
    reports = [{**found.report, "file": now[name]} for name, found in sorted(models.items()) if found.report]
    beside = {"beside_models": about["beside_models"]} if "beside_models" in about else {}
    return {"models": reports, **beside} if reports else beside
