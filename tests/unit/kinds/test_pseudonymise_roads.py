"""What is streamed and what is held as a whole come to the same table and the same papers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.kinds.pseudonymise import Pseudonymise, policy_of

from .test_pseudonymise import AGE, HEAD, PERSON, InMemory, people, rich_table
from .whole_roads import as_a_whole

PLAIN = '[columns.cost]\nrole = "plain"\n'
STEPS = """
[columns.born]
role = "quasi-identifier"
steps = [{do = "age", on = 2025-01-01}, {do = "top", value = 60}, {do = "generalise", widths = [10, 20]}]

[columns.address]
role = "quasi-identifier"
steps = [{do = "generalise", region = "address"}]

[columns.height]
role = "plain"
steps = [{do = "generalise", widths = [10], level = 1}]

[columns.wage]
role = "sensitive"
steps = [{do = "bottom", percentile = 10}, {do = "noise", sd = 2.5, shape = "laplace"}, {do = "round", base = 1}]

[columns.weeks]
role = "plain"
steps = [{do = "microaggregate", k = 12}]

[columns.kind]
role = "sensitive"
steps = [{do = "pram", stay = 0.8}]

[columns.memo]
role = "sensitive"
steps = [{do = "mask"}]
"""
GROUPS = """
[columns.industry]
role = "quasi-identifier"
steps = [{do = "generalise", groups = "industries", at_least = LEVEL}]
[[groups]]
of = "industries"
name = "made"
values = [1, 2]
[[groups]]
of = "industries"
name = "built"
values = [3]
"""


AGE_OF_RICH = """
[columns.born]
role = "quasi-identifier"
steps = [{do = "age", on = 2025-01-01}, {do = "generalise", widths = [10, 20]}]
"""
TOGETHER = """
[columns.height]
role = "plain"
[columns.weeks]
role = "plain"
[[microaggregate]]
columns = ["height", "weeks"]
k = 3
"""
LOCAL = HEAD.replace("[search]", '[search]\nrecoding = "WAY"')


def some_missing() -> pa.Table:
    """The groups name every industry that there is, and some rows have none."""
    table = people()
    return table.append_column("industry", pa.array([None if i % 12 == 5 else 1 + i % 3 for i in range(table.num_rows)], pa.int64()))  # fmt: skip


POLICIES = {
    "groups, and some miss it": (some_missing, HEAD + PERSON + PLAIN + GROUPS.replace("LEVEL", "1")),
    "nothing grouped yet, and some miss it": (some_missing, HEAD + PERSON + PLAIN + GROUPS.replace("LEVEL", "0")),
    "simple": (people, HEAD + PERSON + AGE + PLAIN),
    "nobody named": (people, HEAD.replace('person = "person_no"\n', "") + AGE + PLAIN),
    "the person counts and goes": (people, HEAD + AGE + PLAIN + '[columns.person_no]\nrole = "direct identifier"\n'),
    "a token of each row": (people, HEAD + PERSON.replace('"pseudonym"', '"pseudonym", per_row = true') + AGE + PLAIN),
    "two columns of tokens": (people, HEAD + AGE + PERSON + PERSON.replace("person_no", "name") + PLAIN),
    "only quasi-identifiers": (people, HEAD + PERSON + AGE),
    "models": (people, HEAD.replace("k = 2\n", 'k = 2\ndiversity = [{column = "cost", l = 2}]\nstrict_risk = 0.4\n') + PERSON + AGE + PLAIN),
    "models of a column that goes out in groups": (rich_table, HEAD.replace("k = 2\n", 'k = 2\ndiversity = [{column = "height", l = 2}]\ncloseness = [{column = "height", t = 0.6}]\n') + PERSON + AGE_OF_RICH + '[columns.height]\nrole = "sensitive"\nsteps = [{do = "generalise", widths = [10], level = 1}]\n'),
    "local recoding": (people, LOCAL.replace("WAY", "local") + PERSON + AGE + PLAIN),
    "partial local recoding": (some_missing, LOCAL.replace("WAY", "local-partial") + PERSON + AGE + PLAIN + GROUPS.replace("LEVEL", "0")),
    "local recoding with nobody named": (people, LOCAL.replace("WAY", "local").replace('person = "person_no"\n', "") + AGE + PLAIN),
    "local recoding and every step": (rich_table, LOCAL.replace("WAY", "local") + PERSON + STEPS),
    "local recoding that keeps diversity": (people, LOCAL.replace("WAY", "local").replace("k = 2\n", 'k = 2\ndiversity = [{column = "cost", l = 2}]\n') + PERSON + AGE + PLAIN),
    "every step": (rich_table, HEAD + PERSON + STEPS),
    "columns grouped together": (rich_table, HEAD + PERSON + AGE_OF_RICH + TOGETHER),
    "grouped together after steps of their own, with nobody named": (rich_table, HEAD.replace('person = "person_no"\n', "") + AGE_OF_RICH + TOGETHER.replace('"plain"', '"plain"\nsteps = [{do = "round", base = 5}]')),
    "quasi-identifiers grouped together": (rich_table, HEAD + PERSON + AGE_OF_RICH + TOGETHER.replace('"plain"', '"quasi-identifier"')),
    "k in a population": (people, HEAD.replace("k = 2\n", "k = 2\nk_map = 25\n") + PERSON + AGE + PLAIN),
    "presence in a population": (people, HEAD.replace("k = 2\n", "k = 2\npresence = {lowest = 0.0, highest = 0.08}\n") + PERSON + AGE + PLAIN),
    "local recoding in a population, with a step": (people, LOCAL.replace("WAY", "local").replace("k = 2\n", "k = 2\nk_map = 25\n") + PERSON + AGE.replace("[{do", '[{do = "top", value = 35}, {do') + PLAIN),
    "steps with nobody named": (rich_table, HEAD.replace('person = "person_no"\n', "") + STEPS),
}  # fmt: skip


def crowd() -> pa.Table:
    """A population of twenty of each; it has values that the table has not, and its numbers are texts."""
    ages = [str(age) for age in range(25, 50) for _ in range(20)]
    return pa.table({"name": ["x"] * len(ages), "age": ages, "male": [i % 2 for i in range(len(ages))]})


def done(
    table: pa.Table, policy: str, population: pa.Table | None = None, *, whole: bool = False
) -> tuple[pa.Table, dict[str, Any]]:
    work = InMemory(table, {"policy": policy}, population)
    if whole:
        as_a_whole(work, policy_of(work.parameters), None)
    else:
        Pseudonymise().execute(work)  # type: ignore[arg-type]
    made, about = work.written["pseudonymised"]
    return made, dict(about)


@pytest.mark.parametrize("which", POLICIES)
def test_both_roads_lead_to_the_same(which: str) -> None:
    table_of, policy = POLICIES[which]
    population = crowd() if "k_map" in policy or "presence" in policy else None
    streamed, papers = done(table_of(), policy, population)
    whole, whole_papers = done(table_of(), policy, population, whole=True)
    assert streamed.num_rows > 0
    assert streamed.equals(whole)
    for measured in ("before", "after"):
        assert papers["risk"].pop(measured) == pytest.approx(whole_papers["risk"].pop(measured))
    assert papers == whole_papers


class Keeping(InMemory):
    """Under a project that may undo its pseudonyms."""

    keeps_mapping = True
    mapping: pa.Table

    def keep_mapping(self, mapping: pa.Table) -> None:
        self.mapping = mapping


def test_both_roads_keep_the_same_mapping() -> None:
    kept = []
    for whole in (False, True):
        work = Keeping(people(), {"policy": POLICIES["two columns of tokens"][1]})
        if whole:
            as_a_whole(work, policy_of(work.parameters), None)
        else:
            Pseudonymise().execute(work)  # type: ignore[arg-type]
        kept.append(work.mapping)
    assert kept[0].num_rows > 16
    assert kept[0].equals(kept[1])


class Broken(InMemory):
    """Its storage fails in the middle of a reading."""

    def __init__(self, reading: int) -> None:
        super().__init__(people(), {"policy": HEAD + PERSON + AGE + PLAIN})
        self.left = reading

    def batches(
        self, slot: str, rows: int = 7, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        self.left -= 1
        for number, batch in enumerate(super().batches(slot, rows, columns)):
            if self.left == 0 and number == 3:
                raise OSError("gone")
            yield batch


@pytest.mark.parametrize("reading", [2, 3])
def test_a_reading_that_breaks_off_leaves_nothing(reading: int) -> None:
    work = Broken(reading)
    with pytest.raises(OSError, match="gone"):
        Pseudonymise().execute(work)  # type: ignore[arg-type]
    assert work.left == 0
    assert not work.written


def test_an_identifier_that_appears_on_the_way_out_stops_the_run_behind_the_last_batch() -> None:
    table = people().append_column("code", pa.array([f"010-1234-{i:04d}" for i in range(48)]))
    policy = (
        HEAD + PERSON + AGE + '[columns.code]\nrole = "plain"\nsteps = [{do = "mask", types = ["email"]}]\n'
    )
    work = InMemory(table, {"policy": policy})
    with pytest.raises(Refused) as refused:
        Pseudonymise().execute(work)  # type: ignore[arg-type]
    assert refused.value.code == "pseudonymise.left"
    assert not work.written


def test_a_table_without_rows_is_refused_before_anything_is_made() -> None:
    with pytest.raises(Invalid, match="at least one row"):
        done(people().slice(0, 0), HEAD + PERSON + AGE)
