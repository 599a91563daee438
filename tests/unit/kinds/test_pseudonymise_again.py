"""`pseudonymise-again`: the next delivery by the recipe of the first, from one Run to the next."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.kinds import pseudonymise_again
from dalgubeol.kinds.archive import pack, unpack
from dalgubeol.kinds.pseudonymise import Pseudonymise
from dalgubeol.kinds.pseudonymise_again import PseudonymiseAgain
from dalgubeol.kinds.recipe_archive import packed, unpacked

from .test_pseudonymise import AGE, HEAD, PERSON, InMemory, said
from .whole_roads import again_as_a_whole

SEX = '[columns.sex]\nrole = "quasi-identifier"\n'
ILL = '[columns.illness]\nrole = "sensitive"\n'


class Desk(InMemory):
    """With archives."""

    def __init__(
        self, kind: Any, table: pa.Table, parameters: Mapping[str, Any], recipe: bytes = b""
    ) -> None:
        super().__init__(table, {"project": "p", "quasi": ["age"]})
        self.parameters = kind.Parameters.model_validate(parameters)
        self._recipe = recipe
        self.bytes: dict[str, bytes] = {}

    def content(self, slot: str) -> BinaryIO:
        assert slot == "recipe"
        return io.BytesIO(self._recipe)

    def keep_mapping(self, mapping: pa.Table) -> None:
        self.kept = mapping

    def write_bytes(self, output: str, content: bytes, about: Mapping[str, Any] | None = None) -> None:
        self.bytes[output] = content


def crowd(first: int = 0, rows: int = 200, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "person_no": [f"P{i:04d}" for i in range(first, first + rows)],
            "age": rng.integers(20, 60, rows),
            "sex": rng.choice(["m", "f"], rows),
            "illness": rng.choice(["flu", "gout", "none"], rows),
        }
    )


def policy(recoding: str = "global", more: str = "", k: int = 3) -> str:
    head = HEAD.replace("k = 2", f"k = {k}").replace("[search]", f'{more}[search]\nrecoding = "{recoding}"')
    return head + PERSON + AGE + SEX + ILL


def first_run(table: pa.Table, text: str) -> tuple[pa.Table, bytes]:
    work = Desk(Pseudonymise, table, {"policy": text, "recipe": True})
    Pseudonymise().execute(work)  # type: ignore[arg-type]
    return work.written["pseudonymised"][0], work.bytes["recipe"]


def next_run(table: pa.Table, recipe: bytes, **more: object) -> tuple[pa.Table, Mapping[str, Any], bytes]:
    work = Desk(PseudonymiseAgain, table, {"project": "p", **more}, recipe)
    PseudonymiseAgain().execute(work)  # type: ignore[arg-type]
    made, about = work.written["pseudonymised"]
    return made, about, work.bytes["recipe"]


@pytest.mark.parametrize("recoding", ["global", "local", "local-partial"])
def test_the_same_table_once_more_comes_out_as_it_did(recoding: str) -> None:
    first, recipe = first_run(crowd(), policy(recoding))
    again, about, _ = next_run(crowd(), recipe)
    assert again.equals(first)
    assert about["delivery"]["number"] == 2
    # Who was left out by the first is not there, and so nobody's absence is news.
    assert about["delivery"]["left_out"]["linked"] == about["delivery"]["left_out"]["of_those_who_left"] == 0


@pytest.mark.parametrize("recoding", ["global", "local", "local-partial"])
def test_three_deliveries_of_which_each_knows_those_before(recoding: str) -> None:
    first, recipe = first_run(crowd(), policy(recoding, '[[models.diversity]]\ncolumn = "illness"\nl = 2\n'))
    second, _, recipe = next_run(crowd(100, seed=1), recipe, suppression_limit=0.9)
    third, about, recipe = next_run(crowd(150, seed=2), recipe, suppression_limit=0.9)
    assert about["delivery"]["number"] == 3
    _, _, remembered = unpacked(io.BytesIO(recipe))
    assert remembered.deliveries == 3
    for number, table in enumerate((first, second, third)):
        assert remembered.each[number].rows.sum() == table.num_rows > 0
        labels = list(zip(table["age"].to_pylist(), table["sex"].to_pylist(), strict=True))
        assert min(Counter(labels).values()) >= 3
        for label in set(labels):
            ill = [i for i, each in zip(table["illness"].to_pylist(), labels, strict=True) if each == label]
            assert len(set(ill)) >= 2
    earlier = dict(zip(second["person_no"].to_pylist(), zip(second["age"].to_pylist(), second["sex"].to_pylist(), strict=True), strict=True))  # fmt: skip
    changes = Counter(
        (earlier.get(person), age, sex)
        for person, age, sex in zip(*(third[c].to_pylist() for c in ("person_no", "age", "sex")), strict=True)
    )
    assert min(changes.values()) >= 3


def test_people_are_told_why_rows_stayed_back() -> None:
    _, recipe = first_run(crowd(), policy())
    moved = crowd().set_column(1, "age", crowd(seed=3)["age"])
    _, about, _ = next_run(moved, recipe, suppression_limit=0.9)
    text = said(about)
    assert "Delivery 2, by the recipe of the first" in text
    assert "the difference between deliveries would show who is new or has changed" in text


def test_people_are_told_what_to_do_about_rows_that_stayed_back() -> None:
    _, recipe = first_run(crowd(), policy())
    moved = crowd().set_column(1, "age", crowd(seed=3)["age"])
    _, strict, _ = next_run(moved, recipe, suppression_limit=0.9)
    assert "may go out in a later delivery" in said(strict)
    assert "records = events" in said(strict)
    _, free, _ = next_run(moved, recipe, suppression_limit=0.9, records="events")
    assert "records = events" not in said(free)
    assert free["delivery"]["rows_out"] > strict["delivery"]["rows_out"]
    assert (strict["delivery"]["records"], free["delivery"]["records"]) == ("states", "events")
    with pytest.raises(Invalid, match="would show who is new, has changed or has left") as refused:
        next_run(moved, recipe, suppression_limit=0.01)
    assert "records = events" in str(refused.value.next_step)


def test_without_persons_only_this_delivery_is_counted_and_people_are_told() -> None:
    text = policy().replace('steps = [{do = "pseudonym"}]', 'steps = [{do = "delete"}]')
    _, recipe = first_run(crowd(), text)
    _, _, remembered = unpacked(io.BytesIO(recipe))
    assert not remembered.has_persons
    _, about, _ = next_run(crowd(100, seed=1), recipe, suppression_limit=0.9)
    assert "Whether the same persons came before cannot be seen" in said(about)


def test_a_recipe_holds_no_plain_value_of_a_person() -> None:
    for recoding in ("global", "local-partial"):
        _, recipe = first_run(crowd(), policy(recoding))
        files = unpack(io.BytesIO(recipe))
        given = {"given labels.parquet", "given pairs.parquet", "given people.parquet"}
        assert set(files) == {"policy.toml", "recipe.json"} | given
        assert not any(f"P{i:04d}".encode() in content for content in files.values() for i in range(200))


def test_a_recipe_that_asks_for_less_or_is_damaged_is_refused() -> None:
    _, recipe = first_run(crowd(), policy())
    files = unpack(io.BytesIO(recipe))
    for name, old, new in (
        ("recipe.json", b'"k":3', b'"k":2'),
        ("recipe.json", b'"KAnonymity"', b'"AverageRisk"'),
        ("policy.toml", b"k = 3", b"k = 2"),
        ("policy.toml", b"[5.0, 10.0]", b"[1.0, 2.0]"),
        ("given pairs.parquet", b"PAR1", b"PAR0"),
    ):
        assert old in files[name], (name, old)
        with pytest.raises(Invalid):
            next_run(crowd(), pack({**files, name: files[name].replace(old, new)}))
    for content in (b"", b"no archive", pack({"recipe.json": files["recipe.json"]})):
        with pytest.raises(Invalid, match="no recipe"):
            next_run(crowd(), content)


def test_another_project_and_a_column_that_is_gone_are_refused() -> None:
    _, recipe = first_run(crowd(), policy())
    work = Desk(PseudonymiseAgain, crowd(), {"project": "other"}, recipe)
    with pytest.raises(Invalid, match="the project of the recipe"):
        PseudonymiseAgain().execute(work)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="columns of the table"):
        next_run(crowd().drop_columns(["sex"]), recipe)


def test_of_a_step_that_is_fitted_to_one_delivery_no_recipe_is_made() -> None:
    text = policy().replace(
        'steps = [{do = "generalise"', 'steps = [{do = "microaggregate", k = 5}, {do = "generalise"'
    )
    with pytest.raises(Invalid, match="steps of age are fitted to one delivery"):
        first_run(crowd(), text)


def test_without_being_asked_for_there_is_no_recipe() -> None:
    work = Desk(Pseudonymise, crowd(), {"policy": policy()})
    Pseudonymise().execute(work)  # type: ignore[arg-type]
    assert not work.bytes
    assert [o.name for o in Pseudonymise().outputs(work.parameters)] == ["pseudonymised"]


def test_people_are_told_where_labels_overlap() -> None:
    for recoding, overlaps in (("global", False), ("local-partial", True)):
        work = Desk(Pseudonymise, crowd(), {"policy": policy(recoding)})
        Pseudonymise().execute(work)  # type: ignore[arg-type]
        assert ("labels overlap" in said(work.written["pseudonymised"][1])) is overlaps


EVERY_STEP = """
[columns.height]
role = "plain"
steps = [{do = "round", base = 10}]

