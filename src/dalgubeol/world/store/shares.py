"""Two keys as words on three sheets, of which any two give them back: Shamir's secret sharing as in SLIP-0039.

The 64 bytes of site.key and log.key are split together, so that a sheet is one set of 59 words. Every sheet
has a checksum of its own; sheets of another splitting do not combine. One sheet alone says nothing of the keys.

The library's own error texts quote words of the sheet, so none of them is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ...errors import Invalid
from ...language import Message, say

SHEETS, NEEDED = 3, 2
WORDS = 59
_KEY_BYTES = 32


def split(site_key: bytes, log_key: bytes) -> tuple[tuple[str, ...], ...]:
    """Three lists of 59 words; new ones each time."""
    from shamir_mnemonic import generate_mnemonics

    if len(site_key) != _KEY_BYTES or len(log_key) != _KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    ((*sheets,),) = generate_mnemonics(1, [(NEEDED, SHEETS)], site_key + log_key)
    return tuple(tuple(sheet.split()) for sheet in sheets)


def joined(sheets: Sequence[str]) -> tuple[bytes, bytes]:
    """site.key and log.key out of the words of two sheets, each as one text.

    Words may be cut to their first four letters, numbered, and in capitals. Raises Invalid saying which sheet
    and which word, never the word.
    """
    from shamir_mnemonic import MnemonicError, combine_mnemonics

    if len(sheets) != NEEDED:
        raise _wrong(say("{count} of the {needed} sheets were given", count=len(sheets), needed=NEEDED))
    read = [" ".join(words_of(text, number)) for number, text in enumerate(sheets, start=1)]
    parts = [_share(text, number) for number, text in enumerate(read, start=1)]
    if parts[0].common_parameters() != parts[1].common_parameters():
        raise _wrong(say("the two sheets are not of the same splitting"))
    if parts[0].index == parts[1].index:
        raise _wrong(say("the same sheet was given twice"))
    try:
        secret = combine_mnemonics(read)
    except MnemonicError:
        raise _wrong(say("the two sheets do not fit together")) from None
    if len(secret) != 2 * _KEY_BYTES:
        raise _wrong(say("these sheets hold something else than a site's keys"))
    return secret[:_KEY_BYTES], secret[_KEY_BYTES:]


def words_of(text: str, sheet: int) -> tuple[str, ...]:
    """The words in what somebody typed off a sheet. Raises Invalid for one that no sheet has."""
    found = []
    for place, given in enumerate(re.findall("[a-z]+", text.lower()), start=1):
        word = _by_beginning().get(given[:4])
        if word is None or not (word == given or len(given) == 4):
            raise _wrong(
                say("word {place} of sheet {sheet} is in no list of words", place=place, sheet=sheet)
            )
        found.append(word)
    if len(found) != WORDS:
        raise _wrong(say("sheet {sheet} has {count} words instead of {all}", sheet=sheet, count=len(found), all=WORDS))  # fmt: skip
    return tuple(found)


def set_name(words: Sequence[str]) -> str:
    """What tells one splitting from another: printed on every sheet of it, and no part of the secret."""
    from shamir_mnemonic import Share

    return f"{Share.from_mnemonic(' '.join(words)).identifier:04x}"


def _share(text: str, sheet: int):  # type: ignore[no-untyped-def]
    from shamir_mnemonic import MnemonicError, Share

    try:
        return Share.from_mnemonic(text)
    except MnemonicError:
        raise _wrong(say("a word of sheet {sheet} is wrong or out of its place: its check does not fit", sheet=sheet)) from None  # fmt: skip


@cache
def _by_beginning() -> dict[str, str]:
    """Every word has four letters at least, and those name it."""
    from shamir_mnemonic.wordlist import WORDLIST

    return {word[:4]: word for word in WORDLIST}


def _wrong(fault: Message) -> Invalid:
    return Invalid(
        "invalid.sheets",
        say("The keys cannot be brought back: {fault}.", fault=fault),
        say("Type all words of two different sheets that were made on the same day, in order; nothing was written."),
    )  # fmt: skip
