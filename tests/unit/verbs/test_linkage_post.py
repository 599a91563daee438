"""An applicant speaks for its own persons; in the oblivious mode it sends the other's, blinded twice, and no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dalgubeol.kinds.linkage_archive import Manifest
from dalgubeol.kinds.linkage_parcels import example_agreement
from dalgubeol.nouns.linkage import Content
from dalgubeol.verbs.linkage.post import _speaks_for


@pytest.mark.parametrize(
    ("mode", "content", "of", "fits"),
    [
        ("exact", Content.KEYS, "insurer", True),
        ("exact", Content.KEYS, "firm", False),
        ("exact", Content.PAYLOAD, "", True),
        ("exact", Content.PAYLOAD, "firm", False),
        ("oblivious", Content.KEYS, "firm", True),
        ("oblivious", Content.KEYS, "insurer", False),
        ("oblivious", Content.KEYS, "keys", False),
        ("oblivious", Content.BLINDED, "firm", False),
    ],
)
def test_nobody_sends_the_persons_of_another(mode: str, content: Content, of: str, fits: bool) -> None:
    agreed = example_agreement(mode=mode, **({"salt_by": ""} if mode == "oblivious" else {}))
    at: Any = SimpleNamespace(agreement=agreed)
    manifest = Manifest(agreed.digest, content, "insurer", "keys", 3, 3, of, "n", "c")
    assert _speaks_for(manifest, at) is fits
