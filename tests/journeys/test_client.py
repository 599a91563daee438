"""The generated Python client against a real server, over a line that breaks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalgubeol.client import Client
from dalgubeol.errors import Invalid, Missing, Refused, Unavailable

from .cutting import Cutting, cutting
from .web import Web, web_of


@pytest.fixture(scope="module")
def web(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_of(founded, tmp_path_factory.mktemp("client") / "site") as served:
        yield served


@pytest.fixture
def line(web: Web) -> Iterator[Cutting]:
    with cutting(web.server.url) as made:
        yield made


def client(web: Web, login: str, line: Cutting | None = None, **more: object) -> Client:
    url = web.server.url if line is None else f"http://127.0.0.1:{line.port}"
    return Client(url, web.tokens[login], **more)  # type: ignore[arg-type]


def test_a_file_goes_up_and_comes_down_over_a_line_that_breaks(
    web: Web, line: Cutting, tmp_path: Path
) -> None:
    source = tmp_path / "noise.bin"
    source.write_bytes(os.urandom(5_000_000))
    told: list[int] = []
    line.cuts = [400, 2_000_000, 1_500_000]
    with client(web, "engineer", line) as site:
        made = site.bring(source, form="model", about={"description": "noise"}, on_progress=lambda done, size: told.append(done))  # fmt: skip
        assert (made["name"], made["form"], made["size_bytes"]) == ("noise", "model", 5_000_000)
        assert made["object_id"] == hashlib.sha256(source.read_bytes()).hexdigest()
        assert told[-1] == 5_000_000
        assert line.broken >= 2
    line.cuts, line.broken = [2_500_000, 1_000_000], 0
    with client(web, "engineer", line) as site:
        got = site.download("noise", tmp_path / "got.bin")
        assert got.read_bytes() == source.read_bytes()
        assert line.broken >= 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_download_that_was_given_up_goes_on_in_a_later_call(
    web: Web, line: Cutting, tmp_path: Path
) -> None:
    source = tmp_path / "more.bin"
    source.write_bytes(os.urandom(3_000_000))
    with client(web, "engineer") as site:
        site.bring(source, form="model")
        line.cuts = [1_500_000] + [100] * 10
        with client(web, "engineer", line, tries=2) as cut, pytest.raises(Unavailable):
            cut.download("more", tmp_path / "got.bin")
        part = next(path for path in tmp_path.iterdir() if path.suffix == ".part")
        assert 0 < part.stat().st_size < 3_000_000
        assert site.download("more", tmp_path / "got.bin").read_bytes() == source.read_bytes()


def test_a_run_is_followed_to_its_end(web: Web, line: Cutting) -> None:
    with client(web, "engineer", line, language="ko") as site:
        run = site.submit_run("adapt", {"data": "log"}, parameters={"batch": "batch"})
        seen: list[str] = []
        line.cuts = [1200]
        ended = site.wait(run["id"], lambda found: seen.append(found["state"]))
        assert ended["state"] == "done"
        assert seen[-1] == "done"
        assert [found["id"] for found in site.every(site.list_runs, kind="adapt", limit=1)] == [run["id"]]


def test_what_goes_wrong_is_raised_as_its_family(web: Web) -> None:
    with client(web, "analyst", language="ko") as site:
        with pytest.raises(Missing) as missing:
            site.show_dataset("nowhere")
        assert "nowhere" in str(missing.value.detail)
        with pytest.raises(Refused) as refused:
            site.submit_run("analyse", {"data": "claims"}, parameters={"script": "pass", "context": "nothing at all"})  # fmt: skip
        assert "permit.none" in {reason.code for reason in refused.value.reasons}
        with pytest.raises(Invalid):
            site.list_datasets(limit=0)
        with pytest.raises(Refused):
            site.download("claims", "claims.parquet")
    with Client(web.server.url, "dgb_wrong_wrong") as stranger, pytest.raises(Refused) as unknown:
        stranger.show_me()
    assert unknown.value.code == "token.wrong"
    with Client("http://127.0.0.1:9", tries=1) as nobody, pytest.raises(Unavailable) as nowhere:
        nobody.show_site()
    assert nowhere.value.code == "site.unreachable"


def test_a_request_whose_answer_was_lost_has_its_effect_once(web: Web, line: Cutting) -> None:
    with client(web, "provider", line) as site:
        before = len(site.list_uploads())
        line.cuts = [0, 700, 700]
        site.begin_upload("once.csv", 10)
        assert len(site.list_uploads()) == before + 1


def test_the_history_is_taken_along_and_verified(web: Web, tmp_path: Path) -> None:
    with client(web, "operator") as site:
        bundle = site.export_bundle(tmp_path / "history.jsonl")
        told = site.verify_bundle(bundle, key=site.show_verifier_key()["verifier_key"])
        assert told["size"] == len([*site.every(site.list_records, limit=7)])


def test_a_paper_comes_as_a_file_with_its_name(web: Web) -> None:
    with client(web, "provider") as site:
        paper = site.make_paper("register", "p1", type="html", language="en", answers={"items": ["age"]})
    assert paper.name.endswith(".html")
    assert "/" not in paper.name
    assert b"p1" in paper.content
