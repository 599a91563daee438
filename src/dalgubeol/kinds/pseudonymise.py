"""`pseudonymise`: a table of persons becomes pseudonymised information (가명정보).

What is done is a policy (methods/privacy/policy.py): a file, or simple parameters that are made into one. What
happens to each column, in this order:
1. a resident registration number is deleted (PIPA art. 24-2: never hashed, never a key);
2. other direct identifiers go, or become a keyed pseudonym, different in every project;
3. the steps of a policy change values: nothing that comes later can undo what a search has proven;
4. quasi-identifiers are generalised by their hierarchies until every equivalence class holds k persons;
5. whatever is named nowhere goes, because a forgotten column is a leak.

The rows come out in another order than they went in. The measured risk before and after is in the papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, ValidationError

from ..errors import DalguError, Invalid
from ..language import Message, say
from ..nouns.budget import Loss
from . import contract, recipe_archive
from .contract import (
    OF_DATA,
    POLICY_FILE,
    Example,
    Form,
    Grant,
    Lifetime,
    Output,
    Port,
    Sensitivity,
    Slot,
    Work,
)  # fmt: skip
from .linkage_parcels import serial_column
from .pseudonymise_look import looked_at
from .pseudonymise_masked import masked_out
from .pseudonymise_papers import DIRECT, papers_of
from .whole import check_searched_size, check_size

if TYPE_CHECKING:
    from ..methods.privacy.policy.policy import Policy
    from ..methods.privacy.stream.stages import Read

_UNLESS: dict[str, Any] = {"unless": "policy"}
"""For `json_schema_extra`: needed, unless the parameter of that name is given."""


_EXAMPLE = """\
project = "example"
person = "person_no"

[models]
k = 2

[search]
suppression_limit = 0.5

[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]

[columns.age]
role = "quasi-identifier"
steps = [{do = "generalise", widths = [5, 10]}]

[columns.male]
role = "quasi-identifier"

[columns.cost]
role = "plain"
"""


class Generalisation(BaseModel):
    """How one quasi-identifier may be made coarser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    widths: tuple[float, ...] = Field(
        (), description="Numbers: widths of the intervals, each a multiple of the one before"
    )
    bottom: float | None = Field(None, description="Numbers: all below this are one group")
    top: float | None = Field(None, description="Numbers: all above this are one group")
    groups: tuple[dict[str, str], ...] = Field(
        (), description="Categories: value to group, then group to larger group (JSON)"
    )
    at_least: int | None = Field(None, description="Make it coarser by at least so many steps")
    at_most: int | None = Field(None, description="Make it coarser by at most so many steps")


