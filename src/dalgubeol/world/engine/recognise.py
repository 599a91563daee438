"""What a file is by its first bytes, whatever it is called: what cannot be read as a table is refused with a reason.

Pictures, video and sound are unstructured data in the words of the guideline on pseudonymisation (가명정보 처리
가이드라인), which covers them since its edition of February 2024 under 비정형데이터 가명처리 기준: a face, a voice
or a number plate cannot be found and removed without fail, so it asks for grounds that the technique is reliable, an
inspection of one's own of every result, and an adequacy review with outside experts. Nothing here does that, so they
are refused. (The edition's text was not at hand; its content is as the commission announced it on 2024-02-04, and no
clause number is quoted.)
"""

from __future__ import annotations

from ...errors import Invalid, Reason, Refused
from ...language import Message, say

_PICTURE, _VIDEO, _SOUND = say("a picture"), say("a video"), say("a sound recording")
_MEDIA: tuple[tuple[int, bytes, Message], ...] = (
    (0, b"\xff\xd8\xff", _PICTURE), (0, b"\x89PNG\r\n\x1a\n", _PICTURE), (0, b"II*\0", _PICTURE), (0, b"MM\0*", _PICTURE),
    (0, b"GIF8", _PICTURE), (0, b"\0\0\1\0", _PICTURE), (8, b"WEBP", _PICTURE), (128, b"DICM", say("a medical picture (DICOM)")),
    (8, b"AVI ", _VIDEO), (0, b"\x1a\x45\xdf\xa3", _VIDEO), (0, b"\0\0\1\xba", _VIDEO), (0, b"\0\0\1\xb3", _VIDEO), (0, b"FLV\1", _VIDEO),
    (0, b"0&\xb2u\x8ef\xcf\x11", _VIDEO), (8, b"WAVE", _SOUND), (0, b"ID3", _SOUND), (0, b"OggS", _SOUND), (0, b"fLaC", _SOUND), (0, b"#!AMR", _SOUND),
)  # fmt: skip
_BRANDS = {
    b"hei": _PICTURE,
    b"hev": _PICTURE,
    b"mif": _PICTURE,
    b"avi": _PICTURE,
    b"M4A": _SOUND,
    b"M4B": _SOUND,
}
"""Of the files of ISO/IEC 14496-12; every other brand is a video."""
FIRST_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


_AS_TEXT = (".csv", ".txt", ".tsv")


def _named_wrongly(first: bytes) -> tuple[Message, str] | None:
    """What a file is that is called a text file, and the ending it should have."""
    if first.startswith(b"PAR1"):
        return say("a Parquet file"), ".parquet"
    if not first.startswith(b"PK\3\4"):
        return None
    if b"hwp+zip" in first or b"Contents/" in first:
        return say("a Hangul document (HWPX)"), ".hwpx"
    if b"word/" in first:
        return say("a Word document (DOCX)"), ".docx"
    return say("a spreadsheet (XLSX) or another packed file"), ".xlsx"


def media(first: bytes) -> Message | None:
    """What kind of picture, video or sound begins with these bytes; None for anything else."""
    if first[4:8] == b"ftyp":
        return _BRANDS.get(first[8:11], _VIDEO)
    for place, magic, what in _MEDIA:
        if first[place : place + len(magic)] == magic:
            return what
    if first[:2] in (b"BM",) and first[6:10] == b"\0\0\0\0" and len(first) > 30:
        return _PICTURE
    if len(first) > 2 and first[0] == 0xFF and first[1] in (0xFB, 0xF3, 0xF2, 0xF1, 0xF9):
        return _SOUND
    return None


def check(name: str, first: bytes) -> None:
    """Raises Refused for pictures, video and sound, Invalid for documents of which the text cannot be taken."""
    what = media(first)
    if what is not None:
        raise media_refused(name, what)
    if first.startswith(b"%PDF"):
        raise Invalid("invalid.file", say("{path} is a PDF, of which the text cannot be taken without loss.", path=name), say("Save its source as DOCX or HWPX and add that; of a scan, type or correct the text first."))  # fmt: skip
    if name.lower().endswith(_AS_TEXT) and (really := _named_wrongly(first)) is not None:
        raise Invalid("invalid.file", say("{path} is called a text file, but is {what}.", path=name, what=really[0]), say("Give it the ending {ending} and add it again; or save the table as CSV.", ending=really[1]))  # fmt: skip
    if first.startswith((_OLE, b"HWP Document File")):
        raise _ole(name)


def media_refused(name: str, what: Message) -> Refused:
    return Refused(
        "file.unstructured",
        say("{path} is {what}, which cannot be pseudonymised here.", path=name, what=what),
        say("Write what the research needs of it into a table (measurements, findings) and add that; or have it treated outside and reviewed, and keep it as an archive."),
        [Reason("guideline.unstructured", say("The guideline on pseudonymised information (since February 2024, criteria for unstructured data) asks for grounds that the technique is reliable, one's own inspection of the results and an adequacy review with outside experts."))],
    )  # fmt: skip


def _ole(name: str) -> Invalid:
    """HWP to version 5, the old forms of Office, and new ones under a password share one container."""
    if name.lower().endswith((".docx", ".xlsx", ".hwpx")):
        return Invalid("invalid.file", say("{path} is protected by a password, or saved in an older form.", path=name), say("Open it, take the password away, save it in its newer form and add that."))  # fmt: skip
    if name.lower().endswith((".doc", ".xls", ".ppt")):
        return Invalid("invalid.file", say("{path} is in an older form of Office.", path=name), say("Save it as DOCX or XLSX and add that."))  # fmt: skip
    return Invalid("invalid.file", say("{path} is an HWP document (binary).", path=name), say("Open it in Hangul, save it as HWPX and add that."))  # fmt: skip
