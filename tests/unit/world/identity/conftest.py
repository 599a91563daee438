from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as RealScrypt

from dalgubeol.world.identity import signing


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrypt with little memory: its strength is not what is tested here."""
    monkeypatch.setattr(signing, "Scrypt", lambda salt, length, n, r, p: RealScrypt(salt, length, 2**4, r, p))
