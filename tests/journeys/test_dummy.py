"""A dummy from the wish to what anybody downloads: made, read by two reviewers, let out as a table and a codebook."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dalgubeol.doors.python import Site
from dalgubeol.errors import Refused
from dalgubeol.nouns.dataset import Dataset, Form, Sensitivity
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.lifecycle import ReviewState
from dalgubeol.verbs import dummies, register, review
from dalgubeol.world.store import datasets

from .conftest import As
from .test_story import codes, permitted, pseudonymised, run_to_end

PERSON = {"person": "person_no"}


def asked(site: Site, data: str = "claims", seed: int = 5, **said: object) -> Run:
    run = site.run("dummy", {"data": data}, {**PERSON, **said}, seed=seed)
    assert run.state is RunState.HELD, run.fault
    return run


def let_out(as_: As, run: Run) -> None:
    with as_("reviewer1") as site:
        site.vote(run.id, True, "read")
    with as_("reviewer2") as site:
        after = site.vote(run.id, True)
        assert after.state is ReviewState.APPROVED
        released = run_to_end(site, str(after.release_run))
        assert released.state is RunState.DONE, released.fault


def named(site: Site, name: str) -> Dataset:
    with site._house.database.reading() as connection:
        return datasets.find(connection, name)


def test_the_owner_asks_two_reviewers_read_and_anybody_downloads(as_: As, tmp_path: Path) -> None:
    with as_("provider") as site:
        run = asked(site)
        [held] = run.outputs.values()
        assert (named(site, held).sensitivity, named(site, held).protected) == (Sensitivity.PERSONAL, True)
    with as_("reviewer1") as site:
        files = review.files(site._house, site.who, run.id)
        assert sorted(files)[:3] == ["1-codebook.csv", "2-summary.txt", "3-rows.csv"]
        assert "person_no,int64,,person" in files["1-codebook.csv"].decode()
        assert "Person 7" not in "".join(f.decode(errors="replace") for f in files.values())
    let_out(as_, run)
    with as_("analyst") as site:
        dummy, book = named(site, "claims-dummy"), named(site, "claims-dummy-codebook")
        assert (dummy.form, book.form) == (Form.TABLE, Form.REPORT)
        assert {dummy.sensitivity, book.sensitivity} == {Sensitivity.ANONYMOUS}
        assert dummy.about["dummy"]["edition"] == 1  # type: ignore[index]
        (path,) = site.get("claims-dummy", tmp_path)
        (page,) = site.get("claims-dummy-codebook", tmp_path)
        with pytest.raises(Refused):
            site.get("claims", tmp_path)
        assert register.show(site._house, None, "claims-dummy").id == dummy.id, "without signing in"
    table = pq.read_table(path)
    real = named_schema(as_)
    assert table.schema.remove_metadata() == real
    mark = json.loads(table.schema.metadata[b"dalgubeol.dummy"])
    assert (mark["of"]["name"], mark["seed"], mark["edition"]) == ("claims", 5, 1)
    assert not any(str(v).startswith("Person") for v in table["name"].to_pylist())
    kept = re.search(r'<script type="application/json" id="codebook">(.*?)</script>', page.read_text())
    assert kept is not None
    assert json.loads(kept[1])["columns"][0]["name"] == "person_no"


def named_schema(as_: As) -> object:
    with as_("provider") as site, site._house.database.reading() as connection:
        found = datasets.find(connection, "claims")
        key = site._house.keyring.dataset_key(found.id)
        with site._house.objects.open(found.object_id, key, found.id) as stream:
            return pq.read_schema(stream).remove_metadata()


def test_a_second_edition_has_a_name_of_its_own_and_goes_before_the_first(as_: As) -> None:
    for seed in (1, 2):
        with as_("provider") as site:
            run = asked(site, seed=seed)
        let_out(as_, run)
    with as_("provider") as site, site._house.database.reading() as connection:
        found = dummies.dummy_of(connection, datasets.find(connection, "claims"))
        assert found is not None
        assert (found.dummy.name, found.codebook.name) == ("claims-dummy-2", "claims-dummy-2-codebook")
        assert found.dummy.about["dummy"]["edition"] == 2  # type: ignore[index]
    with as_("provider") as site:
        site.destroy("claims-dummy-2")
        with site._house.database.reading() as connection:
            found = dummies.dummy_of(connection, datasets.find(connection, "claims"))
        assert found is not None
        assert found.dummy.name == "claims-dummy"


def test_others_need_a_permit_for_it_and_for_letting_it_out(as_: As) -> None:
    pseudonymised(as_)
    with as_("analyst") as site, pytest.raises(Refused) as refused:
        site.submit("dummy", {"data": "claims-p"}, PERSON)
    assert "permit.none" in codes(refused)
    permitted(as_, kinds=("dummy", "release"))
    with as_("analyst") as site:
        run = asked(site, "claims-p", release_as="for-scripts")
    let_out(as_, run)
    with as_("analyst") as site:
        dummy = named(site, "for-scripts")
    with as_("provider") as site:
        assert dummy.owner == site.who.actor.id, "what is made of another's data is theirs"


def test_whoever_pseudonymised_may_offer_a_dummy_of_it_and_still_not_use_it(as_: As) -> None:
    pseudonymised(as_)
    with as_("provider") as site:
        asked(site, "claims-p")
        with pytest.raises(Refused) as refused:
            site.submit(
                "analyse", {"data": "claims-p"}, {"script": "print(1)", "context": "a look at the data"}
            )
    assert "permit.none" in codes(refused)


def test_what_reviewers_send_back_is_not_let_out(as_: As) -> None:
    with as_("provider") as site:
        run = asked(site)
    with as_("reviewer1") as site:
        site.vote(run.id, False, "too fine")
    with as_("reviewer2") as site:
        assert site.vote(run.id, True).state is ReviewState.RETURNED
    with as_("provider") as site, site._house.database.reading() as connection:
        assert dummies.dummy_of(connection, datasets.find(connection, "claims")) is None
