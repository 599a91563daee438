"""What an offline history says of votes: opened is only what was cast, sealed or, in earlier times, in the open."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dalgubeol.digest import canonical
from dalgubeol.errors import Tampered
from dalgubeol.verbs.airlock.review import signature_digest
from dalgubeol.verbs.history import prove

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SAID = {"object": "ab", "agreement": "cd", "round": 1, "stand": "approve", "comment": "fine"}
AT = "2026-03-01T12:00:00.000+00:00"
SIGNED = KEY.sign(b"dalgubeol/export-judgement/v1\0" + canonical({**SAID, "person": "kim", "at": AT})).hex()
CAST: dict[str, dict[str, Any]] = {
    "sealed": {"round": 1, "sealed": "00", "signature_digest": signature_digest(SIGNED)},
    "in the open": {"round": 1, "stand": "approve", "comment": "fine", "signature": SIGNED},
    "another": {"round": 1, "stand": "approve", "comment": "fine", "signature": "00" * 64},
    "nothing": {"round": 1},
}


def story(cast: str) -> tuple[dict[str, int], int]:
    told = (
        ("enrolled", "kim", {"public_key": KEY.public_key().public_bytes_raw().hex(), "roles": ["reviewer"]}),
        ("judged", "ds-1", CAST[cast]),
        ("judged-opened", "ds-1", {**SAID, "said_at": AT, "signature": SIGNED}),
    )
    lines = [
        {
            "index": n,
            "leaf": json.dumps({"event": event, "subject": subject, "actor": "kim"}),
            "payload": payload,
        }
        for n, (event, subject, payload) in enumerate(told)
    ]
    return prove._story(io.BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode()))


@pytest.mark.parametrize("cast", ["sealed", "in the open"])
def test_a_committees_vote_is_opened_as_it_was_cast_also_before_votes_were_sealed(cast: str) -> None:
    assert story(cast) == ({"enrolled": 1, "judged": 1, "judged-opened": 1}, 1)


@pytest.mark.parametrize("cast", ["another", "nothing"])
def test_a_vote_that_was_not_cast_so_is_not_opened(cast: str) -> None:
    with pytest.raises(Tampered, match=r"ledger\.vote"):
        story(cast)
