"""The look at what goes out of a pseudonymisation, before it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..errors import Refused
from ..language import say
from .pseudonymise_papers import DIRECT

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.policy.plan import Plan


def looked_at(
    batches: Iterable[pa.RecordBatch], made: Plan, linking: str | None, *, apart: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The batches that go out; columns `apart` are not looked at. Raises Refused behind the last: what was written then
    counts for nothing."""
    from ..methods.privacy.stream.survey import EvenSample

    sample, rows = EvenSample(), 0
    for batch in batches:
        sample.add(batch, rows)
        rows += batch.num_rows
        yield batch
    check_published(sample.finish().drop_columns(list(apart)), made, linking)


def check_published(result: pa.Table, made: Plan, linking: str | None = None) -> None:
    """Look at what goes out with the eyes that looked at what came in."""
    from ..methods.privacy.columns import identify

    tokens = {c for c in made.published if made.policy.pseudonym(c) is not None} | {linking}
    left = [p for p in identify.propose_roles(result) if p.role == DIRECT and p.column not in tokens]
    if left:
        raise Refused(
            "pseudonymise.left",
            say("Direct identifiers would be left in: {columns}.", columns=", ".join(p.column for p in left)),
            say("Take these columns out of --keep, or generalise them."),
        )
