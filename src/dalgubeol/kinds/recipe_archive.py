"""A recipe as a Dataset: an archive of three files, which goes from one Run to the next.

- `policy.toml`: what is done to the table, as the first Run did it;
- `recipe.json`: what the search found (methods/privacy/recipe.py);
- `given NAME.parquet`: what went out so far, counted: labels, sensitive values and pseudonyms that were published.

It holds nothing that the published tables do not hold, is as sensitive as they are, and is destroyed with them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from ..errors import Invalid
from ..language import Message, say
from .archive import pack, unpack
from .contract import Work

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.anonymity import Optimum
    from ..methods.privacy.delivery.given import Given
    from ..methods.privacy.delivery.recipe import Recipe
    from ..methods.privacy.hierarchy import Hierarchy
    from ..methods.privacy.local import Recoding
    from ..methods.privacy.policy.plan import Plan
    from ..methods.privacy.policy.policy import Policy

_NO_KEY = bytes(32)  # what a step looks at does not depend on the key
_POLICY, _RECIPE, _GIVEN = "policy.toml", "recipe.json", "given {name}.parquet"


def check(made: Plan) -> None:
    """Raises `Invalid`, with every reason, where the policy's result cannot be carried over to another delivery."""
    reasons = list(_against(made))
    if reasons:
        raise Invalid(
            "invalid.recipe.policy",
            say("Of this policy no recipe can be made: {reasons}.", reasons=tuple(reasons)),
            say("Change the policy, or run it without a recipe."),
        )


def _against(made: Plan) -> Iterator[Message]:
    from ..methods.privacy.policy import plan as plans

    policy = made.policy
    if policy.models.needs_population:
        yield say("a model counts in a population")
    if any(each.hierarchy is not None for each in policy.models.closeness):
        yield say("a closeness goes by a hierarchy")
    looking = [c for c in made.quasi if any(t.looks for t in plans.techniques(made, c, _NO_KEY))]
    looking += [c for each in policy.microaggregate for c in each.columns if c in made.quasi]
    if looking:
        yield say("steps of {columns} are fitted to one delivery", columns=", ".join(sorted({*looking})))


def rules_of(policy: Policy) -> object:
    """What labels and pseudonyms mean, for the recipe's digest."""
    return policy.model_dump(mode="json", include={"project", "person", "columns", "groups", "hierarchies"})


def recipe_of(
    policy: Policy, best: Optimum, hierarchies: Iterable[Hierarchy], finer: Recoding | None
) -> Recipe:
    from ..methods.privacy.delivery.recipe import recipe_from

    splits = None if finer is None else finer.splits
    return recipe_from(best, tuple(hierarchies), rules=rules_of(policy), splits=splits)


def published_person(made: Plan) -> str | None:
    """The column by which rows of one person are put together in what goes out, if there is one."""
    if made.person is None or made.person not in made.published:
        return None
    step = made.policy.pseudonym(made.person)
    return made.person if step is not None and not step.per_row else None


@contextmanager
def kept(
    work: Work, made: Plan, best: Optimum, hierarchies: Iterable[Hierarchy], finer: Recoding | None
) -> Iterator[Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]]:
    """Around the writing of what goes out: looks at the batches as they pass, and writes the recipe behind them,
    if one was asked for. Raises `Invalid`, before anything is written, where no recipe can be made."""
    from ..methods.privacy.delivery.given import GrowingGiven

    if not work.parameters.recipe:
        yield lambda batches: batches
        return
    check(made)
    recipe, person = recipe_of(made.policy, best, hierarchies, finer), published_person(made)
    seen = GrowingGiven(recipe, person)

    def passing(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            seen.add(batch)
            yield batch

    yield passing
    write(work, made.policy, recipe, seen.finish())


def write(work: Work, policy: Policy, recipe: Recipe, given: Given) -> None:
    work.write_bytes(
        "recipe",
        packed(policy, recipe, given),
        {"recipe": {"project": policy.project, "deliveries": given.deliveries}},
    )


def packed(policy: Policy, recipe: Recipe, given: Given) -> bytes:
    """The archive; the same content always gives the same bytes."""
    import pyarrow.parquet as pq

    from ..methods.privacy.delivery.recipe import to_json
    from ..methods.privacy.policy.policy_text import to_toml

    files = {_POLICY: to_toml(policy).encode(), _RECIPE: to_json(recipe).encode()}
    for name, table in given.tables().items():
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", use_dictionary=False)
        files[_GIVEN.format(name=name)] = sink.getvalue()
    return pack(files)


def unpacked(stream: BinaryIO) -> tuple[Policy, Recipe, Given]:
    """Raises `Invalid` for what `packed` did not make."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ..methods.privacy.delivery.given import given_from
    from ..methods.privacy.delivery.recipe import parsed, rules_digest
    from ..methods.privacy.policy.policy_models import models_of
    from ..methods.privacy.policy.policy_text import parsed as policy_of

    try:
        files = unpack(stream)
        policy = policy_of(files[_POLICY].decode())
        recipe = parsed(files[_RECIPE].decode())
        tables = {
            name: pq.read_table(io.BytesIO(files.pop(file)))
            for file in list(files)
            if file not in (_POLICY, _RECIPE)
            for name in [file.removeprefix("given ").removesuffix(".parquet")]
        }
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, pa.ArrowException):
        raise _no_recipe() from None
    # What has to hold is the policy's: a recipe that asks for less is not one of ours.
    if rules_digest(rules_of(policy)) != recipe.made_with or {*models_of(policy)} != {*recipe.models}:
        raise _no_recipe()
    return policy, recipe, given_from(tables, recipe)


def _no_recipe() -> Invalid:
    return Invalid(
        "invalid.recipe",
        say("This is no recipe that can be read: it is damaged, or of another edition."),
        say("Take the recipe that came out of the first Run, unchanged."),
    )
