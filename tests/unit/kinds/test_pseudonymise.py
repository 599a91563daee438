"""`pseudonymise` does what its policy says; the simple parameters are the same policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest

from dalgubeol.errors import DalguError, Invalid, Refused
from dalgubeol.kinds.pseudonymise import Pseudonymise, policy_of
from dalgubeol.language import Message, restored
from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from dalgubeol.verbs.runs.parameters import checked_parameters

HEAD = 'project = "p"\nperson = "person_no"\n[models]\nk = 2\n[search]\nsuppression_limit = 0.5\n'
PERSON = '[columns.person_no]\nrole = "direct identifier"\nsteps = [{do = "pseudonym"}]\n'
AGE = '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", widths = [5, 10]}]\n'


class InMemory:
    """The part of a Work that this kind uses, on tables in memory."""

    basis, keeps_mapping, key_edition = "28-2", False, 3

    def __init__(
        self, table: pa.Table, parameters: Mapping[str, Any], population: pa.Table | None = None
    ) -> None:
        self.population = population
        self.parameters = Pseudonymise.Parameters.model_validate(parameters)
        self._table, self.seed = table, 0
        self.written: dict[str, tuple[pa.Table, Mapping[str, Any]]] = {}

    def dataset(self, slot: str) -> Dataset:
        return Dataset(
            "ds-1", "people", Form.TABLE, Sensitivity.PERSONAL, False, "person-1", "org", (), self.table(slot).num_rows, 0,
            "0", DatasetState.KEPT, "2026-01-01T00:00:00.000+00:00",
        )  # fmt: skip

    def has(self, slot: str) -> bool:
        return slot == "data" or (slot == "population" and self.population is not None)

    def table(self, slot: str) -> pa.Table:
        if slot == "population" and self.population is not None:
            return self.population
        assert slot == "data"
        return self._table

    def batches(
        self, slot: str, rows: int = 7, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        table = self.table(slot)
        yield from (table if columns is None else table.select(columns)).to_batches(max_chunksize=rows)

    def telling(self) -> None:
        pass

    def project_key(self, project: str) -> bytes:
        return project.encode().ljust(32, b"\1")

    def progress(self, fraction: float, stage: Message) -> None:
        assert 0 <= fraction <= 1

    def write_table(
        self, output: str, table: pa.Table | Iterable[pa.RecordBatch], about: Mapping[str, Any] | None = None
    ) -> None:
        whole = table if isinstance(table, pa.Table) else pa.Table.from_batches(table)
        self.written[output] = (whole, about or {})


def people(rows: int = 48) -> pa.Table:
    lines = [f"P{i % (rows // 3):03d},사람{i},{30 + i % 8},{i % 2},{i}" for i in range(rows)]
    return pa.csv.read_csv(pa.BufferReader(("person_no,name,age,male,cost\n" + "\n".join(lines)).encode()))


def run(table: pa.Table, parameters: Mapping[str, Any]) -> tuple[pa.Table, Mapping[str, Any]]:
    work = InMemory(table, parameters)
    Pseudonymise().execute(work)  # type: ignore[arg-type]
    return work.written["pseudonymised"]


def said(about: Mapping[str, Any]) -> str:
    return "\n".join(restored(line).text("en") for line in about["said"])


def test_a_policy_does_what_the_same_simple_parameters_do() -> None:
    simple, policy = (example.parameters for example in list(Pseudonymise().examples())[:2])
    first, second = run(people(), simple), run(people(), policy)
    assert first[0] == second[0]
    assert first[1]["generalisation"] == second[1]["generalisation"]
    assert first[1]["risk"] == second[1]["risk"]


def test_groups_in_json_become_groups_of_the_policy() -> None:
    groups = [{"30": "a", "31": "a", "32": "b"}, {"a": "all", "b": "all"}]
    asked = {"project": "p", "quasi": ["age"], "generalise": {"age": {"groups": groups, "at_most": 1}}}
    policy = policy_of(Pseudonymise.Parameters.model_validate(asked))
    assert [(g.level, g.name, g.values) for g in policy.groups] == [
        (1, "a", ("30", "31")),
        (1, "b", ("32",)),
        (2, "all", ("a", "b")),
    ]
    how = policy.generalisation("age")
    assert how is not None
    assert (how.groups, how.at_most) == ("age", 1)


def test_papers_hold_the_policy_and_no_value_of_it() -> None:
    policy = (
        HEAD + PERSON + '[columns.age]\nrole="quasi-identifier"\nsteps=[{do="generalise", hierarchy="ages"}]\n'
        '[hierarchies.ages]\ncsv = """\n' + "".join(f"{30 + i};canary-{i % 2};*\n" for i in range(8)) + '"""\n'
    )  # fmt: skip
    table, about = run(people(), {"policy": policy})
    assert about["policy"]["columns"]["age"]["steps"] == [{"do": "generalise", "hierarchy": "ages"}]
    assert "canary" not in str(about)
    assert table.column_names == ["person_no", "age"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "Parameter project of 'pseudonymise': it is needed."),
        ({"project": "p"}, "Parameter quasi of 'pseudonymise': it is needed."),
        ({"policy": HEAD}, "Parameter policy of 'pseudonymise': The policy, columns: it is needed."),
        ({"policy": HEAD + PERSON + AGE.replace("widths", "width")}, "Line 12 of the policy, columns.age.steps[1].width: it is not known"),
        ({"policy": HEAD + PERSON + AGE, "k": 7}, "Parameter k of 'pseudonymise': the policy says it: leave --k out."),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_named_before_anything_runs(
    parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid) as raised:
        checked_parameters(Pseudonymise(), parameters)
    assert said in str(raised.value)


_UNREACHABLE = HEAD.replace("0.5", "0") + PERSON + AGE.replace("[5, 10]", "[5, 10], at_most = 0")


@pytest.mark.parametrize(
    ("policy", "family", "said"),
    [
        (HEAD + PERSON + AGE.replace("columns.age", "columns.agee"), Invalid, "agee"),
        (HEAD.replace("k = 2", "k = 17") + PERSON + AGE, Invalid, "Ask for a k of at most 16"),
        (_UNREACHABLE.replace("k = 2", "k = 8"), Invalid, "at least 48 of 48 rows (100.00%) must be suppressed"),
        (HEAD + PERSON + AGE + '[columns.name]\nrole = "plain"\n', Refused, "name"),
        (HEAD + PERSON + AGE.replace("widths = [5, 10]", 'dates = ["year"]'), Invalid, "8 distinct values of column age are no dates"),
        (HEAD + PERSON + AGE.replace("widths = [5, 10]", 'hierarchy = "h"') + '[hierarchies.h]\ncsv = "30;*\\n31;*"\n', Invalid, "6 values of column age"),
        (HEAD + PERSON + AGE.replace("widths = [5, 10]", 'hierarchy = "h"') + '[hierarchies.h]\ncsv = "30;a;b\\n31;a;c"\n', Invalid, "separates values that level 1 joins"),
        (HEAD + PERSON + AGE.replace("widths = [5, 10]", 'hierarchy = "h"') + '[hierarchies.h]\ncsv = "30;a;*\\n31;*"\n', Invalid, "same number of labels"),
        (HEAD + PERSON + AGE.replace("widths = [5, 10]", "widths = [5, 7]"), Invalid, "larger multiple"),
        (HEAD + PERSON + AGE.replace("widths = [5, 10]", "widths = [5], at_least = 9"), Invalid, "0..2"),
    ],
)  # fmt: skip
def test_a_policy_that_does_not_fit_the_table_says_what_to_do(
    policy: str, family: type[DalguError], said: str
) -> None:
    with pytest.raises(family) as raised:
        run(people(), {"policy": policy})
    assert said in str(raised.value)
    assert raised.value.next_step.text("ko")
    assert "사람" not in raised.value.detail.text("en")


def test_nan_and_empty_texts_are_values_of_their_own() -> None:
    table = pa.table(
        {
            "person_no": [f"P{i:03d}" for i in range(12)],
            "age": pa.array([float("nan"), None, 30.0, 30.0] * 3),
            "city": ["", " ", "중구", "중구"] * 3,
        }
    )
    policy = HEAD + PERSON + AGE + '[columns.city]\nrole = "quasi-identifier"\n'
    made, about = run(table, {"policy": policy})
    assert made.num_rows == 12 - about["generalisation"]["suppressed_rows"]
    assert about["generalisation"]["smallest_class"] >= 2


def test_a_table_of_which_all_rows_would_be_left_out_is_not_made() -> None:
    table = pa.table({"person_no": [f"P{i}" for i in range(6)], "age": [1, 2, 3, 4, 5, 6]})
    policy = HEAD.replace("0.5", "1.0") + PERSON + '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", widths = [1], at_most = 1}]\n'  # fmt: skip
    with pytest.raises(Invalid, match="all rows would be suppressed"):
        run(table, {"policy": policy})


ALL_STEPS = (
    HEAD
    + PERSON
    + """
