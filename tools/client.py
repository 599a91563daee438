"""Write the Python client from the API's own document: `python tools/client.py [--check]`.

Made are `operations.py` (a method for each operation whose answer is JSON or a file), `answers.py` (what they answer) and
`choices.py` (words that a field may be), all in `src/dalgubeol/client`. `--check` changes nothing, and fails where
a file is not what would be written.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "src" / "dalgubeol" / "client"
HEAD = '"""{about} Made by `tools/client.py` from the API\'s document: change that, not this."""\n\n# ruff: noqa\n# fmt: off\n\nfrom __future__ import annotations\n\n'
BY_HAND = {
    "read_dataset_content", "read_dataset_file", "send_upload", "follow_run", "read_script_log", "read_airlock_file", "export_bundle",
    "verify_bundle", "sign_in", "sign_out", "seal_envelope",
    "download_register", "download_register_runs",
}  # fmt: skip
"""What `client.Client` does in its own way, or has no use for: a program has a token."""
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 0 if arguments == ["--help"] else 2
    from dalgubeol.doors.api import api

    wrong = 0
    for name, text in made(api(None).openapi()).items():
        path = FOLDER / name
        if "--check" in arguments:
            if not path.exists() or path.read_text() != text:
                print(f"{path.name} is not what tools/client.py writes")
                wrong = 1
        else:
            path.write_text(text)
    return wrong


def made(document: dict[str, Any]) -> dict[str, str]:
    """File name to content."""
    schemas = document["components"]["schemas"]
    answers = _reachable(document, schemas)
    calls = [
        _method(path, method, told, schemas, answers)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if told["operationId"] not in BY_HAND
    ]
    kept = sorted(name for name in answers if "enum" not in schemas[name])
    words = {_name(name): schemas[name]["enum"] for name in sorted(schemas) if "enum" in schemas[name]}
    body = "\n\n".join(sorted(calls))
    typed = "\n\n\n".join(_typed(name, schemas) for name in kept)
    return {
        "choices.py": HEAD.format(about="Words that fields may be.") + "from typing import Literal\n\n"
        + "\n".join(f"{name} = Literal[{', '.join(map(_text, values))}]" for name, values in words.items()) + "\n",
        "answers.py": HEAD.format(about="What the operations answer.") + "from typing import Any, TypedDict\n\n"
        + _imports("choices", sorted(words), typed) + "\n\n" + typed + "\n",
        "operations.py": HEAD.format(about="The operations of the API, each a method.")
        + "from typing import Any, cast\nfrom urllib.parse import quote\n\n"
        + _imports("answers", [_name(name) for name in kept], body) + _imports("choices", sorted(words), body)
        + "from .line import Line, MadeFile\n\n\ndef _part(text: str) -> str:\n    return quote(text, safe=\"\")\n\n\n"
        + 'class Operations:\n    """Every operation raises DalguError of the family that the site says."""\n\n    _line: Line\n\n'
        + body + "\n",
    }  # fmt: skip


def _imports(module: str, names: list[str], text: str) -> str:
    used = [name for name in names if re.search(rf"\b{name}\b", text)]
    return f"from .{module} import (\n    {', '.join(used)},\n)\n" if used else ""


