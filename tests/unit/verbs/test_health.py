"""What `dalgu doctor` says of the sandbox: which backend is used, and why."""

from __future__ import annotations

import os

import pytest

from dalgubeol.settings import Settings
from dalgubeol.verbs.keeping import health
from dalgubeol.world.sandbox.bubblewrap import backend_names


@pytest.mark.parametrize("language", ["en", "ko"])
def test_doctor_names_the_backend_of_the_sandbox_and_why_it_is_used(language: str) -> None:
    (found,) = (each for each in health.findings(Settings()) if each.code == "sandbox")
    assert found.ok, found.detail.text("en")
    said = found.detail.text(language)
    assert f"'{backend_names()[0]}'" in said
    why = {"en": ("because this runs as root", "because this does not run as root"), "ko": ("root 권한으로", "root 권한 없이")}  # fmt: skip
    assert why[language][0 if os.geteuid() == 0 else 1] in said
    assert "bubblewrap" in said