[columns.place]
role = "plain"
steps = [{do = "generalise", prefixes = [1], level = 1}]

[columns.visit_no]
role = "direct identifier"
steps = [{do = "pseudonym", per_row = true}]
"""


def wide(rows: int, seed: int) -> pa.Table:
    """Persons with several rows, some spelt with a space behind; ages that are missing; columns of every kind."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "person_no": [f"P{i:03d}{' ' * (i % 2)}" for i in rng.integers(0, rows // 2, rows)],
            "age": pa.array([None if a == 20 else int(a) for a in rng.integers(20, 40, rows)], pa.int64()),
            "sex": rng.choice(["m", "f"], rows),
            "illness": rng.choice(["flu", "gout", "none"], rows),
            "height": rng.integers(150, 190, rows),
            "place": rng.choice(["a1", "a2", "b1"], rows),
            "visit_no": [f"V{i:05d}" for i in range(rows)],
        }
    )


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**16), st.integers(20, 120), st.sampled_from(["global", "local", "local-partial"]),
    st.sampled_from(["persons", "tokens of rows", "nobody"]), st.booleans(),
)  # fmt: skip
def test_a_delivery_in_batches_is_what_the_whole_table_gives(
    seed: int, rows: int, recoding: str, who: str, diverse: bool
) -> None:
    more = '[[models.diversity]]\ncolumn = "illness"\nl = 2\n' if diverse else ""
    text = policy(recoding, more, k=2) + EVERY_STEP
    if who != "persons":
        step = "{do = 'delete'}" if who == "nobody" else "{do = 'pseudonym', per_row = true}"
        text = text.replace('{do = "pseudonym"}', step, 1)
    text = text.replace("suppression_limit = 0.5", "suppression_limit = 0.9")
    try:
        _, recipe = first_run(wide(rows, seed), text)
    except Invalid:
        assume(False)
    for number in (1, 2):
        made = []
        for carry_out in (pseudonymise_again._in_batches, again_as_a_whole):
            work = Desk(PseudonymiseAgain, wide(rows, seed + number), {"project": "p", "suppression_limit": 1.0}, recipe)  # fmt: skip
            work.keeps_mapping = True
            known = unpacked(io.BytesIO(recipe))
            try:
                decided = carry_out(work, *known, None)  # type: ignore[arg-type]
            except Invalid as refused:
                made.append(refused.code)
                continue
            made.append((work.written, work.kept, {n: t.to_pydict() for n, t in decided.given.tables().items()}, packed(*known[:2], decided.given)))  # fmt: skip
        streamed, whole = made
        if isinstance(whole, str):
            assert streamed == whole == "invalid.recipe.suppression"
            return
        assert streamed[0]["pseudonymised"][0].equals(whole[0]["pseudonymised"][0])
        papers, expected = (dict(each[0]["pseudonymised"][1]) for each in made)
        assert flattened(papers.pop("risk")) == pytest.approx(flattened(expected.pop("risk")))
        assert papers == expected
        assert streamed[1].equals(whole[1])
        assert streamed[2] == whole[2]
        recipe = streamed[3]