[columns.born]
role = "quasi-identifier"
steps = [
  {do = "age", on = 2025-01-01},
  {do = "top", value = 60},
  {do = "generalise", widths = [10, 20]},
]

[columns.address]
role = "quasi-identifier"
steps = [{do = "generalise", region = "address"}]

[columns.wage]
role = "sensitive"
steps = [{do = "bottom", percentile = 10}, {do = "noise", sd = 2.5, shape = "laplace"}, {do = "round", base = 1}]

[columns.height]
role = "plain"

[columns.weight]
role = "plain"

[columns.weeks]
role = "plain"
steps = [{do = "microaggregate", k = 12}]

[columns.kind]
role = "sensitive"
steps = [{do = "pram", stay = 0.8}]

[columns.memo]
role = "sensitive"
steps = [{do = "mask"}]

[[microaggregate]]
columns = ["height", "weight"]
k = 3

[[counts]]
name = "by kind"
groups = {kind = ["fall", "cut", "burn"]}
epsilon = 1
total = "weeks"
lowest = 0
highest = 10
"""
)


def rich_table() -> pa.Table:
    n = 90
    return pa.table(
        {
            "person_no": [f"P{i:03d}" for i in range(n)],
            "born": [f"{1950 + i % 45}-{1 + i % 12:02d}-15" for i in range(n)],
            "address": [
                f"대구 {('중구', '수성구', '달서구')[i % 3]} {('가', '나')[i % 2]}동 {i}" for i in range(n)
            ],
            "wage": [200.0 + i for i in range(n)],
            "height": [150.0 + i % 40 for i in range(n)],
            "weight": [50.0 + i % 37 for i in range(n)],
            "weeks": [i % 11 for i in range(n)],
            "kind": [("fall", "cut", "burn")[i % 3] for i in range(n)],
            "memo": [f"홍길동 010-1234-{i:04d}에 연락" for i in range(n)],
            "name": [f"사람{i}" for i in range(n)],
        }
    )


def test_every_step_of_a_policy_is_made_and_told_of() -> None:
    pytest.importorskip("opendp", reason="extra `noise` is not installed")
    work = InMemory(rich_table(), {"policy": ALL_STEPS})
    Pseudonymise().execute(work)  # type: ignore[arg-type]
    table, about = work.written["pseudonymised"]
    counts, budget = work.written["counts"]
    made = {(step["column"], step["step"]): step["cells_changed"] for step in about["steps"]}
    assert made["born", "age"] == 90
    assert made["born", "top"] == sum(year < 1964 for year in (1950 + i % 45 for i in range(90)))
    assert made["memo", "mask"] == 90
    assert made["wage", "noise"] == 90
    assert 0 < made["kind", "pram"] < 60
    assert made["height", "microaggregate together"] > 0
    assert len(set(table["weeks"].to_pylist())) < 11
    assert all("010" not in text and "홍길동" not in text for text in table["memo"].to_pylist())
    assert set(table.column_names) == {"person_no", "born", "address", "wage", "height", "weight", "weeks", "kind", "memo"}  # fmt: skip
    assert not set(table["address"].to_pylist()) & set(rich_table()["address"].to_pylist())
    assert counts.column_names == ["query", "kind", "count", "sum of weeks"]
    assert (budget["epsilon"], budget["delta"]) == (1.0, 0)
    assert "spend a privacy budget of epsilon 1" in said(budget)
    assert about["policy"]["counts"][0]["groups"] == {"kind": 3}
    assert "burn" not in str(about) + str(budget)
    assert "memo: identifiers in texts masked changed 90 cells (100.0 %)." in said(about)
    again = run(rich_table(), {"policy": ALL_STEPS.split("[[counts]]")[0]})[0]
    assert again == table


def test_the_outputs_are_declared_by_the_policy() -> None:
    outputs = Pseudonymise().outputs(Pseudonymise.Parameters.model_validate({"policy": ALL_STEPS}))
    assert [output.name for output in outputs] == ["pseudonymised", "counts"]


def test_groups_of_identifiers_are_not_counted() -> None:
    policy = ALL_STEPS.replace('groups = {kind = ["fall", "cut", "burn"]}', 'groups = {name = ["사람1"]}')
    with pytest.raises(Refused, match="cannot be counted by: name"):
        run(rich_table(), {"policy": policy})


MODELS = """
[[models.diversity]]
column = "kind"
l = 2

