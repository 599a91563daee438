"""`dalgu zone try` on the machine of an analyst who has no site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.verbs.airlock.trying import MARK


@pytest.fixture
def home(tmp_path: Path) -> Path:
    mark = {"of": {"id": "ds-1", "name": "claims-p"}, "edition": 1, "seed": 0}
    table = pa.table({"area": ["a", "b"] * 60, "cost": list(range(120))})
    pq.write_table(table.replace_schema_metadata({MARK: json.dumps(mark)}), tmp_path / "dummy.parquet")
    return tmp_path


def tried(home: Path, script: str, data: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    (home / "script.py").write_text(script)
    own = {name: value for name, value in os.environ.items() if not name.startswith("DALGU_")}
    return subprocess.run(
        [sys.executable, "-m", "dalgubeol", "zone", "try", "script.py", "--data", data], cwd=home,
        env={**own, "DALGU_LANG": language, "HOME": str(home)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_without_a_site_one_is_told_to_name_the_file_or_the_address_and_not_to_found_one(home: Path) -> None:
    done = tried(home, "x = 1\n", "claims-p")
    assert done.returncode == 12
    assert "--data FILE" in done.stderr
    assert "dalgu init" not in done.stderr


def test_a_script_that_fails_at_home_ends_as_its_run_would(home: Path) -> None:
    done = tried(home, "import nosuch\n", "dummy.parquet", "ko")
    assert done.returncode == 16, done.stderr
    assert "1행에서 ModuleNotFoundError" in done.stderr
    assert "dalgu zone bring" in done.stderr


def test_what_would_be_held_comes_with_how_to_mend_it(home: Path) -> None:
    small = 'open("a.csv", "w").write("area,count\\na,3\\nb,60\\n")\n'
    done = tried(home, small, "dummy.parquet")
    assert done.returncode == 18, done.stderr
    assert done.stdout.count("Join small groups into larger ones") == 1
