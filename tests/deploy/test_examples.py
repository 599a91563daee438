"""The other examples: settings.toml is one that the program reads, the container file copies what is there."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from dalgubeol.settings import keys_of_site_file, served

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def test_the_settings_are_read_by_the_program(tmp_path: Path) -> None:
    told = served((DEPLOY / "settings.toml").read_bytes(), tmp_path)
    assert told.serve.behind_proxy
    assert told.serve.public_url == "https://data.example.org"


def test_every_setting_is_in_the_example_and_the_commented_ones_are_right_too(tmp_path: Path) -> None:
    text = (DEPLOY / "settings.toml").read_text("utf-8")
    whole = re.sub(r"^# (\[\w+\]|\w+ = .*)$", r"\1", text, flags=re.MULTILINE)
    written = {(section, key) for section, keys in tomllib.loads(whole).items() for key in keys}
    assert written == set(keys_of_site_file())
    for name in ("oidc.secret", "mail.secret", "webhook.secret", "privkey.pem"):
        (tmp_path / name).write_text("a secret")
        (tmp_path / name).chmod(0o600)
    local = whole.replace("/etc/dalgubeol/", "")
    assert served(local.encode(), tmp_path).oidc is not None


def _instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def test_the_container_file_is_made_of_known_instructions_and_copies_what_is_there() -> None:
    known = {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "CMD",
    }
    found = _instructions()
    assert {name for name, _ in found} <= known
    assert found[0][0] == "FROM"
    for name, rest in found:
        if name == "COPY" and not rest.startswith("--from="):
            *sources, _ = rest.split()
            for source in sources:
                assert (ROOT / source).exists(), source


def test_the_container_runs_as_somebody_without_privilege_and_holds_no_secret() -> None:
    found = _instructions()
    after = [name for name, _ in found]
    assert after.index("USER") < after.index("CMD")
    assert dict(found)["USER"] == "dalgubeol"
    assert not re.search(r"(?i)password|secret|token", (DEPLOY / "Containerfile").read_text("utf-8"))


def test_the_command_of_the_container_is_one_that_dalgu_knows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dalgubeol.doors.cli.app import run_app

    monkeypatch.setenv("DALGU_SITE", str(tmp_path / "none"))
    command = json.loads(dict(_instructions())["CMD"])
    assert command[0] == "dalgu"
    assert run_app(command[1:]) == 12  # it reads its options, then there is no site
    assert json.loads(dict(_instructions())["HEALTHCHECK"].partition("CMD ")[2])[0] == "python"
    capsys.readouterr()
