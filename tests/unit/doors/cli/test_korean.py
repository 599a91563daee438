"""`dalgu` read by somebody who reads Korean: no English sentence is left where it speaks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = re.compile(r"`[^`]*`|dalgu [a-z ]+")
ENGLISH = re.compile(r"\b[A-Za-z]+ [a-z]{2,}\b")
HANGUL = re.compile(r"[가-힣]")
PASSWORD = "correct horse battery"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def dalgu(site: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DALGU_", "LC_", "LANG"))},
        "DALGU_LANG": "ko", "DALGU_SITE": str(site), "DALGU_KEYS": str(site.with_name("keys")),
        "DALGU_SESSION": str(site.with_name("session.json")), "PYTHONUTF8": "1",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "dalgubeol", *arguments],
        env=environment, input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip


def english_in(text: str) -> list[str]:
    """A word after another, as sentences have them, outside of commands."""
    return ENGLISH.findall(COMMAND.sub("", text))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("사용법: ", "옵션:", "명령:", "이 도움말을 보여 주고 끝냅니다.", "데이터셋", "이용승인", "원장")),
        (("dataset", "add"), ("인수:", "파일(CSV, XLSX, Parquet, DOCX, HWPX)을 데이터셋으로 등록합니다.", "필수", "기본값: ")),
        (("run",), ("작업 종류", "하는 일", "사람에 관한 표를 가명처리합니다.")),
        (("run", "pseudonymise"), ("사용법: ", "위치 인수:", "사람에 관한 표", "한 동질집합의 최소 인원", "모든 난수의 시드")),
    ],
)  # fmt: skip
def test_help_is_in_korean(site: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    done = dalgu(site, *arguments, "--help")
    assert done.returncode == 0, done.stderr
    assert [word for word in words if word not in done.stdout] == []
    assert english_in(done.stdout.replace("python -m dalgubeol", "dalgu")) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("runs",), 12, "사이트가 없습니다."),
        (("nonsense",), 2, "'nonsense' 명령이 없습니다."),
        (("dataset", "shw"), 2, "비슷한 것: 'show'."),
        (("dataset", "list", "--nonsense"), 2, "없는 옵션입니다: --nonsense."),
        (("dataset", "show"), 2, "필요한 값이 없습니다: "),
        (("runs", "--state", "nonsense"), 2, "다음 중 하나여야 합니다: 'queued', 'running'"),
        (("run", "nonsense"), 12, "작업 종류 'nonsense'"),
        (("run", "pseudonymise", "x"), 11, "매개변수 project: 필요합니다"),
    ],
)
def test_an_error_and_its_next_step_are_in_korean(
    site: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = dalgu(site, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    told = [line for line in done.stderr.splitlines() if line.strip() and HANGUL.search(line)]
    assert english_in("\n".join(told).replace("dalgu run pseudonymise", "")) == []
    assert [line for line in done.stderr.splitlines() if not HANGUL.search(line) and ENGLISH.search(line) and "[" not in line] == []  # fmt: skip


def test_an_error_as_json_speaks_korean_and_keeps_its_codes(site: Path) -> None:
    answer = json.loads(dalgu(site, "runs", "--json").stdout)["error"]
    assert answer["family"] == "missing"
    assert "사이트가 없습니다." in answer["detail"]
    assert english_in(answer["detail"] + answer["next_step"]) == []


def test_words_for_people_and_codes_for_programs(site: Path, tmp_path: Path) -> None:
    assert dalgu(site, "init", str(site), "--password-stdin", typed=PASSWORD + "\n").returncode == 0
    assert dalgu(site, "login", "operator", "--password-stdin", typed=PASSWORD + "\n").returncode == 0
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    said = dalgu(site, "dataset", "add", str(file)).stdout
    assert said == "x를 등록했습니다: 1행, 2열, 내부, 암호화되지 않음.\n"
    table = dalgu(site, "dataset", "list").stdout
    assert [word for word in ("이름", "민감도", "표", "내부", "보관 중") if word not in table] == []
    listed = json.loads(dalgu(site, "dataset", "list", "--json").stdout)
    assert [(d["form"], d["sensitivity"], d["state"]) for d in listed] == [("table", "internal", "kept")]
    assert "사이트 설립" in dalgu(site, "ledger", "records").stdout


def test_english_would_be_seen() -> None:
    assert english_in("There is no site in /tmp.")
    assert not english_in("사이트가 없습니다. `dalgu init x`로 만드십시오.")