def _reachable(document: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The schemas that an operation answers with, and what those are made of."""
    waiting = [
        reference
        for methods in document["paths"].values()
        for told in methods.values()
        for status, answer in told["responses"].items()
        if status.startswith("2")
        for reference in _references(answer)
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"].rpartition("/")[2]] if "$ref" in value else []
    return own + [found for each in value.values() for found in _references(each)]


def _typed(name: str, schemas: dict[str, Any]) -> str:
    """One answer as a TypedDict. Every field is there: the site leaves none out."""
    schema = schemas[name]
    lines = [f"class {_name(name)}(TypedDict):"]
    if text := schema.get("description", "").split("\n")[0]:
        lines.append(f"    {_doc(text)}")
    lines += [f"    {field}: {_type(facts)}" for field, facts in schema["properties"].items()]
    return "\n".join(lines)


def _method(path: str, method: str, told: dict[str, Any], schemas: dict[str, Any], answered: set[str]) -> str:
    place, query = [], []
    for parameter in told.get("parameters", ()):
        if parameter["in"] == "path":
            place.append(f"{_field(parameter['name'])}: str")
        elif parameter["in"] == "query":
            query.append((parameter["name"], _type(parameter["schema"])))
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    facts = schemas[body["$ref"].rpartition("/")[2]] if body else {"properties": {}}
    needed = facts.get("required", ())
    fields = [(name, _taken(each, schemas, answered)) for name, each in facts["properties"].items()]
    first = [*place, *(f"{_field(n)}: {t}" for n, t in fields if n in needed)]
    later = [
        f"{_field(n)}: {_or_none(t)} = None" for n, t in [*query, *(f for f in fields if f[0] not in needed)]
    ]
    takes = ", ".join(["self", *first, *(["*", *later] if later else [])])
    answers = _answer(told)
    call = [f'"{method.upper()}"', _path(path)]
    if query:
        call.append("{" + ", ".join(f'"{name}": {_field(name)}' for name, _ in query) + "}")
    if body:
        call += [] if query else ["None"]
        call.append("{" + ", ".join(f'"{name}": {_field(name)}' for name, _ in fields) + "}")
    done = f"self._line.{'file' if answers == 'MadeFile' else 'call'}({', '.join(call)})"
    simple = {"None": done, "MadeFile": f"return {done}"}
    return "\n".join(
        [
            f"    def {told['operationId']}({takes}) -> {answers}:",
            f"        {_doc(told['summary'] + '.')}",
            f"        {simple[answers]}"
            if answers in simple
            else f'        return cast("{answers}", {done})',
        ]
    )


def _answer(told: dict[str, Any]) -> str:
    for status, answer in told["responses"].items():
        if status.startswith("2"):
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if schema:
                return _type(schema)
            return "MadeFile" if answer.get("content") else "None"
    return "None"


def _path(path: str) -> str:
    written = re.sub(r"\{(\w+)\}", lambda found: "{_part(" + _field(found[1]) + ")}", path)
    return f'f"{written}"' if "{" in written else f'"{written}"'


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = _name(schema["$ref"].rpartition("/")[2])
        return "Any" if name == "JsonValue" else name  # any JSON at all: no type of ours
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if "prefixItems" in schema:
        parts = dict.fromkeys(_type(each) for each in schema["prefixItems"])
        return f"list[{' | '.join(parts)}]"
    if schema.get("type") == "array":
        return f"list[{_type(schema.get('items', {}))}]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {_type(inner) if isinstance(inner, dict) else 'Any'}]"
    return SIMPLE.get(schema.get("type", ""), "Any")


def _taken(schema: dict[str, Any], schemas: dict[str, Any], answered: set[str]) -> str:
    """The type of what is sent: of an object that no operation answers, there is none of ours."""
    name = schema.get("$ref", "").rpartition("/")[2]
    unknown = name in schemas and name not in answered and "properties" in schemas[name]
    inner = schema.get("additionalProperties")
    if isinstance(inner, dict):
        return f"dict[str, {_taken(inner, schemas, answered)}]"
    return "dict[str, Any]" if unknown else _type(schema)


def _or_none(type_: str) -> str:
    return type_ if type_.endswith("None") else f"{type_} | None"


def _name(schema: str) -> str:
    """`Page_Dataset_` is `PageOfDataset`."""
    return re.sub(r"^(\w+?)_(\w+?)_$", r"\1Of\2", schema).replace("-Input", "").replace("-Output", "")


def _field(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _text(value: object) -> str:
    return '"' + str(value).replace('"', '\\"') + '"'


def _doc(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + '"""'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
