"""Fitted models: what is left of their degrees of freedom, and the persons behind a dummy variable.

ACRO's rule: at least 10 residual degrees of freedom. A coefficient of a group of few persons tells about them as
a cell of their mean would (SACRO guide, "linear and non-linear regression"). What is read from text is what
statsmodels (`summary()`) and R (`summary(lm)`, `summary(glm)`, `anova`) print: "Df Residuals: 25", or "Df Residuals:,25"
where the summary was stored as CSV, as ACRO does; "on 48 degrees of freedom"; and terms such as `C(area)[T.3]`, `factor(area)3`, `area[T.3]`, `area_3`, `area3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...language import say
from .cells import SMALLEST_CELL
from .finding import Finding
from .reading import cell_text

if TYPE_CHECKING:
    import pyarrow as pa

RESIDUAL_DEGREES_OF_FREEDOM = 10

# Every form is bounded: an unbroken text must not keep the checks busy longer than it is long.
_RESIDUAL = (
    re.compile(r"Df\s{1,20}Residuals?\W{1,160}?(-?\d+(?:\.\d+)?)", re.IGNORECASE),
    re.compile(r"(?:Residual[^\n]{0,60}\bon|\bon)\s+(-?\d+(?:\.\d+)?)\s+(?:residual\s+)?degrees?\s+of\s+freedom", re.IGNORECASE),
    re.compile(r"^Residuals?\s+(-?\d+(?:\.\d+)?)\s+-?\d", re.IGNORECASE | re.MULTILINE),
    re.compile(r"\bdf_resid\w*\W{1,4}(-?\d+(?:\.\d+)?)", re.IGNORECASE),
    re.compile(r"F-statistic:[^\n]{0,200}?\bon\s+\d+\s+and\s+(-?\d+(?:\.\d+)?)\s+DF", re.IGNORECASE),
)  # fmt: skip
_BRACKETED = re.compile(
    r"(?:C\(|factor\()?\s{0,20}(?<![\w.])([^\W\d][\w.]*+)[^\[\]\n]{0,60}?\)?\[(?:T\.)?([^\]\n]{1,60})\]"
)
_FACTOR = re.compile(r"(?:factor|as\.factor)\(\s*([^\W\d][\w.]*)\s*\)(\S{1,60})")


def too_few_degrees_of_freedom(
    residual: float, least: float = RESIDUAL_DEGREES_OF_FREEDOM
) -> tuple[Finding, ...]:
    """A fitted model with fewer residual degrees of freedom than `least` may give its data back."""
    message = say("The model leaves fewer than {least} residual degrees of freedom.", least=least)
    return () if residual >= least else (Finding("degrees_of_freedom", None, None, message),)


def residual_degrees_of_freedom(text: str) -> tuple[float, ...]:
    """Every residual degree of freedom that a printed regression names, in the order of the text."""
    matches = [match for form in _RESIDUAL for match in form.finditer(text)]
    places = {match.start(1): float(match[1]) for match in matches}
    return tuple(places[at] for at in sorted(places))


def thin_models(text: str, least: float = RESIDUAL_DEGREES_OF_FREEDOM) -> tuple[Finding, ...]:
    """One finding if any model in the text is too thin."""
    return too_few_degrees_of_freedom(min(residual_degrees_of_freedom(text), default=least), least)


def small_dummies(text: str, source: pa.Table, threshold: int = SMALLEST_CELL) -> tuple[Finding, ...]:
    """Lines of a printed regression with a coefficient of a group that has fewer than `threshold` rows of `source`.

    `row` is the line, from 1. Terms are looked for by the names of `source`'s columns.
    """
    sizes: dict[str, dict[str, int]] = {}
    plain = _plain_terms(source.column_names)
    found = set()
    for line, content in enumerate(text.splitlines(), start=1):
        for column, value in _terms(content, plain):
            if column not in source.column_names:
                continue
            if column not in sizes:
                sizes[column] = _sizes(source, column)
            if 0 < sizes[column].get(cell_text(_stripped(value)), threshold) < threshold:
                found.add(line)
    return tuple(
        Finding("small_dummy", line, None, say("Line {row}: a coefficient of a group of fewer than {threshold}.", row=line, threshold=threshold))
        for line in sorted(found)
    )  # fmt: skip


def _terms(line: str, plain: re.Pattern[str] | None) -> Iterator[tuple[str, str]]:
    for match in (*_BRACKETED.finditer(line), *_FACTOR.finditer(line)):
        yield match[1], match[2]
    if plain is not None:
        for match in plain.finditer(line):
            yield match[1], match[2]


def _plain_terms(names: Sequence[str]) -> re.Pattern[str] | None:
    """`area_3` (pandas) and `area3`, `areaSouth` (R), at the beginning of a line or of a cell."""
    if not names:
        return None
    longest_first = "|".join(re.escape(each) for each in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?:^|[\s,\"'])({longest_first})_?([^\s,\"'\[\]()]{{1,60}})(?=$|[\s,\"'])")


def _stripped(value: str) -> str:
    return value.strip().strip("'\"")


def _sizes(source: pa.Table, column: str) -> dict[str, int]:
    import pyarrow.compute as pc

    counted = pc.value_counts(source.column(column).combine_chunks())
    sizes: dict[str, int] = {}
    for each in counted.to_pylist():
        text = cell_text(each["values"])
        sizes[text] = sizes.get(text, 0) + each["counts"]
    return sizes
