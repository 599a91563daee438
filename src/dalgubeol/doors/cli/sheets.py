"""The recovery sheets as files to print: HTML and plain text, Korean and English on every one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import Invalid
from ...language import Message, say
from ...methods.report.markup import Markup, element, joined

if TYPE_CHECKING:
    from ...verbs.keeping.keyfolder import Sheet

_STYLE = """@page { size: A4; margin: 18mm } body { font: 11pt/1.5 "Noto Sans CJK KR", "Noto Sans KR", sans-serif; max-width: 174mm; margin: 0 auto; color: #000; background: #fff }
h1 { font-size: 17pt; margin: 0 0 1mm } h1 + p { margin: 0 0 4mm } h2 { font-size: 12pt; margin: 5mm 0 1mm } p { margin: 0 0 2mm } dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 5mm; margin: 0; font-size: 10pt } dt { font-weight: 600 } dd { margin: 0; overflow-wrap: anywhere }
ol.words { columns: 4; column-gap: 6mm; padding-left: 8mm; margin: 2mm 0; font: 11.5pt/1.75 "DejaVu Sans Mono", monospace; border-block: 1px solid #000; padding-block: 2mm } ol.words li { break-inside: avoid } :lang(en) { color: #333 }"""


def write_sheets(sheets: Sequence[Sheet], folder: Path) -> tuple[Path, ...]:
    """One HTML and one text file for each sheet, mode 0600. Raises Invalid unless the folder is empty or not there."""
    from ...world.store.files import write_whole

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Invalid.field("folder", expected=say("an empty folder"), got=say("something that is not empty"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for sheet in sheets:
        for ending, text in (("html", page(sheet)), ("txt", plain(sheet))):
            path = folder / f"sheet-{sheet.number}.{ending}"
            write_whole(path, text.encode())
            written.append(path)
    return tuple(written)


def page(sheet: Sheet) -> str:
    """The sheet as a page to print: no script, nothing from elsewhere."""
    words = element("ol", *(element("li", word) for word in sheet.words), class_="words")
    facts = [part for name, value in _facts(sheet) for part in (element("dt", _both(name)), element("dd", value))]  # fmt: skip
    body = [
        element("h1", _title(sheet).text("ko")), element("p", _title(sheet).text("en"), lang="en"), element("dl", *facts), words,
        *(part for language in ("ko", "en") for part in _advice(sheet, language)),
    ]  # fmt: skip
    head = joined([element("meta", charset="utf-8"), element("title", _title(sheet).text("ko")), element("style", Markup(_STYLE))])  # fmt: skip
    return "<!doctype html>\n" + element("html", element("head", head), element("body", *body), lang="ko")


def plain(sheet: Sheet) -> str:
    """The same as text."""
    rows = [sheet.words[start : start + 5] for start in range(0, len(sheet.words), 5)]
    numbered = [
        "".join(f"{5 * line + place:3d} {word:12}" for place, word in enumerate(row, start=1)).rstrip()
        for line, row in enumerate(rows)
    ]
    facts = [f"{_both(name)}: {value}" for name, value in _facts(sheet)]
    advice = [line for language in ("ko", "en") for line in ("", *(m.text(language) for m in _said(sheet)))]
    title = [_title(sheet).text("ko"), _title(sheet).text("en")]
    return "\n".join([*title, "", *facts, "", *numbered, *advice, ""])


def _title(sheet: Sheet) -> Message:
    return say("Recovery sheet {number} of 3", number=sheet.number)


def _facts(sheet: Sheet) -> list[tuple[Message, str]]:
    return [
        (say("site"), sheet.site),
        (say("fingerprint of its keys"), sheet.fingerprint),
        (say("public key of its ledger"), sheet.verifier_key),
        (say("set of sheets"), sheet.set_name),
        (say("made at (UTC)"), sheet.made_at[:16].replace("T", " ")),
    ]


def _said(sheet: Sheet) -> list[Message]:
    if sheet.of_vault:
        return [
            say("Any two of the three sheets with the set name {name} bring back the key of the vault, with which what would undo pseudonyms is encrypted. One sheet alone reveals nothing.", name=sheet.set_name),
            say("Keep it locked away, by people who neither use nor review the data, and not with the sheets of the site's keys. Do not copy, photograph or type it, except to recover."),
            say("To recover, on the machine where the site is: `dalgu vault restore --words-stdin`, with the words of two sheets, one sheet a line."),
            say("If you find this sheet and it is not yours, give it to the operator of the site. If a sheet is lost, the keeper destroys the other two of its set and makes three new ones."),
        ]  # fmt: skip
    return [
        say("Any two of the three sheets with the set name {name} bring back the keys with which all data of this site is encrypted and its ledger is signed. One sheet alone reveals nothing.", name=sheet.set_name),
        say("Keep it locked away, where neither the other two sheets nor the site's backup are. Do not copy, photograph or type it, except to recover."),
        say("To recover, on the machine where the site or its backup is: `dalgu site keys-recover`. It asks for the words of two sheets, in order."),
        say("If you find this sheet and it is not yours, give it to the operator of the site. If a sheet is lost, the operator destroys the other two of its set and makes three new ones."),
    ]  # fmt: skip


def _advice(sheet: Sheet, language: str) -> list[Markup]:
    heading = element("h2", say("What to do").text(language), lang=language)
    return [heading, *(element("p", message.text(language), lang=language) for message in _said(sheet))]


def _both(message: Message) -> str:
    return f"{message.text('ko')} / {message.text('en')}"
