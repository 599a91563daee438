"""The codebook of a dummy as a page in Korean and English, and as rows that a reviewer reads first.

It is given the codebook as JSON (`disclosure.dummy_book.Codebook.as_json`, with `of`, `edition`, `seed` and
`dummy_rows`) and nothing else. The JSON lies in the page too, for programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .markup import Content, Markup, Words, element, joined
from .pages import Section, callout, chip, code, listed, numbers, page, paragraph, table

Told = Mapping[str, Any]
MOST_SHOWN = 50
HEADER = ("column", "type", "unit", "holds", "from", "to", "values", "others", "missing %", "description")

_TITLE = Words("더미데이터 코드북: {of}", "Codebook of the dummy of {of}")
_LEAD = Words(
    "이 데이터는 지어낸 더미데이터입니다. 코드를 작성하고 시험하는 데에만 쓰십시오. 여기서 나온 숫자는 아무것도 뜻하지 않습니다.",
    "This data is made up. Use it to write and test code; whatever numbers come out of it mean nothing.",
)
_LIMITS = (
    Words(
        "열은 하나씩 따로 뽑았습니다. 열 사이의 관계와 분포는 남아 있지 않습니다.",
        "Each column is drawn alone: no relation between columns and no distribution is kept.",
    ),
    Words(
        "실제 행, 드문 값, 한 사람의 극단값은 없습니다. 범위는 양 끝에서 {least}{unit}이 도달하는 값을 바깥쪽으로 반올림한 것입니다.",
        "No real row, no rare value and no extreme of one person is in it. A range goes to values that {least} {unit} reach, rounded outward.",
    ),
    Words(
        "값의 이름은 {least}{unit} 이상이 가진 것만 있습니다. 식별자와 가명은 같은 꼴로 지어낸 것이며, 주민등록번호 꼴의 값은 있을 수 없는 날짜를 씁니다.",
        "A value is named if at least {least} {unit} have it. Identifiers and pseudonyms are made up in the same form; what looks like a resident registration number bears a date that there is not.",
    ),
    Words("결측 비율은 {step} % 단위입니다.", "Shares of missing values come in steps of {step} %."),
)
_UNITS = {
    "persons": Words("명", "persons"),
    "rows": Words("행", "rows"),
    "stretches": Words("구간(전체의 100분의 1)", "stretches (hundredths of the series)"),
}
_HOLDS = {
    "categories": Words("정해진 값", "categories"),
    "range": Words("숫자 범위", "a range of numbers"),
    "instants": Words("시간 범위", "a range of time"),
    "sampling": Words("일정한 간격의 시각", "instants at equal intervals"),
    "key": Words("행마다 다른 값", "a value of its own in each row"),
    "text": Words("지어낸 글", "made-up text"),
    "clock": Words("하루 중 시각", "a time of day"),
    "nothing": Words("값 없음", "nothing"),
}
_PERSON = Words(
    "개인을 가리키는 값 (한 사람에 약 {rows}행)", "says whose row it is (about {rows} rows a person)"
)
_COLUMNS = (
    Words("열", "Column"), Words("형식", "Type"), Words("단위", "Unit"), Words("담는 것", "Holds"),
    Words("범위 또는 값", "Range or values"), Words("결측", "Missing"), Words("설명", "Description"),
)  # fmt: skip
_MORE = Words("그 밖에 {count}개 (JSON에 모두 있음)", "{count} more (all are in the JSON)")
_OTHERS = Words("그 밖의 드문 값은 지어낸 이름으로", "rare values stand under made-up names")
_EVERY = Words("{seconds}초마다, {low}부터", "every {seconds} s from {low}")


def codebook_page(told: Told, *, language: str = "both") -> str:
    """The whole document, opened in `language`."""
    unit = _UNITS[told["counted"]]
    limits = [w.filled(least=told["least"], unit=unit, step=told["missing_step"]) for w in _LIMITS]
    lead = joined(
        [
            element("p", chip("anonymous")),
            callout(paragraph(_LEAD), loud=True),
            numbers(
                [
                    (Words("더미데이터의 행", "rows of the dummy"), f"{told['dummy_rows']:,}"),
                    (Words("원본의 행, 대략", "rows of the data, about"), f"{told['rows']:,}"),
                    (Words("판", "edition"), str(told["edition"])),
                    (Words("시드", "seed"), str(told["seed"])),
                ]
            ),
        ]
    )
    rows = [_row(entry, told) for entry in told["columns"]]
    sections = [
        Section("columns", Words("열", "Columns"), table("columns-table", Words("열마다 알 수 있는 것", "What is told of each column"), _COLUMNS, rows)),
        Section("limits", Words("더미데이터가 말하지 않는 것", "What a dummy does not tell"), listed(limits)),
    ]  # fmt: skip
    kept = element("script", Markup(json.dumps(told, ensure_ascii=True).replace("<", "\\u003c")), type="application/json", id="codebook")  # fmt: skip
    footer = joined([paragraph(Words("달구벌이 만들었고 두 심사위원이 내보냈습니다.", "Made by Dalgubeol and let out by two reviewers.")), kept])  # fmt: skip
    return page(_TITLE.filled(of=told["of"]["name"]), lead, sections, language=language, footer=footer)


def _row(entry: Told, told: Told) -> Sequence[Content]:
    holds = _PERSON.filled(rows=told["rows_per_person"]) if entry["person"] else _HOLDS[entry["holds"]]
    missing = f"{entry['missing_percent']} %"
    return (
        code(entry["name"]), entry["type"], entry.get("unit") or "", holds, _extent(entry), missing, entry["description"],
    )  # fmt: skip


def _extent(entry: Told) -> Content:
    if entry["holds"] == "sampling":
        return _EVERY.filled(seconds=f"{entry['every_s']:g}", low=entry["low"])
    if entry["low"] is not None:
        return f"{plain(entry['low'])} – {plain(entry['high'])}"
    values = [plain(v) for v in entry["values"]]
    parts: list[Content] = [", ".join(values[:MOST_SHOWN])] if values else []
    if len(values) > MOST_SHOWN:
        parts.append(_MORE.filled(count=len(values) - MOST_SHOWN))
    if entry["others"]:
        parts.append(_OTHERS)
    if entry["forms"]:
        parts.append(", ".join(entry["forms"]))
    return joined(element("span", part, class_="line") for part in parts)


def plain(value: object) -> str:
    return (
        f"{value:,.15g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
    )


def codebook_rows(told: Told) -> list[list[str]]:
    """The same as a table of texts, the header first; every value that is named stands in it."""
    return [list(HEADER), *(_texts(entry) for entry in told["columns"])]


def _texts(entry: Told) -> list[str]:
    low, high = ("" if entry[end] is None else plain(entry[end]) for end in ("low", "high"))
    named = " | ".join([*(plain(v) for v in entry["values"]), *entry["forms"]])
    others = "made-up names" if entry["others"] else ""
    holds = "person" if entry["person"] else str(entry["holds"])
    return [entry["name"], entry["type"], entry.get("unit") or "", holds, low, high, named, others, str(entry["missing_percent"]), entry["description"]]  # fmt: skip
