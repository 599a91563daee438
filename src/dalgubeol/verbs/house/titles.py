"""What a kind of Run is called for people, on pages and in papers."""

from __future__ import annotations

from ...language import Message, say

_KINDS = {
    "adapt": say("Fit a monitor"),
    "analyse": say("Analyse with a script"),
    "assess": say("Measure risk and utility"),
    "bring-in": say("Bring files into the zone"),
    "count": say("Count with noise"),
    "dummy": say("Make dummy data"),
    "inject": say("Put known faults in"),
    "link-double": say("Link: blind the keys again"),
    "link-extract": say("Link: which rows to bring"),
    "link-inside": say("Link inside one organisation"),
    "link-join": say("Link: join"),
    "link-keys": say("Link: make keys"),
    "link-match": say("Link: match keys"),
    "make-safe": say("Make a safe version"),
    "monitor": say("Monitor batches"),
    "pseudonymise": say("Pseudonymise"),
    "pseudonymise-again": say("Pseudonymise the next delivery"),
    "release": say("Release"),
    "restore": say("Undo pseudonyms"),
}


def kind_title(name: str) -> Message:
    """What a kind is called; one that came from outside has its own name."""
    return _KINDS.get(name) or Message("{name}", {"name": name})
