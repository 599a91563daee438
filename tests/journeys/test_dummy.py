"""A dummy from the wish to what anybody downloads: made, read by two reviewers, let out as a table and a codebook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dalgubeol.doors.python import Site
from dalgubeol.errors import Conflict, Invalid, Refused
from dalgubeol.nouns.dataset import Dataset, Form, Sensitivity
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.airlock import dummies, review
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.people import people
from dalgubeol.world.store import datasets, runs

from .conftest import As, Visit, found_adequate
from .test_story import PSEUDONYMISE, SCRIPT, codes, permitted, pseudonymised, run_to_end

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


def test_a_second_edition_goes_before_the_first_and_what_is_sent_back_is_none(as_: As) -> None:
    with as_("provider") as site:
        run = asked(site)
    with as_("reviewer1") as site:
        site.vote(run.id, False, "too fine")
    with as_("reviewer2") as site:
        assert site.vote(run.id, False).state is ReviewState.RETURNED
    assert latest(as_) is None
    for seed in (1, 2):
        with as_("provider") as site:
            run = asked(site, seed=seed)
        let_out(as_, run)
    assert latest(as_) == ("claims-dummy-2", "claims-dummy-2-codebook", 2)
    with as_("provider") as site:
        site.destroy("claims-dummy-2")
    assert latest(as_) == ("claims-dummy", "claims-dummy-codebook", 1)


def test_a_dummy_takes_no_name_that_somebody_has_and_its_edition_is_counted_here(
    as_: As, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("x\n1\n")
    with as_("provider") as site:
        with pytest.raises(Conflict):
            asked(site, release_as="claims")
        with pytest.raises(Invalid):
            asked(site, release_as="claims\n")
        with pytest.raises(Invalid):
            asked(site, release_as="claims ")
        run = asked(site, release_as="rehearsal")
        other = asked(site, seed=6)
    with as_("engineer") as site:
        for name in ("rehearsal", "claims-dummy-codebook"):  # taken while reviewers read
            register.add(site._house, site.who, rows, name=name, sensitivity=Sensitivity.INTERNAL)
    let_out(as_, run)
    with as_("engineer") as site:
        assert named(site, "rehearsal").form is Form.TABLE
        assert "dummy" not in named(site, "rehearsal").about
    assert latest(as_) == ("rehearsal-2", "rehearsal-2-codebook", 1)
    let_out(as_, other)
    assert latest(as_) == ("claims-dummy-2", "claims-dummy-2-codebook", 2)


def test_two_dummies_let_out_at_once_have_editions_and_names_of_their_own(as_: As) -> None:
    with as_("provider") as site:
        runs = [asked(site, seed=seed) for seed in (1, 2)]
    with as_("reviewer1") as site:
        for run in runs:
            site.vote(run.id, True)
    with as_("reviewer2") as site:
        releases = [str(site.vote(run.id, True).release_run) for run in runs]
        for release in releases:
            assert run_to_end(site, release).state is RunState.DONE
        told = [given_to(site, release) for release in releases]
    assert told == [(1, "claims-dummy"), (2, "claims-dummy-2")]


def given_to(site: Site, run: str) -> tuple[object, object]:
    with site._house.database.reading() as connection:
        given = runs.find(connection, run).parameters
    return given["edition"], given["name"]


def test_a_dummy_of_what_is_called_by_its_run_is_let_out_too(as_: As) -> None:
    with as_("provider") as site:
        [made] = site.run("pseudonymise", {"data": "claims"}, {k: v for k, v in PSEUDONYMISE.items() if k != "name"}).outputs.values()  # fmt: skip
        source = named(site, made)
        assert source.name.startswith("run-")
        sessions = site._house.settings.session.parent
        found_adequate(
            site._house, lambda login: people.signed_in(site._house, sessions / f"{login}.json"), "p1", source.name
        )  # fmt: skip
        run = asked(site, source.name)
    let_out(as_, run)
    with as_("provider") as site:
        assert dummies.released(site._house, source.name).dummy.name == f"dummy-{source.name}"


def latest(as_: As) -> tuple[str, str, int] | None:
    with as_("provider") as site, site._house.database.reading() as connection:
        found = dummies.dummy_of(connection, datasets.find(connection, "claims"))
    if found is None:
        return None
    mark: Any = found.dummy.about["dummy"]
    return found.dummy.name, found.codebook.name, mark["edition"]


@pytest.mark.slow
def test_a_script_is_tried_at_home_and_submitted_unchanged(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    with as_("provider") as site:
        asked(site, "claims-p")  # who pseudonymised it may offer a dummy of it and still not use it
        with pytest.raises(Refused) as refused:
            site.submit("analyse", {"data": "claims-p"}, {"script": SCRIPT, "context": "a look at the data"})
    assert "permit.none" in codes(refused)
    with as_("analyst") as site, pytest.raises(Refused) as refused:
        site.submit("dummy", {"data": "claims-p"}, PERSON)
    assert "permit.none" in codes(refused)
    permitted(as_, kinds=("analyse", "dummy", "release"))
    without = visit.dalgu("analyst", "zone", "try", "missing.py", "--data", "claims-p")
    assert (without.returncode, "missing.py" in without.stderr) == (12, True)
    code = visit.folder / "script.py"
    code.write_text(SCRIPT)
    early = visit.dalgu("analyst", "zone", "try", "script.py", "--data", "claims-p")
    assert (early.returncode, "no dummy of claims-p" in early.stderr) == (12, True)
    with as_("analyst") as site:
        run = asked(site, "claims-p")
    let_out(as_, run)
    with as_("provider") as site:
        owner = named(site, "claims-p-dummy").owner
        assert owner == site.who.actor.id, "what is made of another's data is theirs"
    tried = visit.dalgu(
        "analyst", "zone", "try", "script.py", "--data", "claims-p", "--to", "tried", "--json"
    )
    assert tried.returncode == 0, tried.stderr
    assert json.loads(tried.stdout)["files"].keys() == {"counts.csv"}
    assert (visit.folder / "tried" / "counts.csv").read_text().split() == ["rows", "400"]
    assert code.read_text() == SCRIPT
    shown = visit.dalgu(
        "analyst", "zone", "try", "script.py", "--data", "claims-p-dummy", "--bare", language="ko"
    )
    assert "dalgu run analyse claims-p --script script.py" in shown.stdout
    with as_("analyst") as site:
        real = site.run(
            "analyse", {"data": "claims-p"}, {"script": code.read_text(), "context": "rows of the data"}
        )
    assert real.state is RunState.HELD, real.fault
