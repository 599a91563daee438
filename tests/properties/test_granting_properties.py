"""A yes is always covered: by owning, or by a granted, valid Permit that fits. Against a plain reference."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from dalgubeol.nouns.permit import Actor, Conditions, Grant, Permit, PermitState, Purpose, Role
from dalgubeol.rules.granting import ruling

ACTOR = Actor("me", "uni", frozenset({Role.ANALYST}))
DAYS = ["2026-01-01T00:00:00.000+00:00", "2026-02-01T00:00:00.000+00:00", "2026-03-01T00:00:00.000+00:00"]
_mostly = st.sampled_from


def _dataset(number: int) -> st.SearchStrategy[Dataset]:
    return st.builds(
        Dataset,
        id=st.just(f"ds-{number}"), name=st.just(f"name-{number}"), form=st.just(Form.TABLE),
        sensitivity=_mostly(list(Sensitivity)), trade_secret=st.booleans(), owner=_mostly(["me", "other"]),
        organisation=st.just("firm"), columns=st.just(()), rows=st.just(1), size_bytes=st.just(1),
        object_id=st.just("0"), state=_mostly([DatasetState.KEPT] * 6 + list(DatasetState)), created_at=st.just(DAYS[0]),
        made_by=st.none(), sources=st.just(()), about=st.just({}), destroyed_at=st.none(),
    )  # fmt: skip


_grants = st.frozensets(_mostly(list(Grant)))
_permits = st.builds(
    Permit,
    id=st.uuids().map(str), holder=_mostly(["me", "me", "me", "other"]), organisation=st.just("uni"),
    kinds=st.frozensets(_mostly(["a", "b"])), datasets=st.lists(_mostly(["ds-0", "ds-1"]), max_size=2).map(tuple),
    grants=_grants, purpose=st.just(Purpose.STATISTICS), reason=st.just("why"),
    conditions=st.builds(Conditions, runs=st.integers(0, 2)), valid_from=_mostly(DAYS), valid_until=_mostly(DAYS),
    state=_mostly([PermitState.GRANTED] * 6 + list(PermitState)), requested_at=st.just(DAYS[0]),
    decisions=st.just(()), runs_used=st.integers(0, 2), evidence=st.just(""),
)  # fmt: skip


def covered(dataset: Dataset, permits: list[Permit], kind: str, grants: frozenset[Grant], now: str) -> bool:
    """The law in plain words."""
    if dataset.state in (DatasetState.HELD, DatasetState.DESTROYED):
        return False
    driven = Grant.EXPORT in grants or Grant.ACTUATE in grants
    if dataset.owner == "me" and not driven and dataset.sensitivity != "pseudonymised":
        return True
    for permit in permits:
        named = permit.holder == "me" and dataset.id in permit.datasets and kind in permit.kinds
        valid = permit.state == "granted" and permit.valid_from <= now < permit.valid_until
        if (
            named
            and valid
            and all(g in permit.grants for g in grants)
            and permit.runs_used < permit.conditions.runs
        ):
            return True
    return False


@given(
    chosen=st.tuples(_dataset(0), _dataset(1)).flatmap(lambda both: _mostly([both, both[:1]])),
    permits=st.lists(_permits, max_size=4),
    kind=_mostly(["a", "b"]),
    grants=_grants,
    now=_mostly(DAYS),
)
@settings(max_examples=600, deadline=None)
def test_yes_is_said_exactly_where_every_dataset_is_covered(
    chosen: tuple[Dataset, ...], permits: list[Permit], kind: str, grants: frozenset[Grant], now: str
) -> None:
    answer = ruling(ACTOR, kind, grants, chosen, permits, now)
    expected = all(covered(dataset, permits, kind, grants, now) for dataset in chosen)
    event(f"allowed: {expected}")
    assert (answer.reasons == ()) is expected
    named = {permit.id: permit for permit in permits}
    assert set(answer.permits) <= named.keys()
    for used in answer.permits:
        assert named[used].holder == "me"
        assert named[used].state is PermitState.GRANTED
