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

from ....language import Message
from ..values import text_of

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


class Top(Part):
    """Numbers above a limit become the limit (steps/coding.py)."""

    do: Literal["top"]
    value: float | None = Field(default=None, description="The limit")
    percentile: float | None = Field(default=None, gt=0, lt=100, description="The limit, as a percentile of the column")  # fmt: skip


class Bottom(Part):
    """Numbers below a limit become the limit (steps/coding.py)."""

    do: Literal["bottom"]
    value: float | None = Field(default=None, description="The limit")
    percentile: float | None = Field(default=None, gt=0, lt=100, description="The limit, as a percentile of the column")  # fmt: skip


class Round(Part):
    """Numbers become multiples of a base (steps/rounding.py)."""

    do: Literal["round"]
    base: float = Field(gt=0)
    random: bool = Field(default=False, description="Up or down at random, so that sums stay right on average")  # fmt: skip


class Noise(Part):
    """Numbers get noise of a stated standard deviation (steps/noise.py)."""

    do: Literal["noise"]
    sd: float = Field(gt=0, description="In the column's unit; of multiplied noise a share of the value")
    shape: Literal["gaussian", "laplace"] = "gaussian"
    multiplied: bool = False


class MicroAggregate(Part):
    """Groups of near values become their mean (steps/microaggregation.py)."""

    do: Literal["microaggregate"]
    k: int = Field(ge=2, description="The least number of persons in a group")


class Pram(Part):
    """Categories become others with a stated chance (steps/pram.py)."""

    do: Literal["pram"]
    stay: float | None = Field(default=None, ge=0, lt=1, description="The chance that a category stays")
    matrix: dict[Value, dict[Value, float]] = Field(default_factory=dict, description="Or every chance: category, then what it becomes")  # fmt: skip
    invariant: bool = Field(default=True, description="Keep the counts of the categories as they are in expectation")  # fmt: skip


class Age(Part):
    """A date of birth becomes an age in years (steps/age.py)."""

    do: Literal["age"]
    on: date = Field(description="The day on which the age is counted")


class Mask(Part):
    """What identifies somebody is taken out of free text (steps/mask.py)."""

    do: Literal["mask"]
    how: Literal["tag", "numbered", "stars", "delete"] = "tag"
    types: tuple[str, ...] = Field((), description="Which kinds of identifiers; all if none is named")


Step = Annotated[
    Delete
    | Keep
    | Pseudonym
    | Generalise
    | Top
    | Bottom
    | Round
    | Noise
    | MicroAggregate
    | Pram
    | Age
    | Mask,
    Field(discriminator="do"),
]


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
    """A hierarchy in ARX's form: a line per value, `value;label;...;*`. `file` is for who writes a policy: its
    lines are written into it (policy_files.py) before anything is done."""

    csv: str = ""
    file: str | None = None
    delimiter: str = Field(";", min_length=1, max_length=1)

    @model_validator(mode="before")
    @classmethod
    def _by_commas(cls, given: Any) -> Any:
        """As of a file: without a word on it, a first line without `;` has its labels between commas."""
        text = given.get("csv") if isinstance(given, dict) and "delimiter" not in given else None
        first = text.lstrip().partition("\n")[0] if isinstance(text, str) else ""
        return {**given, "delimiter": ","} if "," in first and ";" not in first else given


class Together(Part):
    """Columns of numbers that are grouped together (steps/mdav.py), after the steps of each."""

    columns: tuple[str, ...] = Field(min_length=2)
    k: int = Field(ge=2, description="The least number of persons in a group")


class Diversity(Part):
    """How different a sensitive column must be in every class."""

    column: str
    kind: Literal["distinct", "entropy", "recursive"] = "distinct"
    l: float = Field(gt=1)  # noqa: E741 - the literature's name
    c: float | None = Field(default=None, gt=0, description="Of recursive diversity")


class Closeness(Part):
    """How near the distribution of a sensitive column in a class must be to that in the table."""

    column: str
    t: float = Field(ge=0, le=1)
    distance: Literal["equal", "ordered", "hierarchical"] = "equal"
    hierarchy: str | None = Field(default=None, description="Of the hierarchical distance: a [hierarchies.NAME]")  # fmt: skip


class Presence(Part):
    """Between which chances one may know that somebody of the population is in the table."""

    lowest: float = Field(default=0.0, ge=0, le=1)
    highest: float = Field(ge=0, le=1)


