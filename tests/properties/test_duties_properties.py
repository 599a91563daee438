"""Histories of people who try to take up duties: whatever they try in whichever order, nobody ends up with two
for the data of the same persons, and nobody is refused without a cause. Against a plain reference."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import event, given, settings
from hypothesis import strategies as st

from dalgubeol.nouns.dataset import Sensitivity, highest
from dalgubeol.rules.duties import Duty, Origin, Part, reasons_of_duties

PEOPLE = ("kim", "lee", "park")
_ACTS = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(list(Duty)), st.lists(st.integers(0, 9), min_size=1, max_size=2))  # fmt: skip


@st.composite
def lineages(draw: st.DrawFn) -> Mapping[str, Origin]:
    """Up to ten Datasets, each made of earlier ones; sensitivity is inherited, lowered by some."""
    made: dict[str, Origin] = {}
    for number in range(10):
        sources = draw(st.lists(st.sampled_from(sorted(made)), max_size=2, unique=True)) if made else []
        if sources:
            inherited = highest(made[source].sensitivity for source in sources)
            lowered = draw(
                st.sampled_from(
                    [inherited, inherited, min(inherited, Sensitivity.PSEUDONYMISED, key=lambda s: s.rank), Sensitivity.ANONYMOUS]
                )
            )  # fmt: skip
        else:
            lowered = draw(st.sampled_from([Sensitivity.PERSONAL, Sensitivity.PERSONAL, *Sensitivity]))
        made[str(number)] = Origin(lowered, tuple(sources))
    return made


def persons_in(dataset: str, origins: Mapping[str, Origin]) -> set[str]:
    """Whose data it is, in plain words: its own, and that of everything of persons that it was made from."""
    origin = origins[dataset]
    if origin.sensitivity not in ("personal", "pseudonymised"):
        return set()
    above = [persons_in(source, origins) for source in origin.sources]
    return set().union(*above) or {dataset}


def share(left: tuple[str, ...], right: tuple[str, ...], origins: Mapping[str, Origin]) -> bool:
    mine = set().union(*(persons_in(each, origins) for each in left))
    return bool(mine & set().union(*(persons_in(each, origins) for each in right)))


@given(origins=lineages(), tried=st.lists(_ACTS, max_size=25))
@settings(max_examples=400, deadline=None)
def test_no_history_leaves_anybody_with_two_duties_for_the_same_persons(
    origins: Mapping[str, Origin], tried: list[tuple[str, Duty, list[int]]]
) -> None:
    history: dict[str, list[Part]] = {person: [] for person in PEOPLE}
    for number, (person, duty, chosen) in enumerate(tried):
        datasets = tuple(str(each) for each in chosen)
        had = history[person]
        expected = {
            p.duty for p in had if p.duty is not duty and share(datasets, p.datasets, origins)
        }  # fmt: skip
        reasons = reasons_of_duties(duty, datasets, had, origins)
        event(f"refused: {bool(reasons)}")
        assert {r.code for r in reasons} == {f"duty.{each.value}" for each in expected}
        assert len(reasons) == len(expected)
        if not reasons:
            had.append(Part(duty, f"act-{number}", datasets))
    for parts in history.values():
        for one in parts:
            for other in parts:
                assert one.duty is other.duty or not share(one.datasets, other.datasets, origins)
