"""`analyse`: the analyst's script goes to the data, in the sandbox; what it leaves goes to the airlock.

The script (Python, a notebook, SQL or R: `nouns.script`) finds its table at /data/data.parquet and writes files
into its own folder. What was brought in under its Permit lies in /brought: tables by their names, modules and packages
(laid out as folders) on the path of Python. Every file is checked
before anybody looks at it: file type, small cells, single records of the input, identifiers, size. A file
with such a finding is held; the analyst mends the script. What the script printed is dropped: a log is an
output too. Of a failure the analyst sees the class of the error and the line of her own script.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import BinaryIO, ClassVar

from pydantic import Field

from ..digest import canonical
from ..errors import Invalid
from ..language import Message, say
from . import contract
from .archive import contexts, manifest, pack, said_of
from .beside import published
from .checks import Against, check_files, note_of
from .contract import (
    Conditions,
    Example,
    Form,
    Grant,
    Lifetime,
    Output,
    Port,
    ScriptLanguage,
    ScriptOutcome,
    Slot,
    Work,
)
from .findings_told import told
from .models_given import checked_models, known_models, reports, with_models
from .pictures import drawn_again
from .safe_files import Findings, Method, made_safe, proposals, told_to_reviewers

_MISSING = say(
    "Packages cannot be installed in the sandbox. There are numpy, pandas, polars, scipy, scikit-learn, statsmodels and matplotlib, in R its base packages; another one of pure Python is brought in: `dalgu zone bring`."
)
_IN_FILES = say("There is no network and no other file in the sandbox: the data is /data/data.parquet, outputs go into the working folder. Mend that line and run it again.")  # fmt: skip
_MEND = {
    ScriptLanguage.PYTHON: _IN_FILES,
    ScriptLanguage.NOTEBOOK: _IN_FILES,
    ScriptLanguage.SQL: say("The data is the view `data`, and what came in are views by their names. Statements that ask for rows give the files; none reads or writes a file, attaches, loads or sets anything. Mend that line and run it again."),
    ScriptLanguage.R: say("There is no network and no other file in the sandbox: the data is the data frame `data`, outputs go into the working folder. Mend that line and run it again."),
}  # fmt: skip
_PLAIN_NAMES = say("Give every file a short, plain name (letters of Korean or English, digits, space, _ . -; no two that differ only in capitals), and run the script again.")  # fmt: skip
_EXAMPLE = """import csv, pyarrow.parquet as pq
table = pq.read_table("/data/data.parquet")
with open("counts.csv", "w") as file:
    csv.writer(file).writerows([["rows"], [table.num_rows]])
