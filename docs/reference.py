"""The reference: pages made from the code itself, so that they cannot be out of date.

Each function returns one page as Markdown, in English or Korean. What the code leaves unsaid is not a poor
page but an error: `gaps()` lists every kind, parameter, error, command, setting and route that nobody has
described.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from dalgubeol import errors, kinds, settings
from dalgubeol.language import phrase, word
from dalgubeol.rules import airlock, lifecycle

from . import api_reference, diagrams, failures, standards

SOURCE = Path(errors.__file__).parent
_VARIABLE = re.compile(r"\bDALGU_[A-Z]+\b")
_FAMILIES = {
    "Refused": ("a rule says no; carries every reason", "규칙에 따라 거부함. 모든 사유를 함께 알림"),
    "Invalid": ("what you gave is wrong", "입력한 것이 맞지 않음. 어느 항목이 왜 틀렸는지 알림"),
    "Missing": ("not there, or not yours to see: the same answer", "없거나 볼 권한이 없음. 둘의 답은 같음"),
    "Conflict": ("not legal in this state", "지금 상태에서는 할 수 없음"),
    "Unavailable": ("something outside is not ready; retry", "필요한 것이 준비되지 않음. 다시 시도"),
    "Tampered": ("a proof fails; never retried, alarm", "검증 실패. 다시 시도하지 않고 경보"),
}
_EXITS = (
    ("0", "it worked", "성공"),
    ("1", "`dalgu doctor` or `dalgu site check` found something, or dalgu itself is at fault", "`dalgu doctor`나 `dalgu site check`가 문제를 찾았거나 dalgu 자체의 오류"),
    ("2", "the command line cannot be read", "명령을 해석할 수 없음"),
    ("16", "the Run failed: the script or its parameters are at fault", "실행 실패: 스크립트나 매개변수의 문제"),
    ("17", "the Run broke: the platform is at fault", "실행 중단: 플랫폼의 문제"),
    ("18", "the Run's outputs wait in the airlock", "산출물이 반출입 심사를 기다림"),
    ("130", "stopped with Ctrl-C", "Ctrl-C로 중지함"),
)  # fmt: skip


@cache
def pages(language: str = "en") -> dict[str, str]:
    """File name to page. What is made of English text of the source alone is there in English only."""
    made = {
        "index.md": index_page(language),
        "kinds.md": kinds_page(language),
        "commands.md": commands_page(language),
        "errors.md": errors_page(language),
        "states.md": states_page(language),
        "standards.md": standards.page(language),
    }
    return (
        made if language == "ko" else {**made, "settings.md": settings_page(), "api.md": api_reference.page()}
    )


def gaps(kind_names: tuple[str, ...] | None = None) -> list[str]:
    """What the code leaves undescribed; empty when all is well."""
    found = [*_family_gaps(), *_setting_gaps(), *_command_gaps(), *api_reference.gaps(), *failures.found()[1]]
    for name in kinds.names() if kind_names is None else kind_names:
        found.extend(_kind_gaps(kinds.kind(name)))
    return found


def index_page(language: str = "en") -> str:
    if language == "ko":
        return (
            "# 참조\n\n이 부분은 코드에서 만들어지므로 코드와 어긋나지 않습니다.\n\n"
            "| 쪽 | 내용 |\n|---|---|\n"
            "| [작업 종류](kinds.md) | 실행할 수 있는 것과 그 매개변수 |\n"
            "| [명령](commands.md) | `dalgu`의 모든 명령 |\n"
            "| [오류](errors.md) | 모든 오류 코드와 거부 사유, 종료 코드와 HTTP 상태 |\n"
            "| [상태](states.md) | 실행, 이용승인, 반출입 심사가 거치는 상태 |\n"
            "| [표준 대조표](standards.md) | 표준마다 충족 여부와 그 근거 |\n"
            "| [HTTP API](../../reference/api.md) | 모든 동작과 필요한 범위, 매개변수, 답 (영문) |\n"
            "| [설정](../../reference/settings.md) | 환경 변수와 `settings.toml` (영문) |\n"
        )
    return (
        "# Reference\n\nThis part is made from the code, so it cannot disagree with it.\n\n"
        "| page | holds |\n|---|---|\n"
        "| [Kinds](kinds.md) | what can be run, and with which parameters |\n"
        "| [Commands](commands.md) | every command of `dalgu` |\n"
        "| [Errors](errors.md) | every error code and every reason, with exit code and HTTP status |\n"
        "| [States](states.md) | the lives of Runs, Permits and airlock reviews |\n"
        "| [Standards](standards.md) | what each standard asks for, whether it is met, and what shows it |\n"
        "| [HTTP API](api.md) | every operation, with its scope, parameters and answers |\n"
        "| [Settings](settings.md) | environment variables and `settings.toml` |\n"
    )


def kinds_page(language: str = "en") -> str:
    parts = [
        "# 작업 종류\n\n실행할 수 있는 것과 그 매개변수입니다. `dalgu run 작업종류 --help`도 같은 내용을 알려 줍니다."
        if language == "ko"
        else "# Kinds\n\nWhat can be run, and with which parameters. `dalgu run KIND --help` says the same."
    ]
    for name in kinds.names():
        parts.extend(_kind_part(kinds.kind(name), language))
    return "\n\n".join(parts) + "\n"


def errors_page(language: str = "en") -> str:
    korean = language == "ko"
    found = failures.found()[0]
    if korean:
        parts = [
            "# 오류\n\n모든 오류는 누가 고쳐야 하는지에 따라 여섯 갈래로 나뉩니다. 무슨 일이 있었는지(`detail`)와 다음에 할 "
            "일(`next_step`)을 읽는 사람의 언어로 알려 줍니다. 오류에는 데이터 값이나 비밀이 들어가지 않습니다. HTTP API의 "
            "오류는 RFC 9457 형식입니다. `{중괄호}`에는 그때의 값이 들어갑니다.",
            "## 갈래\n\n| 갈래 | 뜻 | 종료 코드 | HTTP |\n|---|---|---|---|",
        ]
    else:
        parts = [
            "# Errors\n\nErrors come in six families, by who must act. Each says what happened (`detail`) and what to "
            "do (`next_step`) in the reader's language, and holds no data value and no secret. The HTTP API gives "
            "them as RFC 9457 problem details. In `{braces}` stand the values of the moment.",
            "## Families\n\n| family | means | exit | HTTP |\n|---|---|---|---|",
        ]
    for family in errors.FAMILIES:
        means = _FAMILIES[family.__name__][korean]
        parts[-1] += f"\n| {family.__name__} | {means} | {family.exit_code} | {family.http_status} |"
    for family in errors.FAMILIES:
        head = f"{family.__name__}: {'종료 코드' if korean else 'exit'} {family.exit_code}, HTTP {family.http_status}"
        parts.append(f"## {head}\n\n{_failure_table(found, family.__name__, language)}")
    parts.append(
        "## 거부 사유\n\n`Refused`는 여기의 사유를 하나 이상 담습니다." if korean
        else "## Reasons\n\nA `Refused` carries one or more of these."
    )  # fmt: skip
    parts.append(_failure_table(found, "Reason", language))
    parts.append(
        "## 그 밖의 종료 코드\n\n| 종료 코드 | 뜻 |\n|---|---|"
        if korean
        else "## Other exit codes\n\n| exit | means |\n|---|---|"
    )
    for code, english, in_korean in _EXITS:
        parts[-1] += f"\n| {code} | {in_korean if korean else english} |"
    return "\n\n".join(parts) + "\n"


def settings_page() -> str:
    return f"# Settings\n\n{inspect.getdoc(settings) or ''}\n"


def states_page(language: str = "en") -> str:
    korean = language == "ko"
    tables: tuple[tuple[str, Mapping[Any, Any]], ...] = (
        ("실행" if korean else "Run", lifecycle.RUN_MOVES),
        ("이용승인" if korean else "Permit", lifecycle.PERMIT_MOVES),
        ("반출입 심사" if korean else "Airlock review", airlock.drawn()),
    )
    parts = [
        "# 상태\n\n각 그림과 표는 코드가 그대로 따르는 표(`rules/lifecycle.py`, 반출입 심사는 `rules/airlock.py`)에서 그립니다." if korean
        else "# States\n\nEach diagram and table is drawn from the table that the code itself obeys (`rules/lifecycle.py`, of the airlock `rules/airlock.py`)."
    ]  # fmt: skip
    for title, moves in tables:
        said = (
            f"{title}의 상태 그림. 아래 표와 같은 내용"
            if korean
            else f"States of a {title}; the table below says the same"
        )
        head = "| 지금 상태 | 일 | 다음 상태 |" if korean else "| from | move | to |"
        rows = "\n".join(
            f"| {_shown(start, language)} | {_moved(move, language)} | {_shown(end, language)} |"
            for (start, move), end in moves.items()
        )
        drawn = diagrams.drawn(moves, said)
        parts.append(
            f'## {title}\n\n<figure class="states" data-search-exclude>{drawn}</figure>\n\n{head}\n|---|---|---|\n{rows}'
        )
    return "\n\n".join(parts) + "\n"


def commands_page(language: str = "en") -> str:
    """In the language's own process: a command's help is made when its module is imported."""
    said = {
        "ko": "# 명령\n\n`dalgu`의 모든 명령입니다. 각 명령의 `--help`와 같습니다.",
        "en": "# Commands\n\nEvery command of `dalgu`, as its `--help` says it.",
    }
    parts = [f"## {name}\n\n```text\n{text.rstrip()}\n```" for name, text in commands(language)]
    return "\n\n".join([said[language], *parts]) + "\n"


@cache
def commands(language: str) -> tuple[tuple[str, str], ...]:
    """Every command with its help."""
    environment = {**os.environ, "DALGU_LANG": language, "COLUMNS": "96", "TERMINAL_WIDTH": "96"}
    done = subprocess.run(
        [sys.executable, "-m", "docs.reference"], cwd=SOURCE.parent.parent, env=environment, capture_output=True, check=True
    )  # fmt: skip
    return tuple((name, text) for name, text in json.loads(done.stdout))


def _commands() -> Iterator[tuple[str, str]]:
    """Every command and its help, depth first, then the kinds."""
    import typer

    from dalgubeol.doors.cli.app import app
    from dalgubeol.doors.cli.runs import parser
    from dalgubeol.doors.cli.words import borrow

    borrow()

    def walk(command: Any, context: Any) -> Iterator[tuple[str, str]]:
        yield context.command_path, command.get_help(context)
        for name, below in getattr(command, "commands", {}).items():
            yield from walk(below, typer.Context(below, info_name=name, parent=context))

    root: Any = typer.main.get_command(app)
    yield from walk(root, typer.Context(root, info_name="dalgu"))
    for name in kinds.names():
        yield f"dalgu run {name}", parser(kinds.kind(name)).format_help()


def _failure_table(found: list[failures.Failure], family: str, language: str) -> str:
    rows = dict.fromkeys((f.code, f.text, f.korean) for f in found if f.family == family)
    head = "| 코드 | 한국어 | 영어 |" if language == "ko" else "| code | English | Korean |"
    lines = [
        f"| `{code}` | {_cell(korean if language == 'ko' else english)} | {_cell(english if language == 'ko' else korean)} |"
        for code, english, korean in rows
    ]
    return "\n".join([head, "|---|---|---|", *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("\n", " ")


def _shown(state: StrEnum, language: str) -> str:
    said = word(state, language)
    return f"`{state.value}`" if said == state.value else f"{said} (`{state.value}`)"


def _moved(move: str, language: str) -> str:
    event, _, case = move.removesuffix(")").partition(" (")
    said = phrase(event, "move").text(language) + (f" ({word(airlock.Case(case), language)})" if case else "")
    return f"`{move}`" if said == move else f"{said} (`{move}`)"


def _kind_part(kind: Any, language: str) -> list[str]:
    korean = language == "ko"
    outputs = "; ".join(_output_text(kind, example) for example in list(kind.examples())[:1])
    slots = "; ".join(
        f"**{s.name}** ({_forms(s)}{', ' + ('생략 가능' if language == 'ko' else 'optional') if s.optional else ''}): {_told(s.summary, language)}"
        for s in kind.slots
    )
    grants = ", ".join(sorted(word(g, language) if korean else g.value for g in kind.grants))
    ports = ", ".join(sorted(p.value for p in kind.ports))
    if korean:
        facts = [
            f"- 입력: {slots}", f"- 산출물: {outputs}", f"- 이용승인이 허용해야 하는 것: {grants}",
            f"- 바깥에서 필요한 것: {ports or '없음'}",
            f"- 입력, 매개변수, 시드가 같으면 내용도 같음: {'예' if kind.deterministic else '아니요'}",
        ]  # fmt: skip
        rows = ["| 매개변수 | 형식 | 기본값 | 뜻 |", "|---|---|---|---|"]
    else:
        facts = [
            f"- takes: {slots}",
            f"- makes: {outputs}",
            f"- a Permit must allow: {grants}",
            f"- needs: {ports or 'nothing of the outside'}",
            f"- same inputs, parameters and seed give the same content: {'yes' if kind.deterministic else 'no'}",
        ]
        rows = ["| parameter | type | default | means |", "|---|---|---|---|"]
    schema = kind.Parameters.model_json_schema()
    for name, said in schema["properties"].items():
        needed = "필수" if korean else "required"
        default = needed if name in schema.get("required", ()) else f"`{said.get('default')}`"
        told = _told(said.get("description", ""), language)
        rows.append(f"| `{name}` | {_type_text(said)} | {default} | {_cell(told)} |")
    parts = [f"## {kind.name}", kind.summary.text(language), "\n".join(facts), "\n".join(rows)]
    for name, nested in schema.get("$defs", {}).items():
        parts.append(_nested_part(name, nested))
    return parts


def _nested_part(name: str, nested: dict[str, Any]) -> str:
    if "enum" in nested:
        return f"**{name}**: {_type_text(nested)}."
    fields = ", ".join(f"`{field}`: {_type_text(said)}" for field, said in nested["properties"].items())
    return f"**{name}** (JSON): {nested.get('description', '').strip()} Fields: {fields}."


def _told(text: str, language: str) -> str:
    """A description in the source, in the reader's language."""
    return phrase(text).text(language) if text else ""


