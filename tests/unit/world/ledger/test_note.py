from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid, Tampered
from dalgubeol.world.ledger.merkle import EMPTY_ROOT
from dalgubeol.world.ledger.note import (
    Signer,
    Verifier,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
    strict_base64,
)

SIGNER = Signer.of("ledger.example/site", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = Signer.of("witness.example", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
TEXT = "First line\n\n둘째 문단\n"
NOTE = sign_note(TEXT, SIGNER)


def signed(text: str) -> str:
    """A note around any text at all, with a good signature."""
    return f"{text}\n{SIGNER.line(text)}"


def test_a_note_opens_with_the_key_that_signed_it() -> None:
    opened = open_note(NOTE, SIGNER.verifier)
    assert (opened.text, opened.unknown) == (TEXT, 0)


def test_a_note_has_the_form_of_the_specification() -> None:
    text, _, line = NOTE.rpartition("\n\n")
    dash, name, encoded = line.removesuffix("\n").split(" ")
    assert (text + "\n", dash, name) == (TEXT, "—", "ledger.example/site")
    raw = base64.b64decode(encoded)
    assert raw[:4] == SIGNER.verifier.key_id
    SIGNER.key.public_key().verify(raw[4:], TEXT.encode())


def test_signatures_by_unknown_keys_are_counted_and_ignored() -> None:
    both = sign_note(TEXT, OTHER, SIGNER)
    assert open_note(both, SIGNER.verifier).unknown == 1
    assert open_note(both, OTHER.verifier).text == TEXT


def test_a_note_that_the_key_has_not_signed_proves_nothing() -> None:
    with pytest.raises(Tampered, match="given key has not signed"):
        open_note(NOTE, OTHER.verifier)


def test_a_bad_line_under_the_known_key_is_not_ignored_beside_a_good_one() -> None:
    with pytest.raises(Tampered, match="signature 2 does not fit"):
        open_note(NOTE + SIGNER.line("another text\n"), SIGNER.verifier)


@given(st.integers(0, len(NOTE) - 1), st.characters())
def test_any_changed_character_is_found(where: int, character: str) -> None:
    changed = NOTE[:where] + character + NOTE[where + 1 :]
    if changed != NOTE:
        with pytest.raises(Tampered):
            open_note(changed, SIGNER.verifier)


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        ("", "no blank line"),
        (TEXT, "signature 1 is malformed"),
        (NOTE.removesuffix("\n"), "does not end in a newline"),
        (NOTE + "\n", "does not end in a newline"),
        (NOTE + "\n\n", "does not end in a newline"),
        (NOTE + "more\n", "signature 2 is malformed"),
        (NOTE.replace("—", "-"), "signature 1 is malformed"),
        (NOTE.replace("— ", "—  "), "signature 1 is malformed"),
        (NOTE.replace("site ", "si+te "), "signature 1 is malformed"),
        (NOTE.replace("\n— ", "\r\n— "), "control character"),
        (NOTE.replace("First", "Fir\tst"), "control character"),
        (NOTE.replace("First", "Fir\ud800st"), "control character"),
        (NOTE.replace("First", "Fi1st"), "signature 1 does not fit"),
        (NOTE + "— x QUJD\n", "signature 2 is malformed"),
        (NOTE + OTHER.line(TEXT) * 100, "more than 100"),
    ],
)
def test_a_malformed_note_is_refused_by_name(note: str, fault: str) -> None:
    with pytest.raises(Tampered, match=fault):
        open_note(note, SIGNER.verifier)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "lone \udc00\n"])
def test_only_proper_text_is_signed(text: str) -> None:
    with pytest.raises(Invalid):
        sign_note(text, SIGNER)


def test_nobody_signs_nothing() -> None:
    with pytest.raises(Invalid):
        sign_note(TEXT)


def test_verifier_keys_survive_being_written_and_read() -> None:
    text = SIGNER.verifier.text
    name, key_id, encoded = text.split("+", 2)
    assert (name, key_id) == ("ledger.example/site", SIGNER.verifier.key_id.hex())
    assert base64.b64decode(encoded) == b"\x01" + SIGNER.verifier.public_bytes
    assert Verifier.parse(text) == SIGNER.verifier


