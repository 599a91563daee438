"""Every operation of the API is called with all that its document allows, and with what it does not: none breaks,
and each answers as the document says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.doors.python import Site
from dalgubeol.kinds.plant_log import example_log
from dalgubeol.nouns.permit import Scope
from dalgubeol.settings import Settings
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.people import entry

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))
from served import Server, serving

PASSWORD = "a password for tests"
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "use_after_free",
)  # fmt: skip
"""Not `ignored_auth`: whoever sends wrong tokens is soon told to wait (429), and other tests see to it that nobody
comes in. Not `positive_data_acceptance`: what fits the document may still be refused by a rule."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    folder = tmp_path_factory.mktemp("fuzzed")
    settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session")
    with houses.found(settings, login="o", name="o", organisation="o", password=PASSWORD) as house:
        Site(house).sign_in("o", PASSWORD)
        who = entry.signed_in(house)
        (folder / "log.csv").write_bytes(example_log(12))
        register.add(house, who, folder / "log.csv", name="log")
        token = entry.make_token(house, who, "fuzz", frozenset(Scope), 1)[1]
    environment = {"DALGU_SITE": str(folder / "site"), "DALGU_KEYS": str(folder / "keys")}
    import os

    with serving({**os.environ, **environment}, folder) as server:
        yield server, token


def failures(server: Server, folder: Path, seconds: int, *headers: str) -> tuple[int, int, str]:
    """How many calls were answered wrongly, how many were made, and what was printed."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program, "schemathesis is not installed: make install"
    report = folder / "report.json"
    command = [
        program, "run", f"{server.url}/api/v1/openapi.json", "--phases", "examples,coverage,fuzzing", "--checks",
        ",".join(CHECKS), "--max-time", str(seconds), "--max-examples", "20", "--seed", "1", "--no-shrink",
        "--request-timeout", "30", "--continue-on-failure", "--warnings", "off", "--report-json-path", str(report),
        *(part for header in headers for part in ("-H", header)),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told: Any = json.loads(report.read_text())
    return told["test_cases"]["with_failures"], told["test_cases"]["generated"], done.stdout


def test_no_call_of_somebody_with_all_scopes_breaks_an_operation(
    served: tuple[Server, str], tmp_path: Path
) -> None:
    server, token = served
    found, calls, printed = failures(server, tmp_path, 120, f"Authorization: Bearer {token}")
    assert not found, printed[-6000:]
    assert calls > 500, printed[-2000:]
    assert server.process.poll() is None


def test_no_call_of_a_stranger_breaks_an_operation(served: tuple[Server, str], tmp_path: Path) -> None:
    server, _ = served
    found, calls, printed = failures(server, tmp_path, 40)
    assert not found, printed[-6000:]
    assert calls > 200, printed[-2000:]
    assert server.process.poll() is None