[[models.closeness]]
column = "wage"
t = 0.6
distance = "ordered"
"""


@pytest.mark.parametrize("recoding", ["global", "local", "local-partial"])
def test_models_hold_in_every_class_by_an_independent_count(recoding: str) -> None:
    policy = (
        HEAD.replace("suppression_limit = 0.5", f'suppression_limit = 0.2\nrecoding = "{recoding}"') + MODELS + PERSON
        + '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", widths = [2, 4, 8, 16, 32, 64]}]\n'
        '[columns.kind]\nrole = "sensitive"\n[columns.wage]\nrole = "sensitive"\n'
    )  # fmt: skip
    n = 120
    table = pa.table(
        {
            "person_no": [f"P{i:03d}" for i in range(n)],
            "age": [20 + (i * i) % 61 for i in range(n)],
            "kind": ["cut" if i % 4 else "fall" for i in range(n)],
            "wage": [i % 7 for i in range(n)],
        }
    )
    made, about = run(table, {"policy": policy})
    classes: dict[str, list[tuple[str, str]]] = {}
    for age, person, kind in zip(*(made[c].to_pylist() for c in ("age", "person_no", "kind")), strict=True):
        classes.setdefault(age, []).append((person, kind))
    assert min(len({person for person, _ in rows}) for rows in classes.values()) >= 2
    assert min(len({kind for _, kind in rows}) for rows in classes.values()) >= 2
    assert made.num_rows >= 0.8 * n
    assert ("local" in about["generalisation"]) == (recoding != "global")


def test_a_class_fits_enough_persons_of_the_population() -> None:
    """k_map = 6: counted plainly, a class of labels has 6 persons of the population or more."""
    policy = (
        HEAD.replace("k = 2", 'k = 2\nk_map = 6\npopulation_count = "persons"').replace("0.5", "0.2") + PERSON
        + '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "top", value = 50}, {do = "generalise", widths = [2, 4, 8, 16, 32]}]\n'
    )  # fmt: skip
    ages = [20 + (i * i) % 41 for i in range(60)]
    table = pa.table({"person_no": [f"P{i:03d}" for i in range(60)], "age": ages})
    population = pa.table({"age": list(range(18, 70)), "persons": [1 + a % 3 for a in range(18, 70)]})
    work = InMemory(table, {"policy": policy}, population)
    Pseudonymise().execute(work)  # type: ignore[arg-type]
    made, about = work.written["pseudonymised"]
    width = [None, 2, 4, 8, 16, 32][about["generalisation"]["levels"]["age"][0]]
    assert width is not None
    crowd: dict[int, int] = {}
    for age, persons in zip(population["age"].to_pylist(), population["persons"].to_pylist(), strict=True):
        crowd[min(age, 50) // width] = crowd.get(min(age, 50) // width, 0) + persons
    lowest = {int(label[1:].split(",")[0]) // width for label in made["age"].to_pylist()}
    assert min(crowd[low] for low in lowest) >= 6


def test_without_a_population_its_models_cannot_be_asked_for() -> None:
    policy = HEAD.replace("k = 2", "k = 2\nk_map = 5") + PERSON + AGE
    with pytest.raises(Invalid, match="--population"):
        run(people(), {"policy": policy})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('{do = "top", value = 60}', '{do = "top"}'), "a value or a percentile"),
        (("{do = \"pram\", stay = 0.8}", '{do = "pram"}'), "one chance of staying or a whole matrix"),
        (("{do = \"pram\", stay = 0.8}", '{do = "pram", matrix = {fall = {fall = 0.5}}}'), "sum to 1"),
        (("{do = \"pram\", stay = 0.8}", '{do = "pram", matrix = {fall = {cut = 1.0}}}'), "a row of its own"),
        (('{do = "mask"}', '{do = "mask", types = ["nose"]}'), "it must be one of: "),
        (("lowest = 0\nhighest = 10\n", ""), "never taken from the data"),
        (('total = "weeks"\n', ""), "it goes with total"),
        (('["fall", "cut", "burn"]', '["fall", "fall"]'), "each of them once"),
        (('columns = ["height", "weight"]', 'columns = ["height", "name"]'), "name does not go out"),
        (('columns = ["height", "weight"]', 'columns = ["height", "height"]'), "twice"),
        (("[columns.height]", '[[models.diversity]]\ncolumn = "born"\nl = 2\n[columns.height]'), "is no quasi-identifier"),
        (("[columns.height]", '[[models.diversity]]\ncolumn = "kind"\nl = 2\nc = 3\n[columns.height]'), "c goes with the recursive kind"),
        (("[columns.height]", '[[models.diversity]]\ncolumn = "kind"\nl = 2.5\n[columns.height]'), "a whole number"),
        (("[columns.height]", "[models.presence]\nlowest = 0.5\nhighest = 0.4\n[columns.height]"), "more than highest"),
        (("[columns.height]", "[search.weights]\nwage = 2\n[columns.height]"), "only a quasi-identifier has a weight"),
        (('{do = "round", base = 1}', '{do = "round", base = 0}'), "it must be more than 0"),
        (("on = 2025-01-01", "on = 2025"), "born.steps[1].on"),
    ],
)  # fmt: skip
def test_a_step_that_makes_no_sense_is_named(change: tuple[str, str], said: str) -> None:
    assert ALL_STEPS.count(change[0]) == 1
    with pytest.raises(Invalid) as raised:
        checked_parameters(Pseudonymise(), {"policy": ALL_STEPS.replace(*change)})
    assert said in str(raised.value)


def test_what_is_diverse_is_what_goes_out() -> None:
    """Two illnesses that go out as one word are one: whoever knows the age would know the word."""
    table = pa.table({
        "person_no": [f"P{i:03d}" for i in range(16)],
        "age": [30] * 8 + [40] * 8,
        "illness": ["lung", "liver"] * 4 + ["flu", "cold"] * 4,
    })  # fmt: skip
    grouped = (
        '[columns.illness]\nrole = "sensitive"\nsteps = [{do = "generalise", groups = "g", level = 1}]\n'
        '[[groups]]\nof = "g"\nname = "cancer"\nvalues = ["lung", "liver"]\n'
        '[[groups]]\nof = "g"\nname = "other"\nvalues = ["flu", "cold"]\n'
    )
    for asked in ('diversity = [{column = "illness", l = 2}]', 'closeness = [{column = "illness", t = 0.4}]'):
        work = InMemory(
            table, {"policy": HEAD.replace("k = 2\n", f"k = 2\n{asked}\n") + PERSON + AGE + grouped}
        )
        Pseudonymise().execute(work)  # type: ignore[arg-type]
        made, _ = work.written["pseudonymised"]
        of_class = made.group_by("age").aggregate([("illness", "count_distinct")])
        assert set(of_class["illness_count_distinct"].to_pylist()) == {2}
