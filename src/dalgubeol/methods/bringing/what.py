"""What a file is, by its bytes: the ending is only what somebody called it."""

from __future__ import annotations

import pickletools
from enum import StrEnum


class What(StrEnum):
    TEXT = "text"
    ZIP = "zip"
    PARQUET = "parquet"
    NATIVE = "native"
    PICKLE = "pickle"
    PACKED = "packed"
    EMPTY = "empty"
    OTHER = "other"


_NATIVE = (
    b"\x7fELF", b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"\x00asm", b"!<arch>\n", b"dex\n",
)  # fmt: skip
"""ELF, PE, Mach-O (both orders, both widths, universal; Java's class files begin alike), WebAssembly, ar, DEX."""
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"MSCF", b"xar!")  # fmt: skip
_OBJECTS = (b"\x89HDF", b"RDX", b"RDA", b"X\n\x00\x00", b"\x93NUMPY")
"""HDF5, R's saved objects, NumPy: each can hold what runs or is rebuilt when it is opened."""
_BUILDS = frozenset({"REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"})
_MOST_PICKLE_BYTES = 1 << 20
_NO_TEXT = bytes(each for each in range(32) if each not in b"\t\n\r\f") + b"\x7f"


def what_it_is(content: bytes) -> What:
    """By its first bytes, and for text by all of them."""
    if not content:
        return What.EMPTY
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return What.ZIP
    if content.startswith(_NATIVE):
        return What.NATIVE
    if content.startswith(_PACKED) or content[257:262] == b"ustar":
        return What.PACKED
    if content.startswith(b"PAR1") and content.endswith(b"PAR1"):
        return What.PARQUET
    if content.startswith(_OBJECTS) or is_pickle(content):
        return What.PICKLE
    return What.TEXT if is_text(content) else What.OTHER


def is_text(content: bytes) -> bool:
    """Whether it could be text in some encoding that keeps ASCII: no NUL and no other control sign."""
    return content.translate(None, _NO_TEXT) == content


def is_pickle(content: bytes) -> bool:
    """Whether opening it as a pickle would build an object: of every protocol, the old ones that look like text too.
    It is read as `pickletools` reads it, which builds nothing."""
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if b"." not in content[-3:]:
        return False
    builds, ended_at = False, -1
    try:
        for code, _, place in pickletools.genops(content[:_MOST_PICKLE_BYTES]):
            builds = builds or code.name in _BUILDS
            ended_at = place if code.name == "STOP" and place is not None else ended_at
    except Exception:  # noqa: BLE001 - no pickle: the reader of another format fails in any way
        return False
    return builds and len(content) - ended_at <= 3