class Models(Part):
    """What must hold for what goes out; all of it together."""

    k: int = Field(default=5, ge=2, le=100_000, description="The least number of persons in an equivalence class")  # fmt: skip
    k_map: int | None = Field(default=None, ge=2, description="The least number of persons of the population that a class fits")  # fmt: skip
    strict_risk: float | None = Field(default=None, gt=0, le=1, description="The highest risk of any person")
    average_risk: float | None = Field(default=None, gt=0, le=1, description="The highest mean risk of the rows")  # fmt: skip
    diversity: tuple[Diversity, ...] = ()
    closeness: tuple[Closeness, ...] = ()
    presence: Presence | None = None
    population_count: str | None = Field(default=None, description="The column of the population that says for how many persons a row stands")  # fmt: skip

    @property
    def needs_population(self) -> bool:
        return self.k_map is not None or self.presence is not None

    @property
    def holds_tuples(self) -> bool:
        """Whether a search keeps the distinct tuples of a large table too: more is asked than numbers of persons."""
        return bool(self.presence or self.average_risk is not None or self.diversity or self.closeness)


Weight = Annotated[float, Field(ge=0, le=1_000_000)]


class Search(Part):
    """How the generalisation is looked for."""

    suppression_limit: float = Field(default=0.05, ge=0, le=1, description="The largest share of rows that may be left out")  # fmt: skip
    recoding: Literal["global", "local", "local-partial"] = Field(default="global", description="One level for a whole column, or finer where a class allows it")  # fmt: skip
    weights: dict[str, Weight] = Field(default_factory=dict, description="How much a column's loss counts, 1 if not named")  # fmt: skip
    gs_factor: float = Field(default=0.5, ge=0, le=1, description="0: only suppression costs less, 1: only coarseness (as in ARX)")  # fmt: skip
    aggregate: Literal["geometric", "arithmetic", "rank", "maximum", "sum"] = "geometric"
    seconds: float | None = Field(default=None, gt=0, description="Stop with the best found so far")


class Counts(Part):
    """A table of differentially private counts, and sums (steps/private_counts.py)."""

    name: str = Field(pattern=r"^[A-Za-z0-9가-힣][A-Za-z0-9가-힣 ._-]{0,60}$")
    groups: dict[str, tuple[Value, ...]] = Field(min_length=1, description="Column to the values that are counted")  # fmt: skip
    epsilon: float = Field(gt=0, le=100)
    delta: float = Field(default=0.0, ge=0, lt=0.01)
    rows_per_person: int = Field(default=1, ge=1, le=10_000, description="With how many rows a person counts at most")  # fmt: skip
    total: str | None = Field(default=None, description="A column to sum, too")
    lowest: float | None = Field(default=None, description="A value below this counts as this")
    highest: float | None = Field(default=None, description="A value above this counts as this")
    unit: float = Field(default=1.0, gt=0, description="Sums are whole multiples of this")


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
    microaggregate: tuple[Together, ...] = ()
    counts: tuple[Counts, ...] = ()

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

    @property
    def group_levels(self) -> dict[str, dict[int, dict[str, str]]]:
        """Of each set of groups, by level from 1 on, the name of the group that each value is in; above level 1 the
        values are groups of the level below."""
        made: dict[str, dict[int, dict[str, str]]] = {}
        for group in sorted(self.groups, key=lambda each: each.level):
            made.setdefault(group.of, {}).setdefault(group.level, {}).update(dict.fromkeys(group.values, group.name))  # fmt: skip
        return made

    def goes(self, column: str) -> bool:
        """Whether nothing of the column may go out."""
        named = self.columns.get(column)
        if named is None:
            return True
        return any(isinstance(s, Delete) for s in named.steps) or (
            named.role == "direct identifier" and not named.steps
        )

    def made_another(self, column: str) -> bool:
        """Whether no value of the column goes out as it came in: a token, an age, a masked text, a coarser label.
        What looks like a direct identifier may go out as that, and is looked at again on its way."""
        how = self.generalisation(column)
        coarser = how is not None and (bool(how.level or how.at_least) or how.region == "address")
        return coarser or any(isinstance(s, Pseudonym | Age | Mask) for s in self.columns[column].steps)

    def pseudonym(self, column: str) -> Pseudonym | None:
        return next((s for s in self.columns[column].steps if isinstance(s, Pseudonym)), None)

    @model_validator(mode="after")
    def _agrees(self) -> Policy:
        from .policy_rules import faults

        found = tuple(faults(self))
        if found:
            raise wrong("Policy", *found)
        return self
