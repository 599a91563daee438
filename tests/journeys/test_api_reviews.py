"""Reviews and papers over HTTP, and their place in the ledger's proof."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .answers import RISK
from .web import Web, web_of


@pytest.fixture(scope="module")
def web(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_of(founded, tmp_path_factory.mktemp("web") / "site") as served:
        yield served


ANSWERS = {**RISK, "level": "k of 5"}


def asked(web: Web) -> dict[str, object]:
    body = {"kind": "risk-review", "project": "p1", "dataset": "claims", "members": ["reviewer1"], "answers": ANSWERS}  # fmt: skip
    short = web.as_("provider").post("/reviews", json={**body, "answers": {"level": "k of 5"}})
    assert (short.status_code, "use = inside, provided, linked" in short.json()["detail"]) == (422, True)
    made = web.as_("provider").post("/reviews", json=body)
    assert made.status_code == 201, made.text
    return made.json()  # type: ignore[no-any-return]


def test_a_risk_review_from_asking_to_its_paper(web: Web) -> None:
    review = str(asked(web)["id"])
    member = web.as_("reviewer1")
    assert (
        web.as_("reviewer2").post(f"/reviews/{review}/findings", json={"finding": "adequate"}).status_code
        == 403
    )
    said = member.post(
        f"/reviews/{review}/findings", json={"finding": "adequate", "comment": "coarse enough"}
    )
    assert said.json()["seats"][0]["finding"] == "adequate"
    short = member.post(f"/reviews/{review}/close", json={"minutes": "ok"})
    assert [reason["code"] for reason in short.json()["reasons"]] == ["panel.minutes"]
    closed = member.post(f"/reviews/{review}/close", json={"minutes": "Met on Monday, all agreed."})
    assert closed.json()["state"] == "adequate"
    assert web.as_("engineer").get(f"/reviews/{review}").status_code == 404
    paper = web.as_("provider").post(f"/papers/risk-review/{review}", json={"type": "html"})
    assert paper.headers["content-type"].startswith("text/html")
    assert "coarse enough" in paper.text
    assert "k of 5" in paper.text


def test_the_register_as_pdf_and_docx(web: Web) -> None:
    pytest.importorskip("typst", reason="the extra `reports` is not installed")
    provider = web.as_("provider")
    forms = {each["form"]: each["edition"] for each in provider.get("/papers").json()}
    assert forms["register"] == "2025-09"
    answers = {"items": ["age"]}
    pdf = provider.post("/papers/register/p1", json={"type": "pdf", "language": "en", "answers": answers})
    assert pdf.content.startswith(b"%PDF-")
    docx = provider.post("/papers/register/p1", json={"type": "docx", "language": "both", "answers": answers})
    assert docx.content.startswith(b"PK")
    assert web.as_("analyst").post("/papers/register/p1", json={}).status_code == 404
    assert provider.post("/papers/nothing/p1", json={}).status_code == 404


def test_a_review_that_was_asked_for_by_mistake_is_withdrawn(web: Web) -> None:
    review = asked(web)["id"]
    assert web.as_("steward").post(f"/reviews/{review}/withdraw").status_code == 403
    assert web.as_("provider").post(f"/reviews/{review}/withdraw").json()["state"] == "withdrawn"
    assert web.as_("provider").post(f"/reviews/{review}/withdraw").status_code == 403


def test_a_substitute_takes_the_place_of_who_stepped_down(web: Web) -> None:
    review = asked(web)["id"]
    for place in ("reviewer2", "nobody-here"):
        body = {"instead_of": "reviewer1", "member": place}
        early = web.as_("provider").post(f"/reviews/{review}/substitutes", json=body)
        assert early.status_code == (403 if place == "reviewer2" else 404)
    web.as_("reviewer1").post(f"/reviews/{review}/step-down", json={"reason": "a cousin of mine"})
    body = {"instead_of": "reviewer1", "member": "reviewer2"}
    assert web.as_("reviewer2").post(f"/reviews/{review}/substitutes", json=body).status_code == 403
    seats = web.as_("provider").post(f"/reviews/{review}/substitutes", json=body).json()["seats"]
    assert sorted(bool(seat["instead_of"]) for seat in seats) == [False, True]
    said = web.as_("reviewer2").post(f"/reviews/{review}/findings", json={"finding": "adequate"})
    assert said.status_code == 200, said.text
    minutes = {"minutes": "Met on Monday, the substitute agreed."}
    assert web.as_("reviewer2").post(f"/reviews/{review}/close", json=minutes).json()["state"] == "adequate"