def _output_text(kind: Any, example: Any) -> str:
    made = kind.outputs(kind.Parameters.model_validate(dict(example.parameters)))
    return "; ".join(
        f"**{o.name}** ({o.form.value}"
        + (f", becomes {o.lowers.value}" if o.lowers else "")
        + (", held in the airlock" if o.held else "")
        + ")"
        for o in made
    )


def _forms(slot: Any) -> str:
    return " or ".join(sorted(form.value for form in slot.forms))


def _type_text(said: dict[str, Any]) -> str:
    if "$ref" in said:
        return str(said["$ref"].rpartition("/")[2])
    if "anyOf" in said:
        return " or ".join(_type_text(option) for option in said["anyOf"])
    if "enum" in said:
        return " or ".join(str(value) for value in said["enum"])
    if said.get("type") == "array":
        return f"list of {_type_text(said.get('items', {}))}"
    return {"null": "nothing", "string": "text"}.get(str(said.get("type")), str(said.get("type", "any")))


def _kind_gaps(kind: Any) -> Iterator[str]:
    if not kind.summary.text("en").strip():
        yield f"kind {kind.name}: no summary"
    if not list(kind.examples()):
        yield f"kind {kind.name}: no example"
    for slot in kind.slots:
        if not slot.summary.strip():
            yield f"kind {kind.name}: slot {slot.name} has no summary"
    for name, said in kind.Parameters.model_json_schema()["properties"].items():
        if not said.get("description", "").strip():
            yield f"kind {kind.name}: parameter {name} has no description"