"""


class Analyse:
    name: ClassVar = "analyse"
    summary: ClassVar = say("Run a script on a table in the sandbox; its files go to the airlock.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar = frozenset({Port.SANDBOX})
    slots: ClassVar = (Slot("data", frozenset({Form.TABLE, Form.SERIES}), "what the script may read"),)

    class Parameters(contract.Parameters):
        script: str = Field(
            min_length=1,
            max_length=1_000_000,
            description="The script (Python, notebook, SQL or R)",
            json_schema_extra={"file": True},
        )
        language: ScriptLanguage = Field(
            ScriptLanguage.PYTHON,
            description="What the script is written in; a file's ending says it",
            json_schema_extra=contract.suffix_of("script"),
        )
        context: str = Field(
            min_length=10,
            max_length=8000,
            description="What the files are, for the reviewers: a sentence; of several files a line each, as `name: what it shows and how it was made`. A line `column = sum of WHAT by KEYS, where CONDITION` says what a column is, so that dominance can be checked",
        )
        contributor: str | None = Field(
            None,
            description="The column that says whose a record is (a firm, a person): sums are checked contributor by contributor; without one each record is one",
            json_schema_extra=contract.OF_DATA,
        )
        safe: Method | None = Field(
            None,
            description="Submit a safe version of the tables that the checks hold: rounded, or with the small counts and those that would give them back left empty",
        )
        release_as: str | None = Field(None, max_length=100, pattern=contract.NAME, description="What the released Dataset is to be called")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("files", Form.ARCHIVE, held=True),)

    def execute(self, work: Work) -> None:
        from ..methods.bringing.laid_out import laid_out

        asked: Analyse.Parameters = work.parameters
        seen = hashlib.sha256()

        def write_input(sink: BinaryIO) -> None:
            nonlocal seen
            seen = hashlib.sha256()
            with work.content("data") as plain:
                while piece := plain.read(1 << 20):
                    sink.write(piece)
                    seen.update(piece)

        columns = [column.name for column in work.dataset("data").columns]
        if asked.contributor is not None and asked.contributor not in columns:
            raise Invalid.field("contributor", expected=say("a column of the data"), got=asked.contributor)
        work.progress(0.1, say("running the script in the sandbox"))
        outcome = work.sandbox.run_script(
            asked.script.encode(), {"data.parquet": write_input}, work.seed, work.conditions, asked.language,
            brought=laid_out(work.brought),
        )  # fmt: skip
        raise_unless_ok(outcome, work.conditions, asked.language)
        files = drawn_again(dict(outcome.outputs))
        if not files and outcome.misnamed:
            raise Invalid("script.names", say("The script wrote {count} files, and none has a name that may leave.", count=outcome.misnamed), _PLAIN_NAMES)  # fmt: skip
        if not files:
            raise Invalid("script.silent", say("The script wrote no file."), say("Write what you want to take out into the working folder, as CSV."))  # fmt: skip
        work.progress(0.7, say("checking {count} files", count=len(files)))
        source = work.table("data")
        models = checked_models(files, source, work.conditions, asked.script, asked.language, work.earlier_models)  # fmt: skip
        files = with_models(files, models)
        given = Against.of(source, work.conditions, published(work.earlier), models, asked.contributor, said_of(asked.context, sorted(files)))  # fmt: skip
        findings: Findings = check_files(files, given)
        about: dict[str, object] = {}
        if asked.safe is None:
            about["proposals"] = [each.proposal(sorted(files)) for each in proposals(files, findings, given)]
        else:
            files, findings, about["safe"] = _made_safe(asked.safe, files, findings, given)
        findings = [*findings, *left_behind(outcome)]
        salt = _salt(seen.digest(), asked, work.seed)
        about |= {
            "manifest": manifest(files, salt),
            "files": [len(content) for _, content in sorted(files.items())],
            "findings": told(findings),
            "contexts": contexts(asked.context, sorted(files)),
            **(
                {"models": reports(files, models), "beside_models": known_models(work.earlier_models)}
                if models
                else {}
            ),
        }
        work.write_bytes("files", pack(files, salt), about)

    def examples(self) -> Iterable[Example]:
        rows = "".join(f"{i % 3},{i}\n" for i in range(60))
        yield Example(
            "How many rows there are",
            {"data": ("area,cost\n" + rows).encode()},
            {"script": _EXAMPLE, "context": "the number of rows in the table"},
        )


def _salt(table: bytes, asked: Analyse.Parameters, seed: int) -> str:
    """For the digest of the files, which the author sees before anybody has let them out: nobody who does not hold
    the whole table can work it out, another script has another, and the same Run once more has the same."""
    said = canonical([asked.model_dump(mode="json"), seed])
    return hmac.new(table, said, hashlib.sha256).hexdigest()


def _made_safe(
    method: Method, files: Mapping[str, bytes], findings: Findings, given: Against
) -> tuple[dict[str, bytes], Findings, dict[str, object]]:
    """The files in a safe version, what the checks and we say of them, and what their papers keep."""
    safe = made_safe(method, files, findings, given)
    said = told_to_reviewers(safe, findings, sorted(files))
    return dict(safe.files), [*safe.findings, *said], safe.about()


def left_behind(outcome: ScriptOutcome) -> Iterable[dict[str, object]]:
    """That something was not taken, as findings on the first of the files that were: nothing is dropped in silence."""
    if outcome.misnamed:
        said = say("The script wrote {count} more files whose names may not leave; they are not among these.", count=outcome.misnamed)  # fmt: skip
        yield note_of("left_behind", 1, said)
    if outcome.apart:
        said = say("The script left {count} folders, links or hidden files, of which nothing is taken.", count=outcome.apart)  # fmt: skip
        yield note_of("left_apart", 1, said, holds=False)


def raise_unless_ok(
    outcome: ScriptOutcome, conditions: Conditions, language: ScriptLanguage = ScriptLanguage.PYTHON
) -> None:
    """Raises Invalid for a script that did not end well: all that its author is told of it."""
    if outcome.status == "ok":
        return
    left = _left(outcome, conditions)
    if outcome.status == "limit":
        raise Invalid(
            "script.limit",
            say(
                "The script reached the limit '{limit}' of its Permit: {most}. {left}",
                limit=outcome.limit,
                most=_most(outcome.limit, conditions),
                left=left,
            ),
            say("Let it do less at once, or ask for a Permit with more."),
        )
    raise Invalid(
        "script.error",
        say("The script ended with {exception} at {where}. {left}", exception=outcome.exception or "Exception", where=_where(outcome), left=left),
        _MISSING if outcome.exception in ("ModuleNotFoundError", "packageNotFoundError") else _MEND[language],
    )  # fmt: skip


def _most(limit: str | None, conditions: Conditions) -> Message:
    """What the Permit allows of it at most; no measurement, so it tells nothing of the data."""
    allowed = {
        "wall": say("{most} s from its start", most=conditions.wall_s),
        "cpu": say("{most} s of processor time", most=conditions.cpu_s),
        "memory": say("{most} MB of memory", most=conditions.memory_mb),
        "processes": say("{most} processes and threads at one time", most=conditions.processes),
        "disk": say("{most} MB in one file, and set aside in all", most=conditions.scratch_mb),
        "output_bytes": say("{most} MB in the files that it leaves", most=conditions.output_mb),
        "output_files": say("{most} files that it leaves", most=conditions.output_files),
    }
    return allowed.get(limit or "", say("what the Permit allows"))


def _where(outcome: ScriptOutcome) -> Message:
    if outcome.line is None:
        return say("an unknown line")
    if outcome.cell is not None:
        return say("cell {cell}, line {line}", cell=outcome.cell, line=outcome.line)
    return say("line {line}", line=outcome.line)


def _left(outcome: ScriptOutcome, conditions: Conditions) -> Message:
    """What was left of the limits, in whole tenths: finer, it would be a way to tell something."""

    def tenths(spent: float, most: float) -> int:
        return 10 * max(0, int(10 * (1 - spent / most)))

    return say(
        "Left of the limits: {wall} % of the time, {cpu} % of the processor time, {memory} % of the memory.",
        wall=tenths(outcome.wall_s, conditions.wall_s), cpu=tenths(outcome.cpu_s, conditions.cpu_s),
        memory=tenths(outcome.peak_bytes, conditions.memory_mb << 20),
    )  # fmt: skip
