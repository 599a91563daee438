"""`pseudonymise` does what its policy says; the simple parameters are the same policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest

from dalgubeol.errors import DalguError, Invalid, Refused
from dalgubeol.kinds.pseudonymise import Pseudonymise, policy_of
from dalgubeol.language import Message, restored
from dalgubeol.verbs.parameters import checked_parameters

HEAD = 'project = "p"\nperson = "person_no"\n[models]\nk = 2\n[search]\nsuppression_limit = 0.5\n'
PERSON = '[columns.person_no]\nrole = "direct identifier"\nsteps = [{do = "pseudonym"}]\n'
AGE = '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", widths = [5, 10]}]\n'


class InMemory:
    """The part of a Work that this kind uses, on tables in memory."""

    def __init__(self, table: pa.Table, parameters: Mapping[str, Any]) -> None:
        self.parameters = Pseudonymise.Parameters.model_validate(parameters)
        self._table, self.seed = table, 0
        self.written: dict[str, tuple[pa.Table, Mapping[str, Any]]] = {}

    def table(self, slot: str) -> pa.Table:
        assert slot == "data"
        return self._table

    def project_key(self, project: str) -> bytes:
        return project.encode().ljust(32, b"\1")

    def progress(self, fraction: float, stage: Message) -> None:
        assert 0 <= fraction <= 1

    def write_table(self, output: str, table: pa.Table, about: Mapping[str, Any] | None = None) -> None:
        self.written[output] = (table, about or {})


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


def test_when_all_rows_may_be_left_out_and_are_the_papers_say_so() -> None:
    table = pa.table({"person_no": [f"P{i}" for i in range(6)], "age": [1, 2, 3, 4, 5, 6]})
    policy = HEAD.replace("0.5", "1.0") + PERSON + '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", widths = [1], at_most = 1}]\n'  # fmt: skip
    made, about = run(table, {"policy": policy})
    assert made.num_rows == 0
    assert "All rows are left out" in said(about)
