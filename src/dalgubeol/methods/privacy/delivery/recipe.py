"""What was found on one delivery of a table, as a value that the next delivery is made with.

A recipe says how coarse each value becomes: the levels of a full-domain generalisation, or the tree of a local
recoding (`splits`). It says what has to hold (the models), how much may be left out, and what is done with
values that a hierarchy does not know. It does not hold the hierarchies: they are rules of a policy and are
built anew from it, for the values of the next delivery; `made_with` is the digest of those rules, so that
labels mean the same. A recipe holds labels that were published, and no value of a row that was left out.

`deliveries` says what is guaranteed when a recipe is applied, and `again` applies it.

`to_json` writes a recipe, `parsed` is the one builder for what comes from outside. Models that count in a
population cannot be kept over deliveries: who else is in the population says nothing of who is in two tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....errors import Invalid
from ....language import say
from ..anonymity import Optimum
from ..hierarchy import Hierarchy, Label
from ..models import (
    AverageRisk,
    Closeness,
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    Model,
    RecursiveDiversity,
    StrictRisk,
    population_of,
    sensitive_of,
)
from ..search import Levels
from ..splits import NONE, Splits
from ..values import Codes

EDITION = 1
MOST_CHARACTERS = 200_000_000
Mask = npt.NDArray[np.bool_]
Unknown = Literal["refuse", "suppress"]

_MODELS: dict[str, type[Model]] = {
    kind.__name__: kind
    for kind in (
        KAnonymity, StrictRisk, AverageRisk, DistinctDiversity, EntropyDiversity, RecursiveDiversity, Closeness
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """`levels` for a full-domain generalisation; `splits`, if there are any, for a local recoding."""

    names: tuple[str, ...]
    heights: Levels
    made_with: str
    levels: Levels
    splits: Splits | None
    models: tuple[Model, ...]
    suppression_limit: float
    unknown: Unknown = "refuse"

    def __post_init__(self) -> None:
        lengths = {len(self.names), len(self.heights), len(self.levels)}
        if len(lengths) > 1 or any(not 0 <= at <= h for at, h in zip(self.levels, self.heights, strict=True)):
            raise _broken()
        if any(population_of(model) is not None for model in self.models):
            raise Invalid(
                "invalid.recipe.population",
                say("A recipe cannot keep a model that counts in a population over several deliveries."),
                say("Search anew for the next delivery, or take a model that counts in the table."),
            )

    @property
    def sensitive(self) -> tuple[str, ...]:
        """The sensitive columns that the models look at."""
        columns = (sensitive_of(model) for model in self.models)
        return tuple(dict.fromkeys(column for column in columns if column is not None))

    def stays_exact(self, column: int) -> bool:
        """Whether every row keeps its value in that quasi-identifier, and so the type of the column."""
        return self.levels[column] == 0 and (self.splits is None or not self.splits.top)

    def levels_of(self, hierarchies: Sequence[Hierarchy], tuples: Codes) -> tuple[Codes, Mask]:
        """For each of `tuples` (codes into `hierarchies`): its levels, and whether it has any.

        Raises `Invalid` where the hierarchies have other names or heights than those of the recipe.
        """
        if (
            tuple(h.name for h in hierarchies) != self.names
            or tuple(h.height for h in hierarchies) != self.heights
        ):
            raise Invalid(
                "invalid.recipe.hierarchies",
                say("The hierarchies are not those of the recipe: other columns or levels."),
                say("Apply the recipe with the policy that it was found with."),
            )  # fmt: skip
        if self.splits is None:
            return np.tile(np.array(self.levels, np.int64), (len(tuples), 1)), np.ones(len(tuples), np.bool_)
        return self.splits.levels_of(hierarchies, tuples)


def recipe_from(
    best: Optimum,
    hierarchies: Sequence[Hierarchy],
    *,
    rules: object,
    splits: Splits | None = None,
    unknown: Unknown = "refuse",
) -> Recipe:
    """The recipe of what was found: `best`, or with `splits` a local recoding of it. `rules` say how the
    `hierarchies` were made."""
    return Recipe(
        names=best.quasi_identifiers,
        heights=tuple(h.height for h in hierarchies),
        made_with=rules_digest(rules),
        levels=best.levels if splits is None else splits.start,
        splits=splits,
        models=best.models,
        suppression_limit=best.suppression_limit,
        unknown=unknown,
    )


def rules_digest(rules: object) -> str:
    """The digest of how hierarchies are made: of rules that a person wrote, never of values of a table.

    `rules` is plain JSON data; the order of the keys of an object does not matter.
    """
    canonical = json.dumps(rules, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(b"dalgubeol recipe rules\0" + canonical.encode()).hexdigest()


def to_json(recipe: Recipe) -> str:
    """The recipe as text. Raises `Invalid` for a closeness over a tree: only the policy can name a tree."""
    trees = [m for m in recipe.models if isinstance(m, Closeness) and m.tree is not None]
    if trees:
        raise Invalid.field("models", expected=say("models that fit into a recipe: no closeness over a tree"), got=len(trees))  # fmt: skip
    made: dict[str, object] = {
        "edition": EDITION,
        "names": recipe.names,
        "heights": recipe.heights,
        "made_with": recipe.made_with,
        "levels": recipe.levels,
        "models": [_model_json(model) for model in recipe.models],
        "suppression_limit": recipe.suppression_limit,
        "unknown": recipe.unknown,
        "splits": None if recipe.splits is None else _splits_json(recipe.splits),
    }
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def parsed(text: str) -> Recipe:
    """The recipe that `text` holds. Raises `Invalid` for anything that `to_json` does not write."""
    if len(text) > MOST_CHARACTERS:
        raise Invalid.field("recipe", expected=say("at most {most} characters", most=MOST_CHARACTERS), got=len(text))  # fmt: skip
    try:
        plain = _Recipe.model_validate_json(text)
    except ValidationError:
        raise _broken() from None
    splits = None if plain.splits is None else _splits(plain, plain.splits)
    return Recipe(
        names=plain.names,
        heights=plain.heights,
        made_with=plain.made_with,
        levels=plain.levels,
        splits=splits,
        models=tuple(_model(each) for each in plain.models),
        suppression_limit=plain.suppression_limit,
        unknown=plain.unknown,
    )


def _model_json(model: Model) -> dict[str, Any]:
    made = {f.name: getattr(model, f.name) for f in fields(model) if f.name != "tree"}
    return {"model": type(model).__name__, **made}


def _model(plain: dict[str, Any]) -> Model:
    kind = _MODELS.get(str(plain.pop("model", "")))
    if kind is None:
        raise _broken()
    try:
        return kind(**plain)
    except (TypeError, ValueError):
        raise _broken() from None


def _splits_json(splits: Splits) -> dict[str, object]:
    made = asdict(splits)
    lists = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in made.items()}
    return {name: value for name, value in lists.items() if name not in ("names", "heights", "start")}


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


Number = Annotated[int, Field(ge=NONE, le=2**40)]


class _Splits(_Part):
    labels: tuple[tuple[tuple[Label, ...], ...], ...]
    kept: tuple[tuple[Number, ...], ...]
    top: bool
    attribute: tuple[Number, ...]
    level: tuple[Number, ...]
    rest: tuple[Number, ...]
    branches: tuple[tuple[Number, Number, Number], ...]


class _Recipe(_Part):
    edition: Literal[1]
    names: tuple[str, ...] = Field(min_length=1)
    heights: tuple[Number, ...]
    made_with: str = Field(pattern=r"^[0-9a-f]{64}$")
    levels: tuple[Number, ...]
    models: tuple[dict[str, Any], ...] = Field(min_length=1)
    suppression_limit: float = Field(ge=0, le=1)
    unknown: Unknown
    splits: _Splits | None


def _splits(plain: _Recipe, tree: _Splits) -> Splits:
    try:
        made = Splits(
            names=plain.names,
            heights=plain.heights,
            labels=tree.labels,
            start=plain.levels,
            kept=np.array(tree.kept, np.int64).reshape(-1, len(plain.names)),
            top=tree.top,
            attribute=np.array(tree.attribute, np.int64),
            level=np.array(tree.level, np.int64),
            rest=np.array(tree.rest, np.int64),
            branches=np.array(sorted(tree.branches), np.int64).reshape(-1, 3),
        )
        sound = _within(made) and _ends(made)
    except (ValueError, IndexError):
        sound = False
    if not sound:
        raise _broken()
    return made


def _within(tree: Splits) -> bool:
    """Whether no number of the tree points out of its arrays."""
    sizes = [[len(known) for known in levels] for levels in tree.labels]
    columns = zip(tree.start, tree.heights, sizes, tree.kept.T, strict=True)
    return (
        len(tree.level) == len(tree.rest) == tree.nodes >= len(tree.kept) + tree.top
        and all(
            len(size) == height + 1
            and 0 <= start <= height
            and bool(((kept >= 0) & (kept < size[start])).all())
            for start, height, size, kept in columns
        )
        and all(
            a == NONE or (0 <= a < len(sizes) and 0 <= level < tree.heights[a])
            for a, level in zip(tree.attribute.tolist(), tree.level.tolist(), strict=True)
        )
        and bool((tree.rest < tree.nodes).all())
        and bool(np.isin(np.flatnonzero(tree.attribute != NONE), tree.branches[:, 0]).all())
        and all(
            0 <= node < tree.nodes > child
            and tree.attribute[node] != NONE
            and 0 <= label < sizes[tree.attribute[node]][tree.level[node]]
            for node, label, child in tree.branches.tolist()
        )
    )


def _ends(tree: Splits) -> bool:
    """Whether every path ends: a child has a larger number than its parent. And no branch is there twice."""
    rests = np.flatnonzero(tree.rest != NONE)
    return (
        bool((tree.rest[rests] > rests).all())
        and bool((tree.branches[:, 2] > tree.branches[:, 0]).all())
        and len(np.unique(tree.branches[:, :2], axis=0)) == len(tree.branches)
    )


def _broken() -> Invalid:
    return Invalid(
        "invalid.recipe",
        say("This is no recipe that can be read: it is damaged, or of another edition."),
        say("Take the recipe that came out of the first Run, unchanged."),
    )
