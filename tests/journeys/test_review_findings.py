"""What a hostile reading of the spine once found, so that it stays mended."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid, Refused, Tampered
from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.nouns.permit import Conditions
from dalgubeol.nouns.run import RunState

from .conftest import As, Visit
from .test_story import ANALYSE, change, held, permitted, pseudonymised

SOURCE = pa.table({"name": ["hong", "kim"] * 20, "n": list(range(40))})
CANARY = "hong 900101-1234567"


@pytest.mark.parametrize("content", [f"{CANARY}\n1\n", f"a,{CANARY}\nx,1\n", f"{CANARY}\n", "a\n=1+1\n"])
def test_no_finding_repeats_what_a_script_called_its_columns_or_files(content: str) -> None:
    found = check_files({f"{CANARY}.csv": content.encode()}, Against.of(SOURCE, Conditions()))
    assert found, "such a table is held"
    assert CANARY not in json.dumps(found, ensure_ascii=False)
    assert all(each["holds"] for each in found)


@pytest.mark.parametrize(
    "content",
    [
        "group,n\na,3명\nb,2명\n",
        "who\n9001011234567\n9002022345678\n",
        "n,n\n20,30\n",
        "g|n\na|3\n",
        "hong,900101-1234567,300\n",
    ],
    ids=[
        "counts as text",
        "numbers without a dash",
        "a name twice",
        "another separator",
        "a record as header",
    ],
)
def test_a_simple_disguise_is_held(content: str) -> None:
    assert any(
        each["holds"] for each in check_files({"a.csv": content.encode()}, Against.of(SOURCE, Conditions()))
    )


def test_a_coarse_table_still_passes() -> None:
    files = {"a.csv": b"group,n,mean\na,20,2.5\nb,30,3.1\n"}
    found = check_files(files, Against.of(SOURCE, Conditions()))
    assert [(each["code"], each["holds"]) for each in found] == [("unchecked", False)], "of the means"


def test_what_is_made_under_a_permit_is_the_providers(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("provider") as site:
        provider = site.who.actor.id
        made = next(d for d in site.datasets() if d.made_by == run.id)
    assert made.owner == provider


def test_nobody_queues_a_release_themselves(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("reviewer1") as site:
        site.vote(run.id, False)
    with as_("analyst") as site:
        archive = next(d for d in site.datasets() if d.made_by == run.id)
        with pytest.raises(Refused):
            site.submit("release", {"held": archive.name}, {"manifest": "0" * 64})


def test_a_name_that_looks_like_an_id_is_refused_before_anything_runs(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    with as_("analyst") as site:
        for name in ("run-1-files", "../evil", "results (final)"):
            with pytest.raises(Invalid):
                site.submit("analyse", {"data": "claims-p"}, {**ANALYSE, "release_as": name})


def test_roles_that_were_written_into_the_database_are_not_believed(visit: Visit, as_: As) -> None:
    change(visit, "UPDATE people SET roles = 'operator,reviewer' WHERE login = 'analyst'")
    with as_("analyst") as site, pytest.raises(Tampered):
        site.datasets()


def test_an_unsigned_permit_to_export_lets_nothing_out(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    permit = permitted(as_)
    run = held(as_)
    with as_("reviewer1") as site:
        site.vote(run.id, True)
    change(visit, f"DELETE FROM permit_decisions WHERE permit = '{permit.id}'")
    with as_("reviewer2") as site, pytest.raises(Tampered):
        site.vote(run.id, True)
    with as_("analyst") as site:
        assert next(r for r in site.runs() if r.id == run.id).state is RunState.HELD
