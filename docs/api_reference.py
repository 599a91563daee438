"""The page of the HTTP API, made from its own OpenAPI document.

`gaps` names every operation that does not say what it does, and every field of a body without a type.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from . import pages

_HEAD = """# HTTP API

Everything that the command line can do, for programs, under `/api/v1` of [a site that is served](../how-to/serve-a-site.md). How to use it, step by step: [use the API](../how-to/use-the-api.md). Programs read the same as an OpenAPI document at `/api/v1/openapi.json`; this page is made from it.

- **Who calls**: `Authorization: Bearer TOKEN` ([tokens](../how-to/sign-in.md#tokens-for-programs)). Each operation names the scope that the token must have; *public* ones ask nobody.
- **Errors** are problem details (RFC 9457) in the language of `Accept-Language`: `code`, `family`, `detail`, `next_step`, for a refusal all `reasons`, for a request that does not fit all `faults`. [All codes](errors.md).
- **Lists** come a page at a time: `limit` says how many, `next` in the answer is the `cursor` of the next page, and the header `Link` has its whole address.
- **Once**: with an `Idempotency-Key` header on POST and DELETE, the same request sent again within a day has no second effect and gets the same answer.
"""


@cache
def document() -> dict[str, Any]:
    from dalgubeol.doors.api import api

    return dict(api(None).openapi())


def page() -> str:
    parts = [_HEAD]
    tag = ""
    for method, path, operation in sorted(operations(), key=lambda each: _order(each[2])):
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            parts.append(f"## {tag.capitalize()}")
        parts.append(_operation_part(method, path, operation))
    parts.append("## Values\n\nWhat bodies and answers are made of.")
    for name, schema in sorted(document()["components"]["schemas"].items()):
        parts.append(_schema_part(name, schema))
    return "\n\n".join(parts) + "\n"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(m.upper(), path, told) for path, each in document()["paths"].items() for m, told in each.items()]


def gaps(found: list[tuple[str, str, dict[str, Any]]] | None = None) -> Iterator[str]:
    for method, path, operation in operations() if found is None else found:
        if not operation.get("summary", "").strip() or operation["summary"] == operation.get("operationId"):
            yield f"operation {method} {path}: does not say what it does"
        if not operation.get("tags"):
            yield f"operation {method} {path}: belongs to no noun"
        if "security" not in operation:
            yield f"operation {method} {path}: does not say who may call it"


def _order(operation: dict[str, Any]) -> int:
    tags = list(dict.fromkeys(told["tags"][0] for _, _, told in operations()))
    return tags.index(operation["tags"][0])


def _operation_part(method: str, path: str, operation: dict[str, Any]) -> str:
    scope = operation.get("x-scope")
    lines = [f"### {method} `{path}`", operation.get("description", operation["summary"]).replace("\n", " ")]
    facts = [f"- needs: scope `{scope}`" if scope else "- needs: nothing, it is public"]
    body = operation.get("requestBody", {}).get("content", {})
    facts += [f"- body: `{kind}` {_type(told.get('schema', {}))}" for kind, told in body.items()]
    for status, told in operation["responses"].items():
        if status < "300":
            said = [f"`{kind}` {_type(c.get('schema', {}))}" for kind, c in told.get("content", {}).items()]
            facts.append(f"- answers {status}: {', '.join(said) or 'nothing more'}")
    problems = ", ".join(sorted(status for status in operation["responses"] if status >= "400"))
    facts.append(f"- problems: {problems}")
    lines.append("\n".join(facts))
    asked = [p for p in operation.get("parameters", []) if p["name"] != "Idempotency-Key"]
    if asked:
        rows = [
            f"| `{p['name']}` | {p['in']} | {_type(p['schema'])} | {_default(p)} | {_cell(p.get('description', ''))} |"
            for p in asked
        ]
        lines.append(
            "\n".join(["| parameter | in | type | default | means |", "|---|---|---|---|---|", *rows])
        )
    return "\n\n".join(lines)


def _schema_part(name: str, schema: dict[str, Any]) -> str:
    told = schema.get("description", "").split("\n\n")[0].replace("\n", " ")
    head = f"### {name}\n\n{told}".rstrip()
    if "enum" in schema:
        return f"{head}\n\nOne of: {', '.join(f'`{value}`' for value in schema['enum'])}"
    rows = [
        f"| `{field}` | {_type(said)} | {'yes' if field in schema.get('required', ()) else 'no'} | {_cell(said.get('description', ''))} |"
        for field, said in schema.get("properties", {}).items()
    ]
    return "\n".join([head, "", "| field | type | always | means |", "|---|---|---|---|", *rows])


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{pages.slug(name)})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(option) for option in schema["anyOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object" and "additionalProperties" in schema:
        inside = schema["additionalProperties"]
        return f"names to {_type(inside)}" if isinstance(inside, dict) and inside else "names to values"
    if schema.get("format") == "binary":
        return "bytes"
    return {"null": "null", "string": "text"}.get(
        str(schema.get("type")), str(schema.get("type", "anything"))
    )


def _default(parameter: dict[str, Any]) -> str:
    if parameter.get("required"):
        return "required"
    default = parameter["schema"].get("default")
    return "" if default in (None, "") else f"`{default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