class Pseudonymise:
    name: ClassVar = "pseudonymise"
    summary: ClassVar = say(
        "Pseudonymise a table of persons: identifiers out, the rest coarse enough for k persons."
    )
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar = frozenset({Port.VAULT})
    slots: ClassVar = (
        Slot("data", frozenset({Form.TABLE}), "the table of persons"),
        Slot("population", frozenset({Form.TABLE}), "who could be in it, for k_map and presence of a policy", optional=True),
    )  # fmt: skip

    class Parameters(contract.Parameters):
        project: str | None = Field(
            None,
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$",
            description="The project: its pseudonyms cannot be linked with another's",
            json_schema_extra=_UNLESS,
        )
        person: str | None = Field(
            None,
            description="The column that says which rows are one person; it becomes the pseudonym",
            json_schema_extra=OF_DATA,
        )
        quasi: tuple[str, ...] = Field(
            (),
            description="Columns that together could single somebody out",
            json_schema_extra={**OF_DATA, **_UNLESS},
        )
        keep: tuple[str, ...] = Field(
            (), description="Columns to keep as they are", json_schema_extra=OF_DATA
        )
        generalise: dict[str, Generalisation] = Field(
            default_factory=dict,
            json_schema_extra=OF_DATA,
            description="For each quasi-identifier how it may be made coarser (JSON); without one it is kept or removed",
        )
        k: int = Field(5, ge=2, le=1000, description="The least number of persons in an equivalence class")
        suppression_limit: float = Field(0.05, ge=0, le=1, description="The largest share of rows that may be left out")  # fmt: skip
        policy: str | None = Field(
            None,
            max_length=4_000_000,
            description="A policy.toml that says all this and more; it stands instead of the other parameters",
            json_schema_extra=POLICY_FILE,
        )
        recipe: bool = Field(False, description="Give a recipe too, by which pseudonymise-again makes the next delivery of the table")  # fmt: skip

        @model_validator(mode="before")
        @classmethod
        def _of_project(cls, given: Any) -> Any:
            """The project is a parameter whoever names it: whose key is handed out goes by that."""
            text = given.get("policy") if isinstance(given, Mapping) else None
            if not isinstance(text, str):
                return given
            policy = _policy_in(text)
            project = given.get("project")
            if project not in (None, policy.project):
                raise _wrong(("project", say("it is another than the policy's")))
            return {**given, "project": policy.project}

        @model_validator(mode="after")
        def _says_enough(self) -> Pseudonymise.Parameters:
            if self.policy is None:
                without = [n for n in ("project", "quasi") if not getattr(self, n)]
                if without:
                    raise _wrong(*((n, None) for n in without))
                return self
            for name, field in type(self).model_fields.items():
                usual = field.get_default(call_default_factory=True)
                if name not in ("policy", "project", "name", "recipe") and getattr(self, name) != usual:
                    raise _wrong((name, say("the policy says it: leave --{option} out", option=name.replace("_", "-"))))  # fmt: skip
            return self

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        asked = [("pseudonymised", Form.TABLE)]
        if parameters.policy is not None and _policy_in(parameters.policy).counts:
            asked.append(("counts", Form.TABLE))
        if parameters.recipe:
            asked.append(("recipe", Form.ARCHIVE))
        return tuple(Output(name, form, lowers=Sensitivity.PSEUDONYMISED) for name, form in asked)

    def spends(self, parameters: Parameters) -> Loss:
        """The private counts of the policy; their epsilons and deltas add up."""
        counts = () if parameters.policy is None else _policy_in(parameters.policy).counts
        return sum((Loss.of(each.epsilon, each.delta) for each in counts), Loss())

    def execute(self, work: Work) -> None:
        policy = policy_of(work.parameters)
        linking = serial_column(work.dataset("data"))  # a number that says nothing of anybody
        if not policy.quasi:
            masked_out(work, policy)
        else:
            _in_batches(work, policy, linking)

    def examples(self) -> Iterable[Example]:
        rows = "".join(f"{i % 8},사람{i % 8},{30 + i % 3},{i % 2},{i}\n" for i in range(24))
        yield Example(
            "Eight persons with three claims each",
            {"data": ("person_no,name,age,male,cost\n" + rows).encode()},
            {
                "project": "example", "person": "person_no", "quasi": ["age", "male"], "keep": ["cost"], "k": 2,
                "suppression_limit": 0.5, "generalise": {"age": {"widths": [5, 10]}},
            },
            Sensitivity.PERSONAL,
        )  # fmt: skip
        yield Example(
            "The same, as a policy says it",
            {"data": ("person_no,name,age,male,cost\n" + rows).encode()},
            {"policy": _EXAMPLE},
            Sensitivity.PERSONAL,
        )


def _wrong(*found: tuple[str, Message | None]) -> ValidationError:
    """Errors of single parameters, as pydantic itself says them; without a message: it is missing."""
    return ValidationError.from_exception_data(
        "Parameters",
        [
            {"type": PydanticCustomError("said", "{said}", {"said": said}) if said else "missing", "loc": (name,), "input": None}
            for name, said in found
        ],
    )  # fmt: skip


