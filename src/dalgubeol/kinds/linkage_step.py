"""What all kinds of a linkage declare alike."""

from __future__ import annotations

from typing import ClassVar

from .contract import Grant, Lifetime, Port


class LinkageStep:
    """One step of one party, on what lies at its site: it reads, derives, asks for nothing outside, and the same
    inputs give the same bytes. What is sent is sent by verbs (`verbs.linkage`), not by a kind."""

    grants: ClassVar[frozenset[Grant]] = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar[bool] = True
    lifetime: ClassVar[Lifetime] = Lifetime.BATCH
    ports: ClassVar[frozenset[Port]] = frozenset()
