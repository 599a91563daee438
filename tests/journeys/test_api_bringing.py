"""Bringing in over HTTP: offered, scanned, voted on blind, there for the Runs under the Permit and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..unit.verbs.bringing_files import PACKAGE, REGIONS
from .test_api import ended, ok, problem, sent
from .web import Web, web_of

WHEEL = "tinyrates-1.0-py3-none-any.whl"
SAID = f"codes.csv: codes of regions, from the statistics office\n{WHEEL}: rates, written by ourselves"
WAGES = b"no,area,wage\n" + b"".join(b"%d,%d,%d\n" % (n, 11 if n % 3 else 26, 1000 + n) for n in range(400))
USES = """
import csv, pyarrow.parquet as pq, tinyrates
names = {row["code"]: row["region"] for row in csv.DictReader(open("/brought/codes.csv"))}
areas = [names[str(code)] for code in pq.read_table("/data/data.parquet")["area"].to_pylist()]
with open("counts.csv", "w") as file:
    csv.writer(file).writerows([["region", "people"], *([name, areas.count(name)] for name in sorted(set(areas)))])
"""


@pytest.fixture(scope="module")
def web(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_of(founded, tmp_path_factory.mktemp("web") / "site") as served:
        yield served


@pytest.fixture(scope="module")
def permit(web: Web) -> str:
    upload = sent(web.as_("provider"), WAGES)
    ok(web.as_("provider").post("/datasets", json={"upload": upload, "name": "wages", "sensitivity": "internal"}), 201)  # fmt: skip
    request = {"datasets": ["wages"], "kinds": ["analyse", "release"], "purpose": "statistics", "reason": "wages by region", "pledged": "en"}  # fmt: skip
    asked = str(ok(web.as_("analyst").post("/permits", json=request), 201)["id"])
    for login in ("steward", "operator"):
        ok(web.as_(login).post(f"/permits/{asked}/grant", json={}))
    return asked


def offered(web: Web, permit: str, files: dict[str, bytes], said: str) -> Any:
    """The submission, scanned."""
    analyst = web.as_("analyst")
    uploads = [sent(analyst, content, name) for name, content in files.items()]
    answer = analyst.post("/airlock/bring-in", json={"permit": permit, "uploads": uploads, "context": said})
    run = ok(answer, 202)["id"]
    assert answer.headers["location"] == f"/api/v1/airlock/{run}"
    assert ended(analyst, run)["state"] == "held"
    assert not {each["id"] for each in ok(analyst.get("/uploads"))} & set(uploads), "the uploads end with it"
    return ok(analyst.get(f"/airlock/{run}"))


def test_offered_scanned_voted_on_and_used(web: Web, permit: str) -> None:
    analyst, first, second = (web.as_(login) for login in ("analyst", "reviewer1", "reviewer2"))
    found = offered(web, permit, {"codes.csv": REGIONS, WHEEL: PACKAGE}, SAID)
    run = found["run"]
    assert (found["direction"], found["permit"], found["state"]) == ("in", permit, "submitted")
    assert not [each for each in found["findings"] if each["holds"]]
    assert ok(analyst.get(f"/permits/{permit}/brought")) == []
    assert ok(first.get(f"/airlock/{run}/files")) == [{"name": "codes.csv", "size_bytes": len(REGIONS)}, {"name": WHEEL, "size_bytes": len(PACKAGE)}]  # fmt: skip
    assert first.get(f"/airlock/{run}/files/codes.csv").content == REGIONS
    listed = web.visit.dalgu("reviewer1", "airlock", "view", run, WHEEL)
    assert "4. tinyrates/__init__.py  23 B\n5. tinyrates/deep.py  9 B\n" in listed.stdout, listed.stderr
    read = web.visit.dalgu("reviewer1", "airlock", "view", run, WHEEL, "--member", "5")
    assert read.stdout == "5. tinyrates/deep.py  9 B\nRATE = 7\n"
    assert web.visit.dalgu("reviewer1", "airlock", "view", run, WHEEL, "--member", "6").returncode == 11
    problem(analyst.post(f"/airlock/{run}/votes", json={"approve": True}), 403)
    problem(web.as_("colleague").post(f"/airlock/{run}/votes", json={"approve": True}), 403)
    assert len(ok(first.post(f"/airlock/{run}/votes", json={"approve": True}))["votes"]) == 1
    assert ok(second.get(f"/airlock/{run}"))["votes"] == []
    assert ok(second.post(f"/airlock/{run}/votes", json={"approve": True}))["state"] == "released"
    came = ok(analyst.get(f"/permits/{permit}/brought"))
    assert [each["name"] for each in came] == ["codes.csv", WHEEL]
    problem(web.as_("engineer").get(f"/permits/{permit}/brought"), 404)

    asked = {"kind": "analyse", "inputs": {"data": "wages"}, "parameters": {"script": USES, "context": "people by region, counted"}}  # fmt: skip
    held = ended(analyst, ok(analyst.post("/runs", json=asked), 202)["id"])
    assert held["state"] == "held", held
    made = first.get(f"/airlock/{held['id']}/files/counts.csv").content
    assert made == b"region,people\r\nnorth,266\r\nsouth,134\r\n"
    (entry,) = [each for each in ok(web.as_(None).get("/register"))["items"] if each["permit"] == permit]
    assert [(each["name"], each["digest"]) for each in entry["brought"]] == [(each["name"], each["digest"]) for each in came]  # fmt: skip


def test_what_the_scan_holds_nobody_lets_in(web: Web, permit: str) -> None:
    people = b"name,phone\n" + b"".join(b"Kim %d,010-1234-%04d\n" % (n, n) for n in range(40))
    found = offered(web, permit, {"people.csv": people}, "a table of people to be asked")
    assert (found["state"], [each["code"] for each in found["findings"] if each["holds"]]) == ("held", ["identifier"] * 2)  # fmt: skip
    problem(web.as_("reviewer1").post(f"/airlock/{found['run']}/votes", json={"approve": True}), 403)
    assert "010-1234" not in web.as_("analyst").get(f"/airlock/{found['run']}").text


def test_only_who_works_under_the_permit_offers_and_only_whole_files(web: Web, permit: str) -> None:
    upload = sent(web.as_("provider"), REGIONS, "codes.csv")
    asked = {"permit": permit, "uploads": [upload], "context": "codes of regions, to count by"}
    problem(web.as_("provider").post("/airlock/bring-in", json=asked), 404)
    ok(web.as_("provider").delete(f"/uploads/{upload}"), 204)
    analyst = web.as_("analyst")
    begun = ok(analyst.post("/uploads", json={"name": "codes.csv", "size_bytes": 100}), 201)["id"]
    problem(analyst.post("/airlock/bring-in", json={**asked, "uploads": [begun]}), 409)
    problem(analyst.post("/airlock/bring-in", json={**asked, "uploads": ["up-of-nobody"]}), 404)
    problem(analyst.post("/airlock/bring-in", json={**asked, "permit": "permit-of-nobody"}), 404)
    ok(analyst.delete(f"/uploads/{begun}"), 204)
