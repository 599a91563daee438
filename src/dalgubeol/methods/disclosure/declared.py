"""What the author says that a column is: `spent = sum of cost by town, where year = 2023`, in the context of its file.

Nobody has to be believed: a declaration says where to look. The column is worked out again from the input as it says
(`contributions.contributed`), and where the numbers are others, the file is held. Forms:

    COLUMN = sum of WHAT [by KEYS] [, where CONDITION]
    COLUMN = 합계(WHAT) [by KEYS] [, 조건 CONDITION]

`sum` or `mean` (합계, 평균); WHAT is a column of the input or an expression of numbers, CONDITION an expression of the
language that models are described in (`dalgu_zone`), where `=` may stand for `==` and a word that is no column for a
text. Several stand in lines of their own, or are parted by semicolons.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dalgu_zone

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

AMOUNT = "(declared)"
MOST = 50
_DECLARED = re.compile(
    r"""(?:^|[;:.]\s+|;)\s*(?P<column>[^=;:<>!]{1,100}?)\s*=\s*
    (?:(?:sum|mean|average|total)\s+of\s+(?P<of>[^;]+?)|(?:sum|mean|average|합계|평균)\s*\((?P<of2>[^;]+?)\))
    (?:\s+by\s+(?P<by>[^;=<>]+?))?
    (?:\s*,?\s*(?:where|조건:?)\s+(?P<where>[^;]+?))?
    \s*\.?\s*(?=;|$)""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_SINGLE = re.compile(r"(?<![=<>!])=(?!=)")


@dataclass(frozen=True, slots=True)
class Declared:
    """`by` is empty where the table's own keys are meant."""

    column: str
    of: str
    by: tuple[str, ...] = ()
    where: str | None = None


def read(context: str) -> tuple[Declared, ...]:
    """All declarations of a text, at most MOST."""
    found = []
    for match in _DECLARED.finditer(context):
        by = tuple(each.strip() for each in re.split(r"[,+]| and ", match["by"] or "") if each.strip())
        found.append(
            Declared(
                match["column"].rpartition(". ")[2].strip(),
                (match["of"] or match["of2"]).strip(),
                by,
                match["where"],
            )
        )
    return tuple(found[:MOST])


def amounts(said: Declared, source: pa.Table) -> tuple[Any, NDArray[np.bool_]]:
    """What is added up, of every record, and which records. Raises ValueError for what cannot be read."""
    values = dalgu_zone.value_of(said.of, source)
    if values.dtype == object:
        raise ValueError("text cannot be added up")
    if said.where is None:
        return values, np.ones(source.num_rows, dtype=bool)
    chosen = dalgu_zone.value_of(condition(said.where, source.column_names), source)
    return values, np.nan_to_num(chosen) != 0


def condition(text: str, columns: list[str]) -> str:
    """A condition as `dalgu_zone` reads it. Raises ValueError."""
    if len(text) > dalgu_zone.LONGEST_EXPRESSION:
        raise ValueError("a condition is too long")
    try:
        tree = ast.parse(_SINGLE.sub("==", text.strip()), mode="eval")
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("a condition that cannot be read") from None
    return ast.unparse(_Words(frozenset(columns)).visit(tree))


class _Words(ast.NodeTransformer):
    """A bare word that is no column is a text."""

    def __init__(self, columns: frozenset[str]) -> None:
        self._columns = columns

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [self.visit(each) for each in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node if node.id in self._columns else ast.copy_location(ast.Constant(node.id), node)
