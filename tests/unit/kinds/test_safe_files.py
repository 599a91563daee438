"""Safe versions of held tables: rounded, or with cells left empty; checked again, and nothing can be given back."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.kinds.beside import counts_of, published, read_csv
from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.kinds.contract import Left
from dalgubeol.kinds.safe_files import Method, bases_of, made_safe, proposals, told_to_reviewers
from dalgubeol.methods.disclosure.images import written
from dalgubeol.methods.disclosure.suppression import unprotected
from dalgubeol.nouns.disclosure import Disclosure
from dalgubeol.nouns.permit import Conditions

TOWNS, JOBS = ("north", "south", "east", "west"), ("farm", "mill", "shop")
COUNTS = {("north", "farm"): 3, ("north", "mill"): 40, ("north", "shop"): 61, ("south", "farm"): 52, ("south", "mill"): 33,
          ("south", "shop"): 47, ("east", "farm"): 84, ("east", "mill"): 28, ("east", "shop"): 39, ("west", "farm"): 72,
          ("west", "mill"): 57, ("west", "shop"): 26}  # fmt: skip
PEOPLE = [(town, job, 2015 + at % 3) for (town, job), many in COUNTS.items() for at in range(many)]
SOURCE = pa.table({"town": [p[0] for p in PEOPLE], "job": [p[1] for p in PEOPLE], "year": [p[2] for p in PEOPLE], "cost": [float(i * 7919 % 100_003) for i in range(len(PEOPLE))]})  # fmt: skip


def crossed(*, totals: bool = True) -> bytes:
    """Counts by town and job, with all totals."""
    rows = [(town, job, sum(n for (t, j), n in COUNTS.items() if town in (t, "total") and job in (j, "total")))
            for town in (*TOWNS, *(["total"] if totals else [])) for job in (*JOBS, *(["total"] if totals else []))]  # fmt: skip
    return ("town,job,n\n" + "".join(f"{t},{j},{n}\n" for t, j, n in rows)).encode()


@pytest.fixture(scope="module")
def given() -> Against:
    return Against.of(SOURCE, Conditions())


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))[1:]


def test_nothing_is_proposed_where_nothing_is_held(given: Against) -> None:
    files = {"t.csv": b"town,n\nnorth,104\nsouth,132\n"}
    assert proposals(files, check_files(files, given), given) == ()


def test_both_versions_of_a_table_with_totals_pass_and_keep_its_shape(given: Against) -> None:
    files = {"t.csv": crossed()}
    made = {each.method: each for each in proposals(files, check_files(files, given), given)}
    assert set(made) == set(Method)
    for method, safe in made.items():
        assert safe.passes, method
        before, after = rows(files["t.csv"]), rows(safe.files["t.csv"])
        assert [each[:2] for each in before] == [each[:2] for each in after]
        assert sum(each[2] == "" for each in after) == safe.emptied["t.csv"]
    rounded = [int(each[2]) for each in rows(made[Method.ROUNDED].files["t.csv"]) if each[2]]
    assert all(each % 5 == 0 for each in rounded)
    kept = {tuple(each) for each in rows(made[Method.SUPPRESSED].files["t.csv"]) if each[2]}
    assert kept < {tuple(each) for each in rows(files["t.csv"])}, "what is shown is as it was"


def test_no_outsider_can_work_a_hidden_count_out(given: Against) -> None:
    files = {"t.csv": crossed()}
    truth = counts_of(read_csv(files["t.csv"]), 0)[0]
    small = {at for at, count in enumerate(truth.counts) if count is not None and count < 10}
    assert unprotected(truth, small, small) == tuple(sorted(small)), "alone, the small one is given back"
    for safe in proposals(files, check_files(files, given), given):
        hidden = [at for at, each in enumerate(rows(safe.files["t.csv"])) if each[2] == ""]
        assert unprotected(truth, hidden, small, base=safe.base) == ()


def test_what_an_earlier_release_would_give_away_is_left_empty_too(given: Against) -> None:
    earlier = published([[Left(b"town,n\nnorth,101\nsouth,132\neast,151\nwest,155\n")]])
    beside = Against(given.source, given.index, given.conditions, earlier)
    files = {"t.csv": b"town,n\nnorth,104\nsouth,132\neast,151\nwest,155\n"}
    held = check_files(files, beside)
    assert {each["code"] for each in held} == {"linked"}
    by = {each.method: each for each in proposals(files, held, beside)}
    assert by[Method.SUPPRESSED].passes
    assert rows(by[Method.SUPPRESSED].files["t.csv"])[0] == ["north", ""]


def test_a_rounded_release_is_known_as_rounded_to_the_next_check() -> None:
    """Two counts of one group that differ by 5 only because one was rounded are no group of 5."""
    given = Against.of(SOURCE, Conditions())
    table = {"t.csv": b"town,n\nnorth,104\nsouth,132\n"}
    as_exact = published([[Left(b"town,n\nnorth,105\nsouth,130\n")]])
    as_rounded = published([[Left(b"town,n\nnorth,105\nsouth,130\n", 5)]])
    held = check_files(table, Against(given.source, given.index, given.conditions, as_exact))
    assert [each["code"] for each in held if each["holds"]] == ["linked", "linked"]
    assert not check_files(table, Against(given.source, given.index, given.conditions, as_rounded))


def test_years_name_rows_and_are_not_rounded(given: Against) -> None:
    files = {"t.csv": b"town,year,n\nnorth,2015,36\nnorth,2016,4\nsouth,2015,44\nsouth,2016,41\n"}
    for safe in proposals(files, check_files(files, given), given):
        assert safe.passes
        assert [each[1] for each in rows(safe.files["t.csv"])] == ["2015", "2016", "2015", "2016"]


def test_a_picture_of_a_changed_table_is_left_out_and_words_are_asked_about(given: Against) -> None:
    chart = written(np.full((20, 20, 3), 255, dtype=np.uint8))
    files = {"t.csv": crossed(), "t.png": chart, "other.csv": b"town,n\nsouth,132\n", "other.png": chart, "a.txt": b"as expected\n"}  # fmt: skip
    found = check_files(files, given)
    safe = made_safe(Method.ROUNDED, files, found, given)
    assert safe.passes
    assert safe.left_out == ("t.png",)
    assert safe.files.keys() == files.keys() - {"t.png"}
    assert safe.files["other.csv"] == files["other.csv"], "what is not held stays as it was"
    told = told_to_reviewers(safe, found, sorted(files))
    assert not any(each["holds"] for each in told)
    assert {each["file"] for each in told if each["code"] == "unchecked"} == {1, 3}
    mended = [each for each in told if each.get("mended")]
    assert {(each["code"], each["file"], each["mended"]) for each in mended} >= {("small_cell", 4, "rounded")}
    assert bases_of({"safe": safe.about()}, safe.files) == {"t.csv": 5}


def test_what_no_empty_cell_mends_has_no_safe_version(given: Against) -> None:
    files = {"t.csv": crossed(), "m.pkl": b"\x80\x04."}
    assert proposals(files, check_files(files, given), given) == ()


def test_a_table_of_which_nothing_would_be_left_does_not_pass(given: Against) -> None:
    files = {"t.csv": b"town,n\nnorth,4\nsouth,3\n"}
    assert not any(each.passes for each in proposals(files, check_files(files, given), given))


def test_the_base_and_the_smallest_cell_are_the_permits() -> None:
    strict = Against.of(SOURCE, Conditions(smallest_cell=30, disclosure=Disclosure(rounding_base=10)))
    files = {"t.csv": crossed(totals=False)}
    by = {each.method: each for each in proposals(files, check_files(files, strict), strict)}
    counts = [int(each[2]) for each in rows(by[Method.ROUNDED].files["t.csv"]) if each[2]]
    assert by[Method.ROUNDED].passes
    assert min(counts) >= 30
    assert all(each % 10 == 0 for each in counts)
