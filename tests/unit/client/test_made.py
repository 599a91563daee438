from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOL = runpy.run_path(str(ROOT / "tools" / "client.py"))


def document() -> dict[str, object]:
    from dalgubeol.doors.api import api

    return api(None).openapi()


def test_the_client_is_what_the_tool_writes_from_the_document() -> None:
    for name, text in TOOL["made"](document()).items():
        assert (TOOL["FOLDER"] / name).read_text() == text, f"{name}: run tools/client.py"


def test_every_operation_is_a_method_or_done_by_hand() -> None:
    from dalgubeol.client import Client

    paths: dict[str, dict[str, dict[str, str]]] = document()["paths"]  # type: ignore[assignment]
    names = {told["operationId"] for methods in paths.values() for told in methods.values()}
    assert names >= TOOL["BY_HAND"]
    assert {name for name in names - TOOL["BY_HAND"] if not hasattr(Client, name)} == set()


def test_the_client_imports_nothing_of_the_server() -> None:
    code = "import dalgubeol.client, sys; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()  # fmt: skip
    ours = {name.split(".")[1] for name in loaded if name.startswith("dalgubeol.")}
    assert ours <= {"client", "digest", "errors", "language"}
    assert not {"fastapi", "sqlalchemy", "nicegui", "pydantic"} & {name.split(".")[0] for name in loaded}


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        ({"type": "array", "items": {"$ref": "#/components/schemas/Page_Dataset_"}}, "list[PageOfDataset]"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "str | None"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "dict[str, int]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, "list[str | int]"),
        ({}, "Any"),
    ],
)
def test_schemas_become_types(schema: dict[str, object], type_: str) -> None:
    assert TOOL["_type"](schema) == type_
