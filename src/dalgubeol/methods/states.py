"""A simulated plant's whole state as a file: named arrays with a row for each plant, and which plant and edition it is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import Invalid
from ..language import say

Shapes = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
"""Of each field: what follows the row, and its type. One is `seeds`, a number for each plant."""


def blank(shapes: Shapes, count: int) -> list[Any]:
    """Noughts for `count` plants, in the order of `shapes`."""
    return [np.zeros((count, *shape), kind) for shape, kind in shapes.values()]


def packed(plant: str, edition: int, arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, plant=np.array(plant), edition=np.array(edition), **arrays)
    return file.getvalue()


def unpacked(content: bytes, plant: str, edition: int, shapes: Shapes) -> list[Any]:
    """The arrays in the order of `shapes`. Raises Invalid for what is no state, another plant's, of another edition,
    or not whole."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            found: dict[str, Any] = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile):
        raise Invalid.field("state", expected=say("a saved plant"), got=say("something else")) from None
    told = (str(found.pop("plant", "")), str(found.pop("edition", "")))
    if told != (plant, str(edition)):
        raise Invalid.field(
            "state.edition", expected=say("{plant}, edition {edition}", plant=plant, edition=edition),
            got=say("{plant}, edition {edition}", plant=told[0] or "?", edition=told[1] or "?"),
        )  # fmt: skip
    count = found["seeds"].size if "seeds" in found else 0
    for name, (shape, kind) in shapes.items():
        got = found.get(name)
        if got is None or got.shape != (count, *shape) or got.dtype != kind:
            raise Invalid.field(
                f"state.{name}", expected=say("a row for each plant"), got=say("something else")
            )
    return [found[name] for name in shapes]
