"""The table of kinds. One file each; a kind sees the contract, methods and nouns, and nothing else.

Kinds of other packages join through the entry-point group `dalgubeol.kinds` (name = "module:Class").
The table holds import paths, so that listing the kinds imports none of them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from ..errors import Missing
from ..language import say

if TYPE_CHECKING:
    from .contract import Kind

ENTRY_POINTS = "dalgubeol.kinds"

KINDS: dict[str, str] = {
    "adapt": "dalgubeol.kinds.adapt:Adapt",
    "analyse": "dalgubeol.kinds.analyse:Analyse",
    "assess": "dalgubeol.kinds.assess:Assess",
    "bring-in": "dalgubeol.kinds.bring_in:BringIn",
    "count": "dalgubeol.kinds.count:Count",
    "dummy": "dalgubeol.kinds.dummy:Dummy",
    "inject": "dalgubeol.kinds.inject:Inject",
    "link-double": "dalgubeol.kinds.link_double:LinkDouble",
    "link-extract": "dalgubeol.kinds.link_extract:LinkExtract",
    "link-inside": "dalgubeol.kinds.link_inside:LinkInside",
    "link-join": "dalgubeol.kinds.link_join:LinkJoin",
    "link-keys": "dalgubeol.kinds.link_keys:LinkKeys",
    "link-match": "dalgubeol.kinds.link_match:LinkMatch",
    "make-safe": "dalgubeol.kinds.make_safe:MakeSafe",
    "monitor": "dalgubeol.kinds.monitor:Monitor",
    "pseudonymise": "dalgubeol.kinds.pseudonymise:Pseudonymise",
    "pseudonymise-again": "dalgubeol.kinds.pseudonymise_again:PseudonymiseAgain",
    "release": "dalgubeol.kinds.release:Release",
    "restore": "dalgubeol.kinds.restore:Restore",
}


@cache
def names() -> tuple[str, ...]:
    """All kinds that can be run here, ours and others'."""
    return tuple(sorted({*KINDS, *(point.name for point in entry_points(group=ENTRY_POINTS))}))


def path_of(name: str) -> str:
    """Where the kind lives, as "module:Class". Raises Missing. Ours cannot be replaced from outside."""
    path = KINDS.get(name) or next(
        (point.value for point in entry_points(group=ENTRY_POINTS) if point.name == name), None
    )
    if path is None:
        raise Missing(
            "kind.missing",
            say("There is no kind '{name}'.", name=name),
            say("Kinds here: {names}.", names=", ".join(names())),
        )
    return path


@cache
def kind(name: str) -> Kind:
    """The kind of that name. Raises Missing."""
    module, _, attribute = path_of(name).partition(":")
    made: Kind = getattr(import_module(module), attribute)()
    return made