def flattened(risk: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{when} {name}": value for when, each in risk.items() for name, value in each.items()}


def test_what_is_remembered_does_not_count_persons_whose_pseudonyms_were_not_published() -> None:
    table = pa.concat_tables([crowd(), crowd().slice(0, 100)])
    text = policy().replace('steps = [{do = "pseudonym"}]', 'steps = [{do = "delete"}]')
    _, recipe = first_run(table, text)
    _, _, recipe = next_run(table, recipe, suppression_limit=0.9)
    _, _, remembered = unpacked(io.BytesIO(recipe))
    second = remembered.each[1]
    assert second.person is None
    assert len(second.of_class) == len(set(second.of_class.tolist())) > 0


def test_columns_grouped_together_are_delivered_again() -> None:
    more = '[[microaggregate]]\ncolumns = ["height", "weight"]\nk = 3\n'
    heights = '[columns.height]\nrole = "plain"\n[columns.weight]\nrole = "plain"\n'
    table = crowd().append_column("height", pa.array(np.arange(200) % 40 + 150))
    table = table.append_column("weight", pa.array(np.arange(200) % 30 + 50))
    _, recipe = first_run(table, policy(more=more) + heights)
    made, _, _ = next_run(table, recipe, suppression_limit=1.0)
    assert made.num_rows > 0


def test_rows_that_miss_a_grouped_value_are_delivered_again() -> None:
    groups = "[[groups]]\nof = 'trades'\nname = 'made'\nvalues = [1, 2]\n[[groups]]\nof = 'trades'\nname = 'built'\nvalues = [3]\n"
    column = "[columns.trade]\nrole = 'quasi-identifier'\nsteps = [{do = 'generalise', groups = 'trades'}]\n"
    trades = pa.array([None if i % 9 == 0 else 1 + i % 3 for i in range(200)], pa.int64())
    table = crowd().append_column("trade", trades)
    for recoding in ("global", "local"):
        first, recipe = first_run(table, policy(recoding) + column + groups)
        again, _, _ = next_run(table, recipe)
        assert again.equals(first)
        assert first["trade"].null_count > 0 or recoding == "global"


def test_the_next_delivery_is_as_diverse_in_what_goes_out() -> None:
    """The values of the first are remembered as they went out, and those of the next are held against them as they go
    out: in groups."""
    groups = "".join(
        f'[[groups]]\nof = "g"\nname = "{name}"\nvalues = {values}\n'
        for name, values in (("ill", '["flu", "gout"]'), ("well", '["none"]'))
    )
    grouped = ILL.rstrip() + '\nsteps = [{do = "generalise", groups = "g", level = 1}]\n' + groups
    asked = (
        HEAD.replace("k = 2\n", 'k = 2\ndiversity = [{column = "illness", l = 2}]\n') + PERSON + AGE + grouped
    )
    first = Desk(Pseudonymise, crowd().drop_columns(["sex"]), {"policy": asked, "recipe": True})
    Pseudonymise().execute(first)  # type: ignore[arg-type]
    table = crowd(200).drop_columns(["sex"])
    whole, streamed = (
        Desk(PseudonymiseAgain, table, {"project": "p", "suppression_limit": 1.0}, first.bytes["recipe"])
        for _ in range(2)
    )
    PseudonymiseAgain().execute(streamed)  # type: ignore[arg-type]
    made, _ = streamed.written["pseudonymised"]
    assert made.num_rows > 0
    assert set(made["illness"].to_pylist()) == {"ill", "well"}
    of_class = made.group_by("age").aggregate([("illness", "count_distinct")])
    assert set(of_class["illness_count_distinct"].to_pylist()) == {2}
    values = unpacked(io.BytesIO(streamed.bytes["recipe"]))[2].values
    assert set(values["illness"]) == {"ill", "well"}
    policy, recipe, given = unpacked(io.BytesIO(first.bytes["recipe"]))
    again_as_a_whole(whole, policy, recipe, given, None)
    assert whole.written["pseudonymised"][0].equals(made)
