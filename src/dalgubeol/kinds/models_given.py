"""Models among the files of a script: each description is checked, and what leaves in its place is the site's own fit.

See `methods.disclosure.models`. What the script wrote stays only where no model came of it, and then it is held.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..language import restored
from .contract import Conditions, ScriptLanguage

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.models import Checked

SUFFIX = ".model.json"


def checked_models(
    files: Mapping[str, bytes], source: pa.Table, conditions: Conditions, script: str, language: ScriptLanguage
) -> dict[str, Checked]:  # fmt: skip
    """Every description among `files`, by its name."""
    names = [name for name in files if name.endswith(SUFFIX)]
    if not names:
        return {}
    from ..methods.disclosure.models import check

    words = _code(script) if language is ScriptLanguage.NOTEBOOK else script
    rules = conditions.disclosure
    return {name: check(files[name], source, conditions.smallest_cell, words, least_residual=rules.degrees_of_freedom) for name in names}  # fmt: skip


def with_models(files: Mapping[str, bytes], models: Mapping[str, Checked]) -> dict[str, bytes]:
    """The same files, with the site's own fits in place of descriptions."""
    made = {name: found.released for name, found in models.items() if found.released is not None}
    return {**files, **made}


def kept_models(files: Mapping[str, bytes], about: Mapping[str, object]) -> dict[str, Checked]:
    """The models among files that wait, by name: the site's own fits, with what was found and measured when they were
    made, as the papers of the files say."""
    numbers = {name: number for number, name in enumerate(sorted(files), 1) if name.endswith(SUFFIX)}
    if not numbers:
        return {}
    from ..methods.disclosure.models import Checked

    said: Any = about
    measured = {int(each["file"]): each for each in said.get("models", ())}
    return {
        name: Checked(
            tuple(_found(each) for each in said["findings"] if _of_model(each, number) and each["holds"]),
            tuple(_found(each) for each in said["findings"] if _of_model(each, number) and not each["holds"]),
            files[name],
            measured.get(number),
        )
        for name, number in numbers.items()
    }


def _of_model(found: Mapping[str, Any], number: int) -> bool:
    """Whether a finding is about the model itself, and not its name or what lies beside it."""
    return found["file"] == number and str(found["code"]).startswith(("model_", "degrees_of_freedom"))


def _found(plain: Mapping[str, Any]) -> Finding:
    from ..methods.disclosure.finding import Finding

    return Finding(str(plain["code"]), None, None, restored(plain["message"]))


def findings(number: int, found: Checked) -> list[dict[str, object]]:
    """As plain JSON (see `rules.disclosure`): what holds the model first, then what is for people to weigh."""
    return [*(_plain(number, each, True) for each in found.holds), *(_plain(number, each, False) for each in found.notes)]  # fmt: skip


def reports(files: Mapping[str, bytes], models: Mapping[str, Checked]) -> list[dict[str, Any]]:
    """What was measured of each model, by the number of its file."""
    numbers = {name: number for number, name in enumerate(sorted(files), 1)}
    return [{"file": numbers[name], **found.report} for name, found in sorted(models.items()) if found.report]


def _plain(number: int, found: Finding, holds: bool) -> dict[str, object]:
    return {"code": found.rule, "file": number, "row": None, "column": None, "holds": holds, "message": found.message.stored()}  # fmt: skip


def _code(notebook: str) -> str:
    """The text of a notebook's cells: in its JSON, quotes are escaped."""
    try:
        cells = json.loads(notebook)["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells)
    except (ValueError, KeyError, TypeError):
        return ""
