"""Pictures among the files of a script: only charts drawn again from their pixels leave, beside the table behind them.

The bytes that wait in the airlock and leave it are ours, never the script's (`methods.disclosure.images` says what is
gone then, and what is not). Whether a picture shows what its table says, or more, is for the reviewers to see: it is
asked for as `chart.png` beside `chart.csv`; `chart-1.png` and `chart_by_age.png` are of that table too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..language import say

if TYPE_CHECKING:
    from ..methods.disclosure.finding import Finding

MOST_PICTURES = 20
"""Of one submission; each is drawn again, which takes time."""
_JOINTS = "-_. ("


def is_picture(name: str) -> bool:
    return name.lower().endswith(".png")


def drawn_again(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files with their pictures drawn again. What is no picture, or one too many, stays: it is held."""
    from ..methods.disclosure.images import drawn

    made = dict(files)
    for name in sorted(filter(is_picture, files))[:MOST_PICTURES]:
        again, _ = drawn(files[name])
        made[name] = files[name] if again is None else again
    return made


def is_ours(content: bytes) -> bool:
    """Whether a picture is what `drawn_again` makes of it."""
    from ..methods.disclosure.images import drawn

    return drawn(content)[0] == content


def check_picture(name: str, content: bytes, names: Sequence[str]) -> tuple[tuple[Finding, ...], int | None]:
    """What is held against a picture among files of these names, and the number of the table behind it."""
    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.images import image_findings

    pictures = sorted(filter(is_picture, names))
    if name in pictures[MOST_PICTURES:]:
        message = say("There are more than {most} pictures.", most=MOST_PICTURES)
        return (Finding("too_many_pictures", None, None, message),), None
    found = image_findings(content)
    behind = table_behind(name, names)
    if behind is not None:
        return found, sorted(names).index(behind) + 1
    message = say("The table that this picture was drawn from is not among the files.")
    return (*found, Finding("image_table", None, None, message)), None


def table_behind(name: str, names: Iterable[str]) -> str | None:
    """The table (CSV) whose name the picture's begins with, the longest such."""
    stem = name[: -len(".png")]
    tables = [each for each in names if each.lower().endswith(".csv")]
    of_it = [t for t in tables if stem == (base := t[:-4]) or (stem.startswith(base) and stem[len(base)] in _JOINTS)]  # fmt: skip
    return max(of_it, key=len, default=None)
