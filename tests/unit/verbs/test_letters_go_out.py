"""A letter comes in as DOCX or HWPX and goes out with what identifies somebody taken out of it; that no k and no risk
was measured is said by the check, by the Run and by the papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.language import restored
from dalgubeol.methods.privacy.policy.policy_text import parsed
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.papers import paper_facts
from dalgubeol.verbs.projects import policies, projects, proposals
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end
from dalgubeol.world.store import datasets

from ..world.engine.test_documents import docx, hwpx

NEEDLES = ("김서연", "박도현", "010-9876-5432", "010-2345-6789", "880101-1234568", "900505-2345678", "seoyeon@example.kr")  # fmt: skip
PARAGRAPHS = (
    "민원 처리 보고",
    "민원인 김서연(주민등록번호 880101-1234568)이 2월에 방문하였습니다.",
    "연락처는 010-9876-5432이고 전자우편은 seoyeon@example.kr입니다.",
    "담당자 박도현 주임이 010-2345-6789로 회신하였습니다.",
    "보호자의 주민등록번호는 900505-2345678입니다.",
    "조치 결과 보수 공사를 마쳤습니다.",
)
ONLY_TEXT = 'edition = 1\nproject = "letters"\n[columns.text]\nrole = "sensitive"\nsteps = [{do = "mask"}]\n'


def letter(folder: Path, form: str) -> Path:
    if form == "docx":
        return docx(folder, "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in PARAGRAPHS))
    return hwpx(folder, "".join(f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>" for text in PARAGRAPHS))


@pytest.fixture(params=["docx", "hwpx"])
def desk(town: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    who = town.who("provider")
    register.add(
        town.house, who, letter(tmp_path, request.param), name="memo", sensitivity=Sensitivity.PERSONAL
    )
    projects.open_(town.house, who, name="letters", purpose=Purpose.STATISTICS, reason="what people complain about", until="2099-12-31")  # fmt: skip
    return town


def made(town: Any, text: str) -> Any:
    queued = submit.submit(town.house, town.who("provider").actor, "pseudonymise", {"data": "memo"}, {"policy": text, "name": "out"})  # fmt: skip
    run = run_to_end(town.house, queued.id)
    assert run.state is RunState.DONE, run.fault
    with town.house.database.reading() as connection:
        return datasets.find(connection, "out")


def rows(town: Any, dataset: Any) -> list[dict[str, Any]]:
    with town.house.objects.open(dataset.object_id, town.house.keyring.dataset_key(dataset.id), dataset.id) as stream:  # fmt: skip
        return list(pq.read_table(stream).to_pylist())


def test_the_draft_masks_the_text_and_what_goes_out_names_nobody(desk: Any) -> None:
    who = desk.who("provider")
    text = policies.draft(desk.house, who, "memo", "letters")
    assert parsed(text).columns["text"].steps[0].do == "mask"
    said = [m.text("en") for m in policies.check(desk.house, who, "memo", text)]
    assert any("no k holds" in line for line in said), said
    dataset = made(desk, text)
    out = rows(desk, dataset)
    assert [(row["part"], row["number"]) for row in out] == [("body", n + 1) for n in range(len(PARAGRAPHS))]
    assert out[0]["text"] == PARAGRAPHS[0]
    assert [n for n in NEEDLES if any(n in row["text"] for row in out)] == []
    told = [restored(each).text("en") for each in dataset.about["said"]]
    assert any("no k holds" in line for line in told)
    assert "risk" not in dataset.about
    assert [n for n in NEEDLES if n in str(dataset.about)] == []
    assert any("not measured" in str(row) for row in paper_facts.measured(dataset))
    assert any("no k holds" in str(line) for line in paper_facts.left(dataset))


def test_a_policy_of_nothing_but_masked_text_runs(desk: Any) -> None:
    out = rows(desk, made(desk, ONLY_TEXT))
    assert {*out[0]} == {"text"}
    assert [n for n in NEEDLES if any(n in row["text"] for row in out)] == []


@pytest.mark.parametrize(
    "more",
    [
        '[columns.number]\nrole = "sensitive"\n',
        'steps2 = 1\n',
        '[models]\nk = 5\nstrict_risk = 0.2\n',
        '[[models.diversity]]\ncolumn = "text"\nl = 2\n',
    ],
)  # fmt: skip
def test_anything_else_that_would_go_out_unmeasured_is_refused(more: str) -> None:
    with pytest.raises(Invalid):
        parsed(ONLY_TEXT + more)


def test_a_mask_of_some_types_alone_is_not_enough() -> None:
    with pytest.raises(Invalid, match="text would"):
        parsed(ONLY_TEXT.replace('"mask"', '"mask", types = ["email"]'))


def test_a_column_that_is_called_number_is_none_in_a_table(town: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "number,text\n" + "".join(f"{n % 7},아무 말이나 적은 메모입니다 {n}\n" for n in range(40))
    )
    who = town.who("provider")
    register.add(town.house, who, path, name="notes", sensitivity=Sensitivity.PERSONAL)
    with pytest.raises(Invalid, match="numbering of a document"):
        policies.check(town.house, who, "notes", ONLY_TEXT + '[columns.number]\nrole = "plain"\n')


def test_free_text_beside_other_columns_is_masked_too(town: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "나이,메모\n"
        + "".join(f"{20 + n % 30},환자 김서연의 연락처는 010-9876-54{n:02d}이며 다시 전화하기로 하였습니다\n" for n in range(60))
    )  # fmt: skip
    who = town.who("provider")
    register.add(town.house, who, path, name="notes", sensitivity=Sensitivity.PERSONAL)
    policy = parsed(policies.draft(town.house, who, "notes", "letters"))
    assert policy.quasi == ("나이",)
    assert policy.columns["메모"].steps[0].do == "mask"
    assert {p.column: p.role for p in proposals.proposals(town.house, who, "notes")}["메모"] == "sensitive"
