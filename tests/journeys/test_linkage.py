"""A linkage from end to end: four sites in four folders, typed as people type it, envelopes carried as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from .linking import EXPERTS, Sites, persons

pytestmark = pytest.mark.slow


def test_two_applicants_are_linked_and_get_what_the_committee_lets_out(sites: Sites, tmp_path: Path) -> None:
    sites.agree()
    sites.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    sites.make_keys({"insurer": {"name": "성명", "born": "생년월일"}})
    sites.dalgu("keys", "link", "receive", "firm-keys.env", "insurer-keys.env")
    run = sites.json("keys", "run", "link-match", "injuries-keys", "injuries", "--name", "pairs")
    assert run["state"] == "done", run
    told = run["outputs"]["told"]
    for name in ("firm", "insurer"):
        sites.dalgu("keys", "link", "send", told, "--to", name, "--file", f"{name}-told.env")
        assert "66.67 %" in sites.dalgu(name, "link", "receive", f"{name}-told.env")
    sites.dalgu("keys", "link", "send", "pairs", "--to", "expert", "--file", "pairs.env")
    for name in ("firm", "insurer"):
        sites.payload(name, "--quasi", "age", "--keep", "weeks")
    sites.dalgu("expert", "link", "receive", "pairs.env")
    sites.dalgu("expert", "link", "receive", "firm-payload.env", "insurer-payload.env")
    run = sites.json("expert", "run", "link-join", "injuries-payload", "injuries-pairs", "injuries", "--name", "linked")  # fmt: skip
    assert run["state"] == "done", run
    assert sites.json("expert", "dataset", "show", "linked")["rows"] == 20

    refused = sites.dalgu(
        "expert", "link", "send", "linked", "--to", "firm", "--file", "result.env", fails=12
    )
    assert "No export committee" in refused
    members = [f"--member={login}:{field}" for login, field in EXPERTS.items()]
    sites.dalgu("expert", "link", "convene", "linked", "--member=partisan:law", *members[1:], fails=10)
    sites.dalgu("expert", "link", "convene", "linked", *members)
    sites.dalgu("expert", "link", "judge", "linked", "approve", login="lawyer")
    sites.dalgu("expert", "link", "send", "linked", "--to", "firm", "--file", "result.env", fails=10)
    sites.dalgu("expert", "link", "judge", "linked", "approve", fails=10)  # the operator is no member
    assert "Approved." in sites.dalgu("expert", "link", "judge", "linked", "approve", login="doctor")
    (sites.folder / "minutes.toml").write_text('minutes = "Met on Monday; both reports were read."\n')
    sites.dalgu("expert", "papers", "make", "export-review", "linked", "--type", "html", "--answers", "minutes.toml", "-o", "export.html")  # fmt: skip
    paper = (sites.folder / "export.html").read_text()
    assert "Met on Monday" in paper
    assert paper.count("approve") >= 2
    sites.dalgu("expert", "link", "send", "linked", "--to", "firm", "--file", "result.env")
    sites.dalgu("firm", "link", "receive", "result.env", "--name", "result")
    result = sites.json("firm", "dataset", "show", "result")
    assert (result["rows"], result["sensitivity"]) == (20, "pseudonymised")
    assert [c["name"] for c in result["columns"]] == [
        "firm.age",
        "firm.weeks",
        "insurer.age",
        "insurer.weeks",
    ]

    for name in ("firm", "insurer", "keys", "expert"):
        sites.dalgu(name, "link", "finish", "injuries", "--yes")
        left = {d["name"] for d in sites.json(name, "link", "status", "injuries")["here"]}
        assert left == ({"injuries", "result"} if name == "firm" else {"injuries"})
        sites.dalgu(name, "ledger", "check")
    assert "has ended here" in sites.dalgu("keys", "link", "receive", "firm-keys.env", fails=12)
