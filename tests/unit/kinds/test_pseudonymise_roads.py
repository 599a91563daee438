"""What is streamed and what is held as a whole come to the same table and the same papers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.kinds.pseudonymise import Pseudonymise
from dalgubeol.methods.privacy.stream import carried

from .test_pseudonymise import AGE, HEAD, PERSON, InMemory, people, rich_table

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
    "local recoding": (people, LOCAL.replace("WAY", "local") + PERSON + AGE + PLAIN),
    "partial local recoding": (some_missing, LOCAL.replace("WAY", "local-partial") + PERSON + AGE + PLAIN + GROUPS.replace("LEVEL", "0")),
    "local recoding with nobody named": (people, LOCAL.replace("WAY", "local").replace('person = "person_no"\n', "") + AGE + PLAIN),
    "local recoding and every step": (rich_table, LOCAL.replace("WAY", "local") + PERSON + STEPS),
    "local recoding that keeps diversity": (people, LOCAL.replace("WAY", "local").replace("k = 2\n", 'k = 2\ndiversity = [{column = "cost", l = 2}]\n') + PERSON + AGE + PLAIN),
    "every step": (rich_table, HEAD + PERSON + STEPS),
    "steps with nobody named": (rich_table, HEAD.replace('person = "person_no"\n', "") + STEPS),
}  # fmt: skip


def done(table: pa.Table, policy: str) -> tuple[pa.Table, dict[str, Any]]:
    work = InMemory(table, {"policy": policy})
    Pseudonymise().execute(work)  # type: ignore[arg-type]
    made, about = work.written["pseudonymised"]
    return made, dict(about)


@pytest.mark.parametrize("which", POLICIES)
def test_both_roads_lead_to_the_same(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table_of, policy = POLICIES[which]
    streamed, papers = done(table_of(), policy)
    monkeypatch.setattr(carried, "whole_because", lambda policy: "the test asks for it")
    whole, whole_papers = done(table_of(), policy)
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


def test_both_roads_keep_the_same_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for reason in (None, "the test asks for it"):
        monkeypatch.setattr(carried, "whole_because", lambda policy, reason=reason: reason)
        work = Keeping(people(), {"policy": POLICIES["two columns of tokens"][1]})
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
