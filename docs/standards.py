"""How far this meets standards, row by row: the tables of one page, made from `docs/standards/*.toml`.

One file is one standard: `title`, `edition`, `note`, `source`, and `rows` with `id`, `about` (in our words), `is` (one of
`VERDICTS`), `shown_by` (tests as PATH::NAME, pages as PATH), and where it helps `clause` and `note`. `problems` says
what a reader could not follow: a test or page that is not there, a claim that nothing shows.
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from .pages import ROOT

FOLDER = Path(__file__).parent / "standards"
ORDER = ("satre", "data-safe-zone", "safety-measures")
VERDICTS = {"met": "충족", "partly": "일부 충족", "not ours": "해당 없음(운영기관)", "not met": "미충족"}
_HEAD = {
    "en": "# Standards\n\nWhat each standard asks for, in our words, and whether the software does it. *Met* and *partly* name the test or page that shows it. *Not ours* is what people, rooms and contracts must do, whatever software runs. Nothing here is a certificate: nobody but the project has judged it.\n",
    "ko": "# 표준 대조표\n\n각 표준이 요구하는 것을 이 프로젝트의 말로 옮기고, 소프트웨어가 그것을 하는지 적었습니다. *충족*과 *일부 충족*에는 이를 보이는 시험이나 문서를 적습니다. *해당 없음*은 어떤 소프트웨어를 쓰든 사람, 시설, 계약이 해야 하는 일입니다. 인증이 아니며, 판단은 프로젝트가 스스로 한 것입니다.\n",
}
_COLUMNS = {"en": ("id", "asks for", "is", "shown by"), "ko": ("번호", "요구하는 것", "판단", "근거")}


@cache
def standard(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def page(language: str) -> str:
    return "\n".join((_HEAD[language], *(_table(standard(name), language) for name in ORDER)))


def _table(found: dict[str, Any], language: str) -> str:
    counted = Counter(row["is"] for row in found["rows"])
    counts = ", ".join(f"{_verdict(v, language)} {counted[v]}" for v in VERDICTS)
    edition = {"en": "Edition", "ko": "판"}[language]
    lines = [
        f"## {found['title'][language]}\n",
        f"{found['note'][language]} {edition}: {found['edition'][language]} ([{found['source'].split('/')[2]}]({found['source']})).\n",
        f"{counts}.\n",
        "| " + " | ".join(_COLUMNS[language]) + " |",
        "|---" * len(_COLUMNS[language]) + "|",
        *(_row(row, language) for row in found["rows"]),
    ]
    return "\n".join(lines) + "\n"


def _row(row: dict[str, Any], language: str) -> str:
    clause = row.get("clause", {}).get(language)
    name = row["id"] if clause in (None, row["id"]) else clause if row["id"] == row["clause"]["en"] else f"{row['id']} ({clause})"  # fmt: skip
    note = f" {row['note'][language]}" if "note" in row else ""
    end = "." if language == "en" else ""
    shown = "<br>".join(_shown(each, language) for each in row["shown_by"]) or "-"
    return f"| {name} | {row['about'][language]}{end}{note} | {_verdict(row['is'], language)} | {shown} |"


def _shown(place: str, language: str) -> str:
    if "::" in place:
        path, _, name = place.partition("::")
        return f"`{path.removeprefix('tests/')}` {name.removeprefix('test_').replace('_', ' ')}"
    inside = place.removeprefix("docs/")
    translated = language == "en" or (ROOT / "docs/ko" / inside).exists()
    return f"[{inside.removesuffix('.md')}]({'../' if translated else '../../'}{inside})"


def _verdict(verdict: str, language: str) -> str:
    return verdict if language == "en" else VERDICTS[verdict]


def problems() -> list[str]:
    """What is wrong with the tables themselves, one line each."""
    found = []
    for name in ORDER:
        ids = Counter(row["id"] for row in standard(name)["rows"])
        found += [f"{name}: {id_} stands there {n} times" for id_, n in ids.items() if n > 1]
        for row in standard(name)["rows"]:
            found += [f"{name} {row['id']}: {wrong}" for wrong in _wrong(row)]
    return found


def _wrong(row: dict[str, Any]) -> list[str]:
    claims = row["is"] in ("met", "partly")
    texts = [row["about"], *(row[part] for part in ("note", "clause") if part in row)]
    checks = (
        (row["is"] not in VERDICTS, f"unknown verdict {row['is']}"),
        (claims and not row["shown_by"], "nothing shows it"),
        (row["is"] == "met" and not any("::" in each for each in row["shown_by"]) and not _written_down(row), "it says met, and no test shows it"),
        (any(not text.get(language, "").strip() for text in texts for language in _HEAD), "a text lacks in one language"),
    )  # fmt: skip
    return [wrong for is_so, wrong in checks if is_so] + [
        f"there is no {p}" for p in row["shown_by"] if not _there(p)
    ]


def _written_down(row: dict[str, Any]) -> bool:
    """Some statements ask for a text and nothing else: there the page is the proof."""
    return bool(row["shown_by"]) and row["id"] in WRITTEN


WRITTEN = frozenset({"2.1.05", "3.1.03", "3.1.17", "3.3.04"})
"""Rows that ask that something is written down or can be said."""


def _there(place: str) -> bool:
    path, _, name = place.partition("::")
    if not (ROOT / path).is_file():
        return False
    return not name or name in _tests(path)


@cache
def _tests(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
