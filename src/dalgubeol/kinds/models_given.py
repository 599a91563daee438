"""Models among the files of a script: each description is checked, and what leaves in its place is the site's own fit.

See `methods.disclosure.models.models`. What the script wrote stays only where no model came of it, and then it is held.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..digest import sha256_hex
from ..language import restored, say
from .contract import Conditions, LeftModel, ScriptLanguage

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.models.models import Checked

SUFFIX = ".model.json"


def checked_models(
    files: Mapping[str, bytes], source: pa.Table, conditions: Conditions, script: str, language: ScriptLanguage,
    earlier: Sequence[LeftModel] = (),
) -> dict[str, Checked]:  # fmt: skip
    """Every description among `files`, by its name; beside the models that have left `earlier`, and each other."""
    names = [name for name in files if name.endswith(SUFFIX)]
    if not names:
        return {}
    from ..methods.disclosure.models.models import check

    words = _code(script) if language is ScriptLanguage.NOTEBOOK else script
    rules = conditions.disclosure
    made = {name: check(files[name], source, conditions.smallest_cell, words, least_residual=rules.degrees_of_freedom) for name in names}  # fmt: skip
    numbers = {name: number for number, name in enumerate(sorted(files), 1)}
    return {name: _beside(name, made, numbers, source, conditions.smallest_cell, earlier) for name in names}


def _beside(
    name: str, made: Mapping[str, Checked], numbers: Mapping[str, int], source: pa.Table, least: int, earlier: Sequence[LeftModel]
) -> Checked:  # fmt: skip
    """The same with what it tells together with others."""
    from ..methods.disclosure.models.models_beside import Other, beside

    found = made[name]
    if found.released is None:
        return found
    left = [Other(each.content, say("the model of earlier release {release}", release=each.release), each.same_table) for each in earlier]  # fmt: skip
    here = [Other(other.released, say("the model of file {file}", file=numbers[one])) for one, other in made.items() if one < name and other.released is not None]  # fmt: skip
    holds, notes = beside(found.released, (*left, *here), source, least)
    return replace(found, holds=(*found.holds, *holds), notes=(*found.notes, *notes))


def known_models(earlier: Sequence[LeftModel]) -> list[str]:
    """Digests of the models that a submission was compared with: for its release, which looks for others."""
    return sorted(sha256_hex(each.content) for each in earlier)


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
    from ..methods.disclosure.models.models import Checked

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
