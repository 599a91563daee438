"""The HTTP API of a real server: one whole story, and what each operation has around it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from .answers import CHECKS
from .conftest import JUDGES, MINUTES, PASSWORD
from .test_story import ANALYSE, PSEUDONYMISE
from .web import Web, web_of

CLAIMS = b"person_no,name,age,cost\n" + b"".join(
    b"%d,P %d,%d,%d\n" % (n, n, 20 + n % 30, n) for n in range(400)
)


@pytest.fixture(scope="module")
def web(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_of(founded, tmp_path_factory.mktemp("web") / "site") as served:
        yield served


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def problem(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert found["type"] == f"urn:dalgubeol:{found['family']}:{found['code']}"
    assert found["detail"]
    assert found["next_step"]
    assert found["request"] == answer.headers["x-request-id"]
    return found


def sent(client: httpx.Client, data: bytes, name: str = "t.csv", **more: object) -> str:
    upload = ok(client.post("/uploads", json={"name": name, "size_bytes": len(data), **more}), 201)["id"]
    ok(client.patch(f"/uploads/{upload}", content=data, headers=offset(0)))
    return str(upload)


def offset(place: int) -> dict[str, str]:
    return {"Upload-Offset": str(place), "Content-Type": "application/offset+octet-stream"}


def ended(client: httpx.Client, run: str) -> Any:
    """The Run as its last event tells it."""
    with client.stream("GET", f"/runs/{run}/events") as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                found = json.loads(line[6:])
    return found


def reviewed(web: Web, dataset: str) -> None:
    """Found adequate by three; what one of them found is read by nobody else before the last has spoken."""
    asked = {"kind": "adequacy-review", "project": "p1", "dataset": dataset, "members": list(JUDGES)}
    review = ok(web.as_("provider").post("/reviews", json=asked), 201)["id"]
    word = {"finding": "adequate", "comment": "SECRET WORD", "checks": CHECKS}
    for login in JUDGES[:2]:
        ok(web.as_(login).post(f"/reviews/{review}/findings", json=word))
    for login in ("provider", JUDGES[2], "operator"):
        for path in (f"/reviews/{review}", "/reviews", "/reviews?project=p1", "/ledger/records?limit=200"):
            seen = web.as_(login).get(path)
            assert (seen.status_code, "SECRET WORD" in seen.text, '"adequate"' in seen.text) == (
                200,
                False,
                False,
            )
        seats = ok(web.as_(login).get(f"/reviews/{review}"))["seats"]
        assert sum(seat["said_at"] is not None for seat in seats) == 2
    ok(web.as_(JUDGES[2]).post(f"/reviews/{review}/findings", json=word))
    assert "SECRET WORD" in web.as_("provider").get(f"/reviews/{review}").text
    closed = ok(web.as_(JUDGES[0]).post(f"/reviews/{review}/close", json={"minutes": MINUTES}))
    assert closed["state"] == "adequate"


def test_one_story_from_bringing_to_verifying(web: Web) -> None:
    provider, analyst = web.as_("provider"), web.as_("analyst")
    upload = sent(provider, CLAIMS, digest=hashlib.sha256(CLAIMS).hexdigest())
    brought = {"upload": upload, "name": "story", "sensitivity": "personal"}
    story = ok(provider.post("/datasets", json=brought), 201)
    assert (story["rows"], story["sensitivity"]) == (400, "personal")

    wished = {
        "kind": "pseudonymise",
        "inputs": {"data": "story"},
        "parameters": {**PSEUDONYMISE, "name": "story-p"},
    }
    run = ok(provider.post("/runs", json=wished), 202)
    assert ended(provider, run["id"])["state"] == "done"

    reviewed(web, "story-p")
    analyse = {
        "kind": "analyse",
        "inputs": {"data": "story-p"},
        "parameters": {**ANALYSE, "release_as": "totals"},
    }
    refusal = problem(analyst.post("/runs", json=analyse), 403)
    assert {"permit.none", "grant.none"} <= {reason["code"] for reason in refusal["reasons"]}

    until = str((datetime.now(UTC) + timedelta(days=30)).date())
    request = {
        "datasets": ["story-p"], "kinds": ["analyse", "release"], "purpose": "statistics", "reason": "counting rows",
        "until": until,
    }  # fmt: skip
    permit = ok(analyst.post("/permits", json=request), 201)["id"]
    assert (
        ok(web.as_("steward").post(f"/permits/{permit}/grant", json={"comment": "fine"}))["state"]
        == "requested"
    )
    assert ok(web.as_("operator").post(f"/permits/{permit}/grant", json={}))["state"] == "granted"
    assert permit in [entry["permit"] for entry in ok(web.as_(None).get("/register"))["items"]]

    unsigned = problem(analyst.post("/runs", json=analyse), 403)
    assert {reason["code"] for reason in unsigned["reasons"]} == {"permit.pledge"}
    text = ok(analyst.get(f"/permits/{permit}/pledge?language=en"))
    assert "take nothing out except through the airlock" in text["text"]
    assert ok(analyst.post(f"/permits/{permit}/pledge", json={"language": "en"}))["pledges"][0]["edition"] == text["edition"]  # fmt: skip

    held = ended(analyst, ok(analyst.post("/runs", json=analyse), 202)["id"])
    assert held["state"] == "held"
    files = ok(web.as_("reviewer1").get(f"/airlock/{held['id']}/files"))
    assert [file["name"] for file in files] == ["counts.csv"]
    assert b"400" in web.as_("reviewer1").get(f"/airlock/{held['id']}/files/counts.csv").content
    problem(analyst.get(f"/airlock/{held['id']}/files"), 403)
    assert ok(web.as_("reviewer1").get(f"/airlock/{held['id']}/difference")) == {"before": None, "files": []}
    assert ok(analyst.get(f"/airlock/{held['id']}/safe-versions")) == []
    problem(analyst.post(f"/airlock/{held['id']}/safe-versions", json={"method": "rounded"}), 409)
    assert ok(web.as_("reviewer1").post(f"/airlock/{held['id']}/votes", json={"approve": True}))["votes"]
    assert ok(web.as_("reviewer2").get(f"/airlock/{held['id']}"))["votes"] == []
    approved = ok(web.as_("reviewer2").post(f"/airlock/{held['id']}/votes", json={"approve": True}))
    assert ended(analyst, approved["release_run"])["state"] == "done"

    released = ok(analyst.get("/datasets/totals/files"))
    content = analyst.get(f"/datasets/totals/files/{released[0]['name']}").content
    assert b"400" in content
    bundle = analyst.get("/ledger/bundle").content
    told = ok(web.as_(None).post("/ledger/verify", content=bundle))
    assert told["events"]["released"] == 1
    assert told["signatures"] >= 4
    changed = bundle.replace(b"registered", b"registerod", 1)
    assert problem(web.as_(None).post("/ledger/verify", content=changed), 422)["family"] == "tampered"


def test_every_operation_is_deaf_to_strangers_but_those_of_a_short_list(web: Web) -> None:
    document = ok(web.as_(None).get("/openapi.json"))
    public = {
        "join_site", "sign_in", "show_checkpoint", "show_verifier_key", "verify_bundle", "show_site", "show_numbers",
        "list_open_datasets", "list_register", "list_register_runs", "download_register", "download_register_runs",
        "show_register",
    }  # fmt: skip
    asked = set()
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert (told["operationId"] in public) is (told["security"] == []), told["operationId"]
            if told["operationId"] not in public:
                asked.add(told["operationId"])
                place = path.replace("{", "").replace("}", "")
                body: dict[str, Any] = {}
                if method == "patch":
                    body = {"content": b"x", "headers": offset(0)}
                elif method == "post":
                    body = {"json": _example(document, told)}
                problem(web.as_(None).request(method, place, **body), 401)
    assert len(asked) > 40


def _example(document: Any, told: Any) -> Any:
    schema = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return None
    schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "examples" in schema:
        return schema["examples"][0]
    values = {
        "comment": "", "approve": True, "login": "x", "organisation": "x", "roles": ["citizen"], "name": "x",
        "scopes": ["read"], "code": "x", "password": PASSWORD, "new": PASSWORD,
        "person": "x", "part": "user", "until": "2099-12-31", "edition": 1, "reason": "x", "dataset": "x", "text": "x",
        "answer": "destroyed", "kind": "risk-review", "project": "x", "policy": "x", "members": ["x"], "finding": "adequate", "minutes": "x",
        "column": "x", "file": "x", "linkage": "x", "role": "applicant", "terms": {"linkage": "x", "purpose": "x", "reason": "x", "mode": "exact", "items": [{"name": "n", "normalise": "text"}]}, "cards": ["{}"],
        "language": "ko", "documents": ["{}"], "permit": "x", "uploads": ["x"], "context": "codes of regions", "stand": "approve", "to": "x", "instead_of": "x", "member": "x", "method": "rounded",
    }  # fmt: skip
    if schema["properties"].get("members", {}).get("type") == "object":  # of an export: person to field
        values["members"] = {"x": "law"}
    if (
        schema["properties"].get("files", {}).get("minProperties")
    ):  # of what is to leave: number to its author's word
        values["files"] = {"1": {"why": "xxxxx", "shows": "xxxxx", "made": "xxxxx"}}
    return {name: values[name] for name in schema.get("required", ())}


def test_a_token_does_what_its_scopes_say_and_ends_at_once(web: Web) -> None:
    with httpx.Client(base_url=f"{web.server.url}/api/v1") as browser:
        ok(browser.post("/sessions", json={"login": "provider", "password": PASSWORD}), 201)
        made = ok(browser.post("/tokens", json={"name": "robot", "scopes": ["read"]}), 201)
        robot = {"Authorization": f"Bearer {made['text']}"}
        with httpx.Client(base_url=f"{web.server.url}/api/v1", headers=robot) as program:
            assert ok(program.get("/me"))["scopes"] == ["read"]
            refused = problem(program.post("/uploads", json={"name": "a.csv", "size_bytes": 1}), 403)
            assert refused["code"] == "token.scope"
            problem(program.post("/tokens", json={"name": "child", "scopes": ["read"]}), 403)
            problem(program.delete("/sessions/others"), 403)
            ok(browser.delete(f"/tokens/{made['token']['id']}"), 204)
            assert problem(program.get("/me"), 401)["code"] == "token.wrong"
        ok(browser.delete("/sessions/this"), 204)
        problem(browser.get("/me"), 401)


def test_a_request_of_another_sites_page_is_refused(web: Web) -> None:
    with httpx.Client(base_url=f"{web.server.url}/api/v1") as browser:
        ok(browser.post("/sessions", json={"login": "provider", "password": PASSWORD}), 201)
        for header in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = browser.post("/tokens", json={"name": "theirs", "scopes": ["read"]}, headers=header)
            assert answer.status_code == 403
        assert all(token["name"] != "theirs" for token in ok(browser.get("/tokens")))


def test_an_upload_goes_on_where_its_line_was_cut(web: Web) -> None:
    provider = web.as_("provider")
    data = b"a,b\n" + b"1,2\n" * 500_000
    digest = hashlib.sha256(data).hexdigest()
    begun = ok(
        provider.post("/uploads", json={"name": "cut.csv", "size_bytes": len(data), "digest": digest}), 201
    )

    def cut() -> Iterator[bytes]:
        yield data[:1_300_000]
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, httpx.HTTPError)):
        provider.patch(f"/uploads/{begun['id']}", content=cut(), headers=offset(0))
    for _ in range(50):
        arrived = int(provider.head(f"/uploads/{begun['id']}").headers["upload-offset"])
        if arrived:
            break
        time.sleep(0.1)
    assert 0 < arrived <= 1_300_000
    wrong = problem(provider.patch(f"/uploads/{begun['id']}", content=b"x", headers=offset(arrived + 1)), 409)
    assert wrong["code"] == "upload.offset"
    unfinished = problem(provider.post("/datasets", json={"upload": begun["id"], "name": "cut"}), 409)
    assert unfinished["code"] == "upload.unfinished"
    ok(provider.patch(f"/uploads/{begun['id']}", content=data[arrived:], headers=offset(arrived)))
    assert ok(provider.post("/datasets", json={"upload": begun["id"], "name": "cut"}), 201)["rows"] == 500_000


def test_uploads_that_are_too_long_wrong_or_tricky_are_refused(web: Web) -> None:
    provider = web.as_("provider")
    begun = ok(provider.post("/uploads", json={"name": "a.csv", "size_bytes": 4}), 201)["id"]
    longer = problem(provider.patch(f"/uploads/{begun}", content=b"a\n1\n2\n", headers=offset(0)), 422)
    assert longer["code"] == "upload.longer"
    problem(
        provider.patch(
            f"/uploads/{begun}", content=b"x", headers={"Upload-Offset": "0", "Content-Type": "text/plain"}
        ),
        415,
    )
    for place in ("-1", "x", "1e3", "1" * 30, ""):
        problem(
            provider.patch(
                f"/uploads/{begun}",
                content=b"x",
                headers={**offset(0), "Upload-Offset": place},
            ),
            422,
        )
    ok(provider.delete(f"/uploads/{begun}"), 204)
    problem(provider.delete(f"/uploads/{begun}"), 404)
    for name in ("../x.csv", "a/b.csv", "..", "a\\b.csv", "a\nb"):
        problem(provider.post("/uploads", json={"name": name, "size_bytes": 4}), 422)
    spoilt = sent(provider, b"a\n1\n", digest="0" * 64)
    assert (
        problem(provider.post("/datasets", json={"upload": spoilt, "name": "spoilt"}), 422)["code"]
        == "upload.digest"
    )
    problem(provider.get(f"/uploads/{spoilt}"), 404)


def test_content_comes_whole_in_ranges_and_to_those_who_may(web: Web) -> None:
    engineer = web.as_("engineer")
    whole = engineer.get("/datasets/log/content")
    assert whole.status_code == 200
    digest = hashlib.sha256(whole.content).digest()
    etag = whole.headers["etag"]
    assert (etag, whole.headers["repr-digest"]) == (
        f'"{digest.hex()}"',
        f"sha-256=:{base64.b64encode(digest).decode()}:",
    )
    assert whole.headers["content-disposition"].startswith('attachment; filename="log.parquet"')
    head = engineer.head("/datasets/log/content")
    assert (head.status_code, head.content, head.headers["content-length"]) == (
        200,
        b"",
        str(len(whole.content)),
    )

    def asked(text: str, **headers: str) -> httpx.Response:
        return engineer.get("/datasets/log/content", headers={"Range": text, **headers})

    part = asked("bytes=10-19")
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    assert asked("bytes=-5").content == whole.content[-5:]
    assert asked("bytes=10-19", **{"If-Range": '"another"'}).status_code == 200
    assert asked("bytes=10-19", **{"If-Range": etag}).status_code == 206
    beyond = problem(asked("bytes=99999999-"), 416)
    assert beyond["faults"][0]["field"] == "Range"
    assert engineer.get("/datasets/log/content", headers={"If-None-Match": etag}).status_code == 304
    secret = problem(web.as_("provider").get("/datasets/claims/content"), 403)
    assert secret["reasons"][0]["code"] == "dataset.sensitivity"
    problem(web.as_("analyst").get("/datasets/log/content"), 403)
    exported = ok(engineer.get("/ledger/records?event=exported"))["items"]
    assert len(exported) >= 4


def test_lists_are_paged_filtered_and_stable_under_insertions(web: Web) -> None:
    provider = web.as_("provider")
    for number in range(5):
        ok(
            provider.post("/datasets", json={"upload": sent(provider, b"a\n1\n"), "name": f"Page {number}"}),
            201,
        )
    first = provider.get("/datasets", params={"text": "page", "limit": 2})
    assert [d["name"] for d in ok(first)["items"]] == ["Page 4", "Page 3"]
    ok(provider.post("/datasets", json={"upload": sent(provider, b"a\n1\n"), "name": "page 5"}), 201)
    names = [d["name"] for d in ok(first)["items"]]
    link = first.headers["link"]
    assert link.endswith('; rel="next"')
    following = link[1:].partition(">")[0].removeprefix("/api/v1")
    while following:
        answer = provider.get(following)
        names += [d["name"] for d in ok(answer)["items"]]
        following = answer.headers.get("link", "")[1:].partition(">")[0].removeprefix("/api/v1")
    assert names == [f"Page {n}" for n in (4, 3, 2, 1, 0)]
    assert [d["name"] for d in ok(provider.get("/datasets?form=series"))["items"]] == ["log"]
    assert ok(web.as_("analyst").get("/datasets?owner=me"))["items"] == []
    assert {d["sensitivity"] for d in ok(provider.get("/datasets?sensitivity=personal"))["items"]} == {
        "personal"
    }
    for wrong in ("cursor=nonsense", "limit=0", "limit=1001", "limit=x", "form=boat", "colour=red", "limit=1&limit=2", "cursor=W10"):  # fmt: skip
        problem(provider.get(f"/datasets?{wrong}"), 422)
    records = ok(provider.get("/ledger/records?limit=3"))
    more = ok(provider.get("/ledger/records", params={"limit": 3, "cursor": records["next"]}))
    assert [r["record"] for r in records["items"] + more["items"]] == list(range(6))


def test_the_same_request_twice_has_its_effect_once(web: Web) -> None:
    provider = web.as_("provider")
    key = {"Idempotency-Key": "begin-1"}
    wished = {"name": "once.csv", "size_bytes": 4}
    first = provider.post("/uploads", json=wished, headers=key)
    again = provider.post("/uploads", json=wished, headers=key)
    assert (ok(first, 201), "idempotent-replayed" in first.headers) == (ok(again, 201), False)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert sum(u["name"] == "once.csv" for u in ok(provider.get("/uploads"))) == 1
    other = problem(provider.post("/uploads", json={**wished, "size_bytes": 5}, headers=key), 422)
    assert other["code"] == "request.key"
    assert ok(web.as_("engineer").post("/uploads", json=wished, headers=key), 201)["id"] != first.json()["id"]
    upload = first.json()["id"]
    for _ in range(2):
        ok(provider.delete(f"/uploads/{upload}", headers={"Idempotency-Key": "drop-1"}), 204)
    problem(provider.post("/uploads", json=wished, headers={"Idempotency-Key": "x" * 201}), 422)
    refusals = [
        provider.post("/permits", json={"datasets": ["log"], "kinds": ["adapt"], "purpose": "statistics", "reason": "x", "until": "2020-01-01"}, headers={"Idempotency-Key": "ask-1"})
        for _ in range(2)
    ]  # fmt: skip
    assert [r.status_code for r in refusals] == [403, 403]


def test_events_tell_a_run_from_its_beginning_to_its_end_and_can_be_taken_up_again(web: Web) -> None:
    engineer = web.as_("engineer")
    wished = {"kind": "adapt", "inputs": {"data": "log"}, "parameters": {"batch": "batch"}}
    run = ok(engineer.post("/runs", json=wished), 202)["id"]
    seen: list[tuple[str, str, Any]] = []
    with web.as_("engineer", **{"Accept-Language": "ko"}).stream("GET", f"/runs/{run}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        for line in events.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "data" in event:
                seen.append((event["event"], event["id"], json.loads(event["data"])))
                event = {}
    assert [name for name, _, _ in seen][-1] == "ended"
    assert seen[-1][2]["state"] == "done"
    assert len({id_ for _, id_, _ in seen}) == len(seen)
    last = {"Last-Event-ID": seen[-1][1]}
    assert "data:" not in engineer.get(f"/runs/{run}/events", headers=last).text
    problem(engineer.get("/runs/run-nowhere/events"), 404)
    assert ok(engineer.get("/runs?mine=true&kind=adapt"))["items"][0]["id"] == run


def test_problems_are_in_the_callers_language(web: Web) -> None:
    english = problem(web.as_("analyst").get("/datasets/nowhere"), 404)
    korean = problem(
        web.as_("analyst", **{"Accept-Language": "en;q=0.5, ko-KR"}).get("/datasets/nowhere"), 404
    )
    assert english["detail"] == "There is no Dataset 'nowhere' here."
    assert "nowhere" in korean["detail"]
    assert korean["detail"] != english["detail"]
    assert ok(web.as_("analyst", **{"Accept-Language": "ko"}).get("/kinds/adapt"))["summary"] != ok(web.as_("analyst").get("/kinds/adapt"))["summary"]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"kind": "\\ud800", "inputs": {}}', b'{"kind": "a\\u0000", "inputs": {}}',
        b'{"kind": "adapt", "inputs": {}, "seed": 1e400}', b'{"kind": "adapt", "inputs": {}, "seed": ' + b"9" * 400 + b"}",
        b"[" * 100_000, b'{"kind": "adapt", "inputs": {}, "colour": 1}', b'{"kind": "adapt", "inputs": {"log": 1}}',
        b'{"kind": "adapt", "inputs": {"log": "log"}, "parameters": {"batch": {"a": []}}}', b'{"kind": NaN, "inputs": {}}',
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_are_refused_and_never_break_anything(web: Web, body: bytes) -> None:
    answer = web.as_("engineer").post("/runs", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422)


def test_faults_are_all_named(web: Web) -> None:
    found = problem(web.as_("provider").post("/uploads", json={"size_bytes": -1, "x": 1}), 422)
    assert {fault["field"] for fault in found["faults"]} == {"name", "size_bytes", "x"}


def test_methods_types_and_sizes_that_are_not_taken_are_named(web: Web) -> None:
    operator = web.as_("operator")
    answer = operator.put("/datasets", json={})
    problem(answer, 405)
    assert answer.headers["allow"]
    problem(operator.get("/nowhere"), 404)
    problem(
        operator.post("/runs", content=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        415,
    )
    problem(
        operator.post(
            "/runs", content=b" " * (2 << 20) + b"{}", headers={"Content-Type": "application/json"}
        ),
        413,
    )


def test_two_at_once_with_one_key_are_one(web: Web) -> None:
    answers: list[httpx.Response] = []

    def ask() -> None:
        headers = {"Idempotency-Key": "both", "Authorization": f"Bearer {web.tokens['operator']}"}
        wished = {"login": "twice", "organisation": "x", "roles": ["citizen"]}
        answers.append(httpx.post(f"{web.server.url}/api/v1/invitations", json=wished, headers=headers))

    lanes = [threading.Thread(target=ask) for _ in range(4)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 201}
    assert len(codes) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}


def test_strangers_who_try_too_often_are_told_when_to_come_back(web: Web) -> None:
    with httpx.Client(base_url=f"{web.server.url}/api/v1") as stranger:
        for _ in range(40):
            answer = stranger.get("/me", headers={"Authorization": "Bearer dgb_wrong_wrong"})
            if answer.status_code == 429:
                break
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) >= 1
    ok(web.as_("provider").get("/me"))
