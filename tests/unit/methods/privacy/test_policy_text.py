"""A policy is read with errors that name the line, and written so that reading it again gives the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.policy.policy import Policy
from dalgubeol.methods.privacy.policy.policy_text import built, line_of, loaded, parsed, quoted, to_toml

GOOD = """\
# what the clerk wrote
edition = 1
project = "prevention"
person = "person_no"

[models]
k = 3

[search]
suppression_limit = 0.02

[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]

[columns.age]
role = "quasi-identifier"
steps = [
  # first this
  {do = "generalise", widths = [5, 10], at_least = 1},
]

[columns."업종 (2024)"]
role = "quasi-identifier"
steps = [{do = "generalise", groups = "industry"}]

[columns.weeks]
role = "plain"

[[groups]]
of = "industry"
name = "production"
values = ["steel", 24]

[[groups]]
of = "industry"
name = "service"
values = ["shop"]

[[groups]]
of = "industry"
level = 2
name = "all that is known"
values = ["production", "service"]
"""


def test_a_good_policy_says_what_becomes_of_each_column() -> None:
    policy = parsed(GOOD)
    assert policy.quasi == ("age", "업종 (2024)")
    assert policy.pseudonym("person_no") is not None
    assert not policy.goes("weeks")
    assert policy.goes("a column that nobody named")
    assert policy.models.k == 3
    assert policy.groups[0].values == ("steel", "24")
    how = policy.generalisation("age")
    assert how is not None
    assert (how.widths, how.at_least, how.at_most) == ((5.0, 10.0), 1, None)


def test_written_and_read_again_it_is_the_same() -> None:
    policy = parsed(GOOD)
    text = to_toml(policy, notes={"age": ["its name says so\nreally", "18 values"]})
    assert parsed(text) == policy
    assert "# its name says so really\n# 18 values\n[columns.age]" in text


_NAMES = st.text(min_size=1, max_size=8)
_STEPS = st.lists(
    st.one_of(
        st.just({"do": "generalise"}),
        st.builds(lambda w: {"do": "generalise", "widths": [w, 2 * w]}, st.floats(1e-3, 1e6)),
        st.builds(lambda n: {"do": "generalise", "prefixes": [n + 1, n]}, st.integers(1, 9)),
        st.just({"do": "generalise", "dates": ["month", "year"], "at_most": 2}),
        st.just({"do": "generalise", "hierarchy": "h"}),
    ),
    max_size=1,
)


@settings(max_examples=150, deadline=None)
@given(
    columns=st.dictionaries(_NAMES, _STEPS, min_size=1, max_size=4),
    csv=st.text(min_size=1),
    values=st.lists(st.text(max_size=5), min_size=1, unique=True),
    k=st.integers(2, 1000),
    limit=st.floats(0, 1),
)
def test_any_policy_survives_being_written(
    columns: dict[str, list[object]], csv: str, values: list[str], k: int, limit: float
) -> None:
    policy = built(
        {
            "project": "p",
            "models": {"k": k},
            "search": {"suppression_limit": limit},
            "columns": {c: {"role": "quasi-identifier", "steps": steps} for c, steps in columns.items()},
            "groups": [{"of": "g", "name": "all", "values": values}],
            "hierarchies": {"h": {"csv": csv, "delimiter": ","}},
        }
    )
    assert parsed(to_toml(policy)) == policy


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("k = 3", "k = 1", 7, "models.k: it must be at least 2"),
        ("k = 3", "kk = 3", 7, "models.kk: it is not known"),
        ("k = 3", 'k = "three"', 7, "models.k: it must be a whole number"),
        ("k = 3", "k = ", 7, "cannot be read as TOML"),
        ('role = "plain"', 'role = "plian"', 28, "columns.weeks.role: it must be one of"),
        ("widths = [5, 10]", 'widths = ["five"]', 18, "columns.age.steps[1].widths[1]: it must be a number"),
        ('do = "pseudonym"', 'do = "pseudonim"', 14, "columns.person_no.steps[1]: there is no step of this name"),
        ('groups = "industry"', 'groups = "industries"', 25, "there are no [[groups]] of industries"),
        ('values = ["production", "service"]', 'values = ["production"]\nlevl = 2', 45, "groups[3].levl: it is not known"),
        ('values = ["production", "service"]', 'values = ["shops"]', 44, "names of groups of the level below; 1 are not"),
        ('values = ["shop"]', 'values = ["steel"]', 38, "in another group of the same level"),
        ('person = "person_no"', 'person = "nobody"', 4, "it names nobody"),
        ("at_least = 1", "at_least = 2, at_most = 1", 18, "it is more than at_most"),
        ("widths = [5, 10]", "widths = [5, 10], prefixes = [1]", 18, "one way of becoming coarser"),
        ('role = "plain"', 'role = "plain"\nsteps = [{do = "pseudonym"}]', 29, "only a direct identifier"),
        ('{do = "pseudonym"}', '{do = "pseudonym"}, {do = "delete"}', 14, "stands alone"),
        ('role = "plain"', 'role = "plain"\nsteps = [{do = "generalise", widths = [5]}]', 29, "needs a form and a level"),
        ("edition = 1", "edition = 2", None, "edition 2 of the format"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int | None, said: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(Invalid) as raised:
        parsed(GOOD.replace(old, new))
    assert said in str(raised.value)
    if line is not None:
        assert f"Line {line} " in str(raised.value)
    assert raised.value.next_step.text("en")


def test_without_a_quasi_identifier_nothing_would_be_protected() -> None:
    with pytest.raises(Invalid, match="at least one column must be a quasi-identifier"):
        parsed('project = "p"\n[columns.a]\nrole = "plain"\n')


def test_a_line_is_found_behind_long_texts() -> None:
    text = 'a = 1\n\n[hierarchies.h]\ncsv = """\n1;[\n2;*\n"""\ndelimiter = ";"\n[[g]]\nx = 1\n[[g]]\nx = 2\n'
    assert line_of(text, ("hierarchies", "h", "delimiter")) == 8
    assert line_of(text, ("hierarchies", "h", "csv")) == 4
    assert line_of(text, ("g", 1, "x")) == 12
    assert line_of(text, ("b",)) is None


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_a_policy_or_an_error_of_ours(text: str) -> None:
    try:
        read: Policy | None = parsed(text)
    except Invalid:
        read = None
    assert read is None or parsed(to_toml(read)) == read


@pytest.mark.parametrize(
    "text",
    [
        "a = [\n" + "1,\n" * 6000 + "]\n" + GOOD,
        "a" + ".a" * 20_000 + " = 1\n",
        '"a"' + ' . "a"' * 20_000 + " = 1\n",
        "k = 1" + "0" * 5000 + "\n",
        "edition = 0x1" + "0" * 50_000 + "\n" + GOOD,
        GOOD.replace("k = 3", "k = 1" + "0" * 400),
        "a = " + "[" * 50_000 + "]" * 50_000,
    ],
    ids=["lines", "dots", "quoted-dots", "digits", "hexadecimal", "sixty-four-bits", "nested"],
)
def test_a_small_text_made_to_take_long_is_refused_soon(text: str) -> None:
    began = time.process_time()
    with pytest.raises(Invalid) as error:
        parsed(text)
    assert time.process_time() - began < 8
    assert len(str(error.value)) < 1000


def test_the_code_of_an_error_names_no_value_of_a_column() -> None:
    matrix = 'steps = [{do = "pram", matrix = {"비밀병원" = {"비밀병원" = "x"}}}]'
    with pytest.raises(Invalid) as error:
        parsed(GOOD.replace('role = "plain"', f'role = "plain"\n{matrix}'))
    assert error.value.code == "invalid.policy.columns.weeks.steps.matrix"


def _hostile() -> dict[str, str]:
    """Four megabytes each, of what takes long to read as TOML or to check as a policy."""
    units = {
        "arrays": "[],", "numbers": "1,", "texts": '"",', "days": "1979-05-27,", "tables": "{a=1},",
        "steps": '{do="round",to=1},',
    }  # fmt: skip
    size = 3_900_000
    made = {name: f"x = [{unit * (size // len(unit))}]\n" for name, unit in units.items()}
    made["headers"] = "[[a]]\n" * (size // 6)
    made["columns"] = "".join(f'[columns.c{n}]\nrole="plain"\n' for n in range(120_000))
    made["joined lines"] = 'x = """' + "\\\n" * (size // 2) + '"""\n'
    made["notes"] = "#\n" * (size // 2)
    return made


@pytest.mark.parametrize(("name", "text"), _hostile().items(), ids=_hostile().keys())
def test_four_megabytes_made_to_take_long_are_refused_before_they_are_read(name: str, text: str) -> None:
    began = time.process_time()
    with pytest.raises(Invalid) as error:
        parsed(text)
    assert time.process_time() - began < 1.5
    assert error.value.code == "invalid.policy.size"


def test_a_hierarchy_of_many_values_is_no_hostile_policy() -> None:
    """A hundred thousand values in quotes, as lines or as the writer of policies puts them on one line."""
    lines = "".join(f"{n};{n // 100};*\n" for n in range(100_000))
    for written in (f'"""\n{lines}"""', quoted(lines)):
        text = f"{GOOD}\n[hierarchies.many]\ncsv = {written}\n"
        assert len(loaded(text)["hierarchies"]["many"]["csv"]) == len(lines)


COUNTS = """
[[counts]]
name = "costs"
groups = {age = ["30", "40"]}
epsilon = 1.0
total = "weeks"
lowest = 0
highest = 100
"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            ("suppression_limit = 0.02", "suppression_limit = 0.02\nweights = {age = -1}"),
            "search.weights.age",
        ),
        (
            ("suppression_limit = 0.02", "suppression_limit = 0.02\nweights = {age = inf}"),
            "search.weights.age",
        ),
        (
            ("suppression_limit = 0.02", "suppression_limit = 0.02\nweights = {age = 1e300}"),
            "search.weights.age",
        ),
        (("highest = 100", "highest = 1e300"), "counts[1].highest"),
        (("highest = 100", "highest = inf"), "counts[1].highest"),
        (("lowest = 0", "lowest = -1e18"), "counts[1].highest"),
        (("highest = 100", "highest = 100\nunit = 1e-300"), "counts[1].highest"),
        (("highest = 100", "highest = 1e12\nrows_per_person = 10000"), "counts[1].epsilon"),
        (("epsilon = 1.0", "epsilon = 1e-300"), "counts[1].epsilon"),
        (("highest = 100", "highest = -1"), "counts[1].lowest"),
    ],
)
def test_absurd_weights_and_bounds_are_told_with_their_place(change: tuple[str, str], named: str) -> None:
    assert parsed(GOOD + COUNTS).counts[0].highest == 100
    with pytest.raises(Invalid) as error:
        parsed((GOOD + COUNTS).replace(*change))
    assert named in str(error.value)
