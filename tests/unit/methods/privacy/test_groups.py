"""A name that comes again higher up holds what it held below, or the names are no tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.methods.privacy.policy.groups import names_astray


def test_a_name_may_grow_and_may_not_change() -> None:
    assert list(names_astray([{"cook": "food", "baker": "food", "nurse": "nurse"}, {"nurse": "care"}])) == []
    assert list(names_astray([{"cook": "cook", "baker": "cook"}])) == []  # it holds what it held
    assert list(names_astray([{"cook": "baker", "baker": "cook"}])) == [(1, "baker"), (1, "cook")]
    assert list(names_astray([{"cook": "a", "baker": "b"}, {"a": "b", "b": "a"}])) == [(2, "b"), (2, "a")]
    assert list(names_astray([])) == []


_NAMES = st.sampled_from("abcde")


@given(st.lists(st.dictionaries(_NAMES, _NAMES), min_size=1, max_size=4))
def test_it_is_found_exactly_where_members_are_lost(levels: list[dict[str, str]]) -> None:
    """Against the plain definition: of each name the values at each level, each pair of levels compared."""
    steps = [{value: value for value in levels[0]}]
    for level in levels:
        steps.append({value: level.get(label, label) for value, label in steps[-1].items()})
    members = [
        {n: {v for v, label in step.items() if label == n} for n in set(step.values())} for step in steps
    ]
    lost = {
        (high, name)
        for high in range(1, len(members))
        for name, here in members[high].items()
        if (below := [m[name] for m in members[:high] if name in m]) and not below[-1] <= here
    }
    assert set(names_astray(levels)) == lost
