"""Equal items found without a salt: Diffie-Hellman under two exponents, of which each applicant has one.

An applicant raises the hash of each of its persons' items to its own secret exponent (`blinded`); the other
raises that to its own (`doubled`). Equal items have equal elements H(x)^(a b), others do not, and that is all
that whoever has only the doubled elements can see: to test a guess one needs both exponents, so nobody can test
any offline, not even the agency together with one applicant. What is left is the online way: an applicant that
brings made-up persons learns from its rate how many of them the other has.

The group is P-256 with SHA-256 hashing onto it, as `openmined-psi` does it (ECDH-PSI: Meadows 1986; Huberman,
Franklin and Hogg 1999); it is hers that both steps run. Honest but curious parties are assumed: one that sends
false elements spoils the match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ....errors import Invalid, Unavailable
from ....language import say

ELEMENT_BYTES = 33
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_AT_ONCE = 5_000

Told = Callable[[float], None]


def blinded(lines: Sequence[str], exponent: bytes, told: Told = lambda share: None) -> list[bytes]:
    """An element of 33 bytes for each line. Raises Unavailable without the extra `linkage`."""
    client = _psi().client.CreateFromKey(_scalar(exponent), True)
    made: list[bytes] = []
    for piece in _pieces(lines, told):
        made.extend(client.CreateRequest(piece).encrypted_elements)
    return made


def doubled(elements: Sequence[bytes], exponent: bytes, told: Told = lambda share: None) -> list[bytes]:
    """The elements raised once more, in the same order. Raises Invalid for what are no elements."""
    psi = _psi()
    server = psi.server.CreateFromKey(_scalar(exponent), True)
    if any(len(element) != ELEMENT_BYTES for element in elements):
        raise _no_elements()
    made: list[bytes] = []
    for piece in _pieces(elements, told):
        asked = psi.Request(reveal_intersection=True, encrypted_elements=piece)
        try:
            made.extend(server.ProcessRequest(asked).encrypted_elements)
        except RuntimeError:  # a point that is not on the curve
            raise _no_elements() from None
    return made


def _pieces(values: Sequence[Any], told: Told) -> Iterator[list[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield list(values[start : start + _AT_ONCE])
        told(min(start + _AT_ONCE, len(values)) / len(values))


def _scalar(secret: bytes) -> bytes:
    """An exponent out of [1, order): from 32 random bytes, with a bias of 2**-32 that nobody can use."""
    if len(secret) != 32:
        raise Invalid.field("exponent", expected=say("32 random bytes"), got=say("another length"))
    return (int.from_bytes(secret) % (_ORDER - 1) + 1).to_bytes(32)


def _psi() -> Any:
    try:
        import private_set_intersection.python as psi
    except ImportError:
        raise Unavailable(
            "linkage.extra",
            say("The oblivious mode needs the extra 'linkage'."),
            say("Install it: `pip install 'dalgubeol[linkage]'`."),
        ) from None
    return psi


def _no_elements() -> Invalid:
    return Invalid.field("blinded", expected=say("elements of P-256, compressed"), got=say("something else"))
