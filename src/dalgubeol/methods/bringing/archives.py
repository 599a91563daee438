"""A ZIP that comes from outside, opened so that it can harm nobody: bounded, named plainly, one thing only.

The bounds hold for what is really unpacked, not for what the archive says of itself. Overlapping members (Fifield, A
better zip bomb, 2019) show in that all members together take more bytes than the archive has.
"""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

from ...language import Message, say
from ..disclosure.finding import Finding

MOST_MEMBERS = 3_000
MOST_UNPACKED_BYTES = 64 << 20
MOST_RATIO = 200
"""Of unpacked to packed: text packs to a tenth, tables of one value to a hundredth."""
_SMALL_BYTES = 1 << 20
_LONGEST_NAME = 200


def members(content: bytes) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """All members by name, or what is wrong with the archive (then no member)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            wrong = (*_wrong_around(content, archive), *_too_much(content, listed), *_wrong_names(listed))
            return ({}, wrong) if wrong else (_unpacked(archive, listed), ())
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OverflowError, ValueError, _TooMuch) as error:  # fmt: skip
        if isinstance(error, _TooMuch):
            return {}, (_bomb(),)
        return {}, (_archive(say("The archive is damaged, or packed in a way that is not read here.")),)


class _TooMuch(Exception):
    pass


def _unpacked(archive: zipfile.ZipFile, listed: Sequence[zipfile.ZipInfo]) -> dict[str, bytes]:
    found, left = dict[str, bytes](), MOST_UNPACKED_BYTES
    for each in listed:
        if each.is_dir():
            continue
        with archive.open(each) as member:
            found[each.filename] = member.read(left + 1)
        left -= len(found[each.filename])
        if left < 0:
            raise _TooMuch
    return found


def _wrong_around(content: bytes, archive: zipfile.ZipFile) -> tuple[Finding, ...]:
    first = min((each.header_offset for each in archive.infolist()), default=0)
    if first or archive.comment:
        return (_archive(say("The archive holds something before or after its members: it could be two things at once.")),)  # fmt: skip
    return ()


def _too_much(content: bytes, listed: Sequence[zipfile.ZipInfo]) -> tuple[Finding, ...]:
    unpacked, packed = sum(each.file_size for each in listed), sum(each.compress_size for each in listed)
    bomb = (
        len(listed) > MOST_MEMBERS
        or unpacked > MOST_UNPACKED_BYTES
        or packed > len(content)
        or (unpacked > _SMALL_BYTES and unpacked > MOST_RATIO * max(len(content), 1))
    )
    return (_bomb(),) if bomb else ()


def _wrong_names(listed: Sequence[zipfile.ZipInfo]) -> tuple[Finding, ...]:
    seen: set[str] = set()
    found: list[Finding] = []
    for number, each in enumerate(listed, 1):
        name, mode = each.orig_filename, each.external_attr >> 16
        parts = name.rstrip("/").split("/")
        plain = (
            0 < len(name) <= _LONGEST_NAME
            and not any(part in ("", ".", "..") for part in parts)
            and not any(sign in name for sign in "\\:\0")
            and all(unicodedata.category(sign)[0] != "C" for sign in name)
            and unicodedata.normalize("NFC", name) == name
        )
        if not plain:
            found.append(_archive(say("Member {member} has a name that leads out of the archive or misleads.", member=number)))  # fmt: skip
        if name.casefold() in seen:
            found.append(_archive(say("Member {member} bears the name of an earlier one.", member=number)))
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            found.append(_archive(say("Member {member} is no file: a link or a device.", member=number)))
        if each.flag_bits & 0x1:
            found.append(_archive(say("Member {member} is encrypted.", member=number)))
        seen.add(name.casefold())
    return tuple(found[:10])


def _archive(message: Message) -> Finding:
    return Finding("archive", None, None, message)


def _bomb() -> Finding:
    return Finding("bomb", None, None, say("The archive unpacks to more than {most} MB, to more than {members} members, or to far more than its size.", most=MOST_UNPACKED_BYTES >> 20, members=f"{MOST_MEMBERS:,}"))  # fmt: skip