@lru_cache(maxsize=4)
def _policy_in(text: str) -> Policy:
    from ..methods.privacy.policy.policy_text import parsed

    try:
        return parsed(text)
    except DalguError as error:
        raise _wrong(("policy", error.detail)) from None


def policy_of(asked: Pseudonymise.Parameters) -> Policy:
    """The policy that is given, or that the simple parameters come to."""
    from ..methods.privacy.policy import policy_text

    if asked.policy is not None:
        return _policy_in(asked.policy)
    named = [*([asked.person] if asked.person else []), *asked.quasi, *asked.keep]
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        raise Invalid.field("columns", expected=say("each column in one role"), got=", ".join(twice))
    strange = sorted(set(asked.generalise) - {*asked.quasi})
    if strange:
        raise Invalid.field("generalise", expected=say("quasi-identifiers"), got=", ".join(strange))
    columns: dict[str, Any] = {}
    if asked.person is not None:
        columns[asked.person] = {"role": DIRECT, "steps": [{"do": "pseudonym"}]}
    for column in asked.quasi:
        how = asked.generalise.get(column)
        columns[column] = {"role": "quasi-identifier", "steps": [_step(column, how)] if how else []}
    columns |= {column: {"role": "plain"} for column in asked.keep}
    return policy_text.built(
        {
            "project": asked.project, "person": asked.person, "columns": columns,
            "models": {"k": asked.k}, "search": {"suppression_limit": asked.suppression_limit},
            "groups": [g for c, how in asked.generalise.items() for g in _groups(c, how)],
        }
    )  # fmt: skip


def _step(column: str, how: Generalisation) -> dict[str, Any]:
    given = how.model_dump(exclude={"groups"}, exclude_defaults=True)
    return {"do": "generalise", **given, **({"groups": column} if how.groups and not how.widths else {})}


def _groups(column: str, how: Generalisation) -> Iterable[dict[str, Any]]:
    for level, mapping in enumerate(how.groups, start=1):
        members: dict[str, list[str]] = {}
        for value, group in mapping.items():
            members.setdefault(group, []).append(value)
        for group, values in members.items():
            yield {"of": column, "level": level, "name": group, "values": values}


def _in_batches(work: Work, policy: Policy, linking: str | None) -> None:
    """Small or large, the table is never held: two passes over its batches."""
    from ..methods.privacy.stream.carried import carried_out

    _check_memory(work, policy)
    rows = work.dataset("data").rows
    done = carried_out(
        policy, _reader(work, "data"), lambda: work.project_key(policy.project),
        population=_reader(work, "population") if work.has("population") else None, trusted=(linking,), rows=rows,
        tell=work.progress,
    )  # fmt: skip
    about = papers_of(
        policy, done.plan, done.proposals, done.best, done.finer, done.hierarchies, done.before, done.after, done.changed,
        done.persons_below_k, work.basis, work.key_edition,
    )  # fmt: skip
    if work.keeps_mapping:
        work.keep_mapping(done.mapping())
    with recipe_archive.kept(work, done.plan, done.best, done.hierarchies, done.finer) as remembered:
        batches = remembered(looked_at(done.batches, done.plan, linking))
        work.write_table("pseudonymised", batches, about)
    if policy.counts:
        work.progress(0.98, say("counting with noise"))
        work.write_table("counts", *done.counts(work.telling))


def _check_memory(work: Work, policy: Policy) -> None:
    """Raises `Invalid` where what the search keeps would not fit, before it is read: of a population, and of all rows
    where a policy asks more of classes than how many persons they have."""
    crowd = ("population",) if policy.models.needs_population and work.has("population") else ()
    if policy.search.recoding != "global":
        check_size(work, "data", *crowd)
    elif policy.models.holds_tuples or crowd:
        check_searched_size(work, "data", *crowd, tuples=policy.models.holds_tuples)


def _reader(work: Work, slot: str) -> Read:
    return lambda columns: work.batches(slot, columns=columns)
