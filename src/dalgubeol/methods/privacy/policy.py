"""What is done to a table of persons: a policy, as a clerk writes it in `policy.toml` and as programs hold it.

The rules of this file:

- A policy is a frozen value. `policy_text.parsed` is the one builder for what came from outside, and
  `policy_text.to_toml` writes it back so that reading it again gives the same value.
- It says what is done, not why it may be done: purpose and legal basis are the project's.
- A column that is named nowhere goes. A role says what a column is without any steps: a direct identifier is
  deleted, a quasi-identifier takes part in the search, the others are kept.
- The steps of a column are made in the order written, and all of them before the search: what is counted is
  what goes out. `generalise` comes last, because a step after it would change what was counted.
- Numbers here are the clerk's. A value that is to come from the data says so (`percentile`).

Roles are those of the guideline on pseudonymisation (가명정보 처리 가이드라인).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from ...language import Message
from .values import text_of

EDITION = 1
"""The edition of the format that is read and written here."""

Role = Literal["direct identifier", "quasi-identifier", "sensitive", "plain"]


class Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True, regex_engine="python-re"
    )


def _text(value: object) -> object:
    return value if isinstance(value, str) else text_of(value)


Value = Annotated[str, BeforeValidator(_text)]
"""A value of a column, as `values.text_of` writes it: 34, 34.0 and "34" are one."""


def wrong(model: str, *found: tuple[tuple[str | int, ...], Message]) -> ValidationError:
    """What a rule over several fields holds against them, each with its place."""
    details: list[InitErrorDetails] = [
        {"type": PydanticCustomError("said", "{said}", {"said": said}), "loc": loc, "input": None}
        for loc, said in found
    ]
    return ValidationError.from_exception_data(model, details)


class Delete(Part):
    """The column goes."""

    do: Literal["delete"]


class Keep(Part):
    """The column stays as it is."""

    do: Literal["keep"]


class Pseudonym(Part):
    """A keyed token instead of the value (tokens.py)."""

    do: Literal["pseudonym"]
    per_row: bool = Field(False, description="A token of its own for each row, so that a person's rows cannot be put together")  # fmt: skip


DateUnit = Literal["month", "quarter", "year", "decade"]


class Generalise(Part):
    """How a column may become coarser. Exactly one form; without any it is kept or hidden."""

    do: Literal["generalise"]
    widths: tuple[float, ...] = Field((), description="Numbers: widths of the intervals, each a multiple of the one before")  # fmt: skip
    bottom: float | None = Field(None, description="Numbers: all below this are one group")
    top: float | None = Field(None, description="Numbers: all from this on are one group")
    dates: tuple[DateUnit, ...] = Field((), description="Dates: month, quarter, year, decade")
    prefixes: tuple[int, ...] = Field((), description="Codes: how many leading characters stay, fewer and fewer")  # fmt: skip
    region: Literal["address", "code"] | None = Field(None, description="Korean regions: an address, or a code of the legal districts (법정동코드)")  # fmt: skip
    groups: str | None = Field(None, description="The name of [[groups]] of this policy")
    hierarchy: str | None = Field(None, description="The name of a [hierarchies.NAME] of this policy")
    at_least: int | None = Field(None, ge=0, description="Make it coarser by at least so many steps")
    at_most: int | None = Field(None, ge=0, description="Make it coarser by at most so many steps")
    level: int | None = Field(None, ge=0, description="Make it coarser by exactly so many steps, whatever the search would choose")  # fmt: skip

    @property
    def forms(self) -> tuple[str, ...]:
        """Which ways of becoming coarser it names."""
        return tuple(
            name
            for name in ("widths", "dates", "prefixes", "region", "groups", "hierarchy")
            if getattr(self, name)
        )


Step = Annotated[Delete | Keep | Pseudonym | Generalise, Field(discriminator="do")]


class Column(Part):
    """One column: what it is and what is done to it, in this order."""

    role: Role
    steps: tuple[Step, ...] = ()


class Group(Part):
    """A group of values of a level of a set of groups. Above level 1 its values are groups of the level below."""

    of: str = Field(min_length=1, description="The set of groups it belongs to")
    level: int = Field(1, ge=1)
    name: str
    values: tuple[Value, ...] = Field(min_length=1)


class Hierarchy(Part):
    """A hierarchy in ARX's form: a line per value, `value;label;...;*`."""

    csv: str = Field(min_length=1)
    delimiter: str = Field(";", min_length=1, max_length=1)


class Models(Part):
    """What must hold for what goes out."""

    k: int = Field(
        default=5, ge=2, le=100_000, description="The least number of persons in an equivalence class"
    )


class Search(Part):
    """How the generalisation is looked for."""

    suppression_limit: float = Field(default=0.05, ge=0, le=1, description="The largest share of rows that may be left out")  # fmt: skip


class Policy(Part):
    """All that is done to a table."""

    edition: Literal[1] = Field(default=1, description="The edition of this format")
    project: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$", description="The project: its pseudonyms cannot be linked with another's")  # fmt: skip
    person: str | None = Field(None, description="The column that says which rows are one person")
    models: Models = Field(default_factory=Models)
    search: Search = Field(default_factory=Search)
    columns: dict[str, Column] = Field(min_length=1)
    groups: tuple[Group, ...] = ()
    hierarchies: dict[str, Hierarchy] = Field(default_factory=dict)

    @property
    def quasi(self) -> tuple[str, ...]:
        return tuple(self.with_role("quasi-identifier"))

    def with_role(self, role: Role) -> Iterator[str]:
        return (name for name, column in self.columns.items() if column.role == role)

    def steps(self, column: str) -> tuple[Any, ...]:
        """The steps of a column that change its values: neither keep, delete, pseudonym nor generalise."""
        apart = (Keep, Delete, Pseudonym, Generalise)
        return tuple(step for step in self.columns[column].steps if not isinstance(step, apart))

    def generalisation(self, column: str) -> Generalise | None:
        """How a column becomes coarser, if its steps say so."""
        return next((s for s in self.columns[column].steps if isinstance(s, Generalise)), None)

    def goes(self, column: str) -> bool:
        """Whether nothing of the column may go out."""
        named = self.columns.get(column)
        if named is None:
            return True
        return any(isinstance(s, Delete) for s in named.steps) or (
            named.role == "direct identifier" and not named.steps
        )

    def pseudonym(self, column: str) -> Pseudonym | None:
        return next((s for s in self.columns[column].steps if isinstance(s, Pseudonym)), None)

    @model_validator(mode="after")
    def _agrees(self) -> Policy:
        from .policy_rules import faults

        found = tuple(faults(self))
        if found:
            raise wrong("Policy", *found)
        return self


def day(value: object) -> date:
    """For the builder of a policy out of simple parameters."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))