def _family_gaps() -> Iterator[str]:
    text = inspect.getdoc(errors) or ""
    for family in {*errors.FAMILIES, *errors.DalguError.__subclasses__()}:
        row = rf"^\| {family.__name__} \|.*\| {family.exit_code} \| {family.http_status} \|$"
        if not re.search(row, text, re.MULTILINE):
            yield f"error family {family.__name__}: no row with its exit code and HTTP status"


def _command_gaps() -> Iterator[str]:
    for language in ("en", "ko"):
        for name, text in commands(language):
            lines = [line for line in text.splitlines()[1:] if line.strip()]
            if not lines or lines[0].rstrip().endswith(":"):
                yield f"command {name}: its help ({language}) does not say what it does"


def _setting_gaps() -> Iterator[str]:
    text = inspect.getdoc(settings) or ""
    outside = (path for path in SOURCE.rglob("*.py") if "sandbox" not in path.parts)  # in there: its own
    read = {name for path in outside for name in _VARIABLE.findall(path.read_text("utf-8"))}
    for name in sorted(read):
        if f"| `{name}` |" not in text:
            yield f"setting {name}: no row in settings.py"
    written = set(_keys_in(text))
    for section, key in settings.keys_of_site_file():
        if (section, key) not in written:
            yield f"setting {section}.{key}: no row in settings.py"


def _keys_in(text: str) -> Iterator[tuple[str, str]]:
    """Section and key of every row of the table of `settings.toml`."""
    section = ""
    for cells in (line.split("|") for line in text.splitlines() if line.startswith("|")):
        if len(cells) < 5:
            continue
        named = re.findall(r"`\[(\w+)\]`", cells[1])
        section = named[0] if named else section
        yield from ((section, key) for key in re.findall(r"`(\w+)`", cells[2]))


if __name__ == "__main__":
    print(json.dumps(list(_commands()), ensure_ascii=False))