KEY_TEXT = SIGNER.verifier.text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "three parts"),
        ("name+00000000", "three parts"),
        (KEY_TEXT[:-4], "Ed25519 key in base64"),
        (KEY_TEXT + "\n", "Ed25519 key in base64"),
        (KEY_TEXT.replace("+AY", "+BY"), "Ed25519 key in base64"),
        (KEY_TEXT.replace("site", "size"), "id does not belong"),
        (KEY_TEXT.replace(SIGNER.verifier.key_id.hex(), SIGNER.verifier.key_id.hex().upper()), "id does not"),
        (KEY_TEXT.removeprefix("ledger.example/site"), "empty"),
        (KEY_TEXT.replace("/", " ", 1), "white space"),
    ],
)
def test_a_malformed_verifier_key_says_what_is_wrong(text: str, fault: str) -> None:
    assert text != KEY_TEXT
    with pytest.raises(Invalid, match=fault):
        Verifier.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x00b"])
def test_key_names_that_would_break_a_line_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        Verifier(name, b"\0" * 32)


def test_a_signer_does_not_show_its_key() -> None:
    assert repr(SIGNER) == "Signer('ledger.example/site')"


def test_a_checkpoint_opens_to_what_was_signed() -> None:
    checkpoint = sign_checkpoint("ledger.example/site", 7, b"\xab" * 32, SIGNER)
    assert open_checkpoint(checkpoint.note, SIGNER.verifier) == checkpoint
    assert checkpoint.note.startswith(f"ledger.example/site\n7\n{'q6ur' * 10}q6s=\n\n— ledger.example/site ")


ROOT = base64.b64encode(EMPTY_ROOT).decode()


def test_extension_lines_are_carried_and_ignored() -> None:
    checkpoint = open_checkpoint(signed(f"a\n0\n{ROOT}\nmore\n"), SIGNER.verifier)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == ("a", 0, EMPTY_ROOT)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a\n0\n", "not origin, size and root"),
        (f"\n0\n{ROOT}\n", "not origin, size and root"),
        (f"a\n0\n{ROOT}\n\nmore\n", "not origin, size and root"),
        (f"a\n00\n{ROOT}\n", "size is not a number"),
        (f"a\n01\n{ROOT}\n", "size is not a number"),
        (f"a\n-1\n{ROOT}\n", "size is not a number"),
        (f"a\n+1\n{ROOT}\n", "size is not a number"),
        (f"a\n 1\n{ROOT}\n", "size is not a number"),
        (f"a\n1_0\n{ROOT}\n", "size is not a number"),
        (f"a\n١\n{ROOT}\n", "size is not a number"),
        (f"a\n{1 << 63}\n{ROOT}\n", "size is not a number"),
        (f"a\n1\n{ROOT[:-1]}\n", "root is not a hash"),
        (f"a\n1\n{ROOT[:-2]}V=\n", "root is not a hash"),
        (f"a\n1\n{ROOT} \n", "root is not a hash"),
        ("a\n1\nAAAA\n", "root is not a hash"),
    ],
)
def test_a_malformed_checkpoint_is_refused_by_name_though_signed(text: str, fault: str) -> None:
    with pytest.raises(Tampered, match=fault):
        open_checkpoint(signed(text), SIGNER.verifier)


@pytest.mark.parametrize("origin", ["", "two\nlines"])
def test_an_origin_is_one_line(origin: str) -> None:
    with pytest.raises(Invalid):
        sign_checkpoint(origin, 0, EMPTY_ROOT, SIGNER)


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(raw: bytes) -> None:
    text = base64.b64encode(raw).decode()
    assert strict_base64(text) == raw
    for spelling in (text + "\n", text + "=", " " + text, text.rstrip("=")):
        assert spelling == text or strict_base64(spelling) is None


def test_base64_refuses_stray_bits_and_the_other_alphabet() -> None:
    assert strict_base64("AA==") == b"\0"
    assert strict_base64("AB==") is None
    assert strict_base64("__8=") is None
    assert strict_base64("é===") is None
