"""The reference: pages made from the code itself, so that they cannot be out of date.

Each function returns one page as Markdown. What the code leaves unsaid is not a poor page but an error:
`gaps()` lists every kind, parameter, error family and setting that nobody has described.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalgubeol import errors, kinds, settings
from dalgubeol.rules import lifecycle

SOURCE = Path(errors.__file__).parent
_VARIABLE = re.compile(r"\bDALGU_[A-Z]+\b")


def pages() -> dict[str, str]:
    """File name to page."""
    return {
        "kinds.md": kinds_page(),
        "errors.md": errors_page(),
        "settings.md": settings_page(),
        "states.md": states_page(),
        "commands.md": commands_page(),
    }


def gaps(kind_names: tuple[str, ...] | None = None) -> list[str]:
    """What the code leaves undescribed; empty when all is well."""
    found = [*_family_gaps(), *_setting_gaps()]
    for name in kinds.names() if kind_names is None else kind_names:
        found.extend(_kind_gaps(kinds.kind(name)))
    return found


def kinds_page() -> str:
    parts = ["# Kinds", "What can be run, and with which parameters. `dalgu run KIND --help` says the same."]
    for name in kinds.names():
        parts.extend(_kind_part(kinds.kind(name)))
    return "\n\n".join(parts) + "\n"


def errors_page() -> str:
    exits = (
        ("16", "the Run failed: the script or its parameters are at fault"),
        ("17", "the Run broke: the platform is at fault"),
        ("18", "the Run's outputs wait in the airlock"),
        ("2", "the command line cannot be read"),
        ("1", "`dalgu doctor` found something"),
        ("130", "stopped with Ctrl-C"),
        ("0", "it worked"),
    )
    rows = "\n".join(f"| {code} | {means} |" for code, means in exits)
    text = inspect.getdoc(errors) or ""
    return f"# Errors\n\n{text}\n\n## Other exit codes\n\n| exit | means |\n|---|---|\n{rows}\n"


def settings_page() -> str:
    return f"# Settings\n\n{inspect.getdoc(settings) or ''}\n"


def states_page() -> str:
    tables = (
        ("Run", lifecycle.RUN_MOVES),
        ("Permit", lifecycle.PERMIT_MOVES),
        ("Airlock review", lifecycle.REVIEW_MOVES),
    )
    parts = [
        "# States",
        "Each diagram is drawn from the table that the code itself obeys (`rules/lifecycle.py`).",
    ]
    for title, moves in tables:
        drawn = lifecycle.diagram(moves)  # type: ignore[type-var]
        parts.append(f"## {title}\n\n```mermaid\n{drawn}\n```")
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    from dalgubeol.doors.cli.runs import parser

    parts = ["# Commands"]
    for name, text in _commands():
        parts.append(f"## {name}\n\n```text\n{text.rstrip()}\n```")
    for name in kinds.names():
        parts.append(
            f"## dalgu run {name}\n\n```text\n{parser(kinds.kind(name)).format_help().rstrip()}\n```"
        )
    return "\n\n".join(parts) + "\n"


def _commands() -> Iterator[tuple[str, str]]:
    """Every command and its help, depth first."""
    import typer

    from dalgubeol.doors.cli.app import app

    def walk(command: Any, context: Any) -> Iterator[tuple[str, str]]:
        yield context.command_path, command.get_help(context)
        for name, below in getattr(command, "commands", {}).items():
            yield from walk(below, typer.Context(below, info_name=name, parent=context))

    root: Any = typer.main.get_command(app)
    yield from walk(root, typer.Context(root, info_name="dalgu"))


def _kind_part(kind: Any) -> list[str]:
    outputs = "; ".join(_output_text(kind, example) for example in list(kind.examples())[:1])
    facts = [
        f"- takes: {'; '.join(f'**{s.name}** ({_forms(s)}): {s.summary}' for s in kind.slots)}",
        f"- makes: {outputs}",
        f"- a Permit must allow: {', '.join(sorted(g.value for g in kind.grants))}",
        f"- needs: {', '.join(sorted(p.value for p in kind.ports)) or 'nothing of the outside'}",
        f"- same inputs, parameters and seed give the same content: {'yes' if kind.deterministic else 'no'}",
    ]
    rows = ["| parameter | type | default | means |", "|---|---|---|---|"]
    schema = kind.Parameters.model_json_schema()
    for name, said in schema["properties"].items():
        default = "required" if name in schema.get("required", ()) else f"`{said.get('default')}`"
        rows.append(f"| `{name}` | {_type_text(said)} | {default} | {said.get('description', '')} |")
    parts = [f"## {kind.name}", kind.summary.text("en"), "\n".join(facts), "\n".join(rows)]
    for name, nested in schema.get("$defs", {}).items():
        parts.append(_nested_part(name, nested))
    return parts


def _nested_part(name: str, nested: dict[str, Any]) -> str:
    fields = ", ".join(f"`{field}`: {_type_text(said)}" for field, said in nested["properties"].items())
    return f"**{name}** (JSON): {nested.get('description', '').strip()} Fields: {fields}."


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


def _setting_gaps() -> Iterator[str]:
    text = inspect.getdoc(settings) or ""
    outside = (path for path in SOURCE.rglob("*.py") if "sandbox" not in path.parts)  # in there: its own
    read = {name for path in outside for name in _VARIABLE.findall(path.read_text("utf-8"))}
    for name in sorted(read):
        if f"| `{name}` |" not in text:
            yield f"setting {name}: no row in settings.py"
    for section, key in settings.keys_of_site_file():
        part = text.partition(f"| `[{section}]` |")[2].partition("| `[")[0]
        if f"`{key}`" not in part:
            yield f"setting {section}.{key}: no row in settings.py"
