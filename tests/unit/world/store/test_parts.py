from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Conflict, Tampered, Unavailable
from dalgubeol.world.store import parts as module
from dalgubeol.world.store.parts import Parts

KEY = bytes(32)
CANARY = b"a canary that must not lie on the disk in plain"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 1000)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "upload", KEY, "upload-1")


def sent(parts: Parts, data: bytes, *, piece: int = 64) -> None:
    with parts.writing(parts.size()) as writer:
        for place in range(0, len(data), piece):
            writer.write(data[place : place + piece])


def content(parts: Parts) -> bytes:
    with parts.open() as stream:
        return stream.read()


def test_what_is_sent_in_pieces_is_read_as_one(parts: Parts) -> None:
    data = os.urandom(4321)
    for place in range(0, len(data), 700):
        sent(parts, data[place : place + 700])
        assert parts.size() == min(place + 700, len(data))
    assert content(parts) == data
    assert sorted(p.name for p in parts.folder.iterdir()) == [f"{n:08d}" for n in range(5)] + ["lock"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=2500), min_size=1, max_size=5), st.data())
def test_any_cuts_and_any_reads_give_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], data: st.DataObject
) -> None:
    parts = Parts(tmp_path_factory.mktemp("any") / "u", KEY, "u")
    for piece in pieces:
        sent(parts, piece, piece=333)
    whole = b"".join(pieces)
    with parts.open() as stream:
        place = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.integers(0, 3000))
        stream.seek(place)
        assert stream.read(length) == whole[place : place + length]


def test_nothing_plain_is_on_the_disk(parts: Parts) -> None:
    sent(parts, CANARY * 50)
    with parts.writing(parts.size()) as writer:
        writer.write(CANARY)
        assert not any(CANARY[:12] in p.read_bytes() for p in parts.folder.iterdir())
    assert not any(CANARY[:12] in p.read_bytes() for p in parts.folder.iterdir())


def test_an_error_while_bytes_come_in_keeps_what_came_before(parts: Parts) -> None:
    def cut_off() -> None:
        with parts.writing(0) as writer:
            writer.write(b"x" * 2345)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut_off()
    assert content(parts) == b"x" * 2345


def test_a_wrong_offset_and_a_second_writer_are_conflicts(parts: Parts) -> None:
    sent(parts, b"x" * 10)
    with pytest.raises(Conflict) as wrong, parts.writing(9):
        pass
    assert (wrong.value.code, parts.size()) == ("upload.offset", 10)
    with parts.writing(10), pytest.raises(Conflict) as busy, parts.writing(10):
        pass
    assert busy.value.code == "upload.busy"
    sent(parts, b"y")
    assert content(parts) == b"x" * 10 + b"y"


def test_a_changed_moved_or_foreign_part_does_not_decrypt(parts: Parts, tmp_path: Path) -> None:
    def in_other_order() -> None:
        first, second = parts.folder / "00000000", parts.folder / "00000001"
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)

    def changed() -> None:
        path = parts.folder / "00000000"
        path.write_bytes(path.read_bytes()[:-1] + b"\0")

    spoilers: list[Callable[[], None]] = [in_other_order, changed]
    for spoil in spoilers:
        parts.remove()
        sent(parts, os.urandom(2000))
        spoil()
        with pytest.raises(Tampered):
            content(parts)
    other = Parts(parts.folder, KEY, "upload-2")
    with pytest.raises(Tampered):
        content(other)


def test_a_full_disk_is_said_and_what_was_safe_stays(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(parts, b"x" * 1500)

    def full(self: object, data: bytes) -> int:
        raise Unavailable("disk.full", module.say("full"), module.say("free"))

    with monkeypatch.context() as patched:
        patched.setattr(module._Full, "write", full)
        with pytest.raises(Unavailable):
            sent(parts, b"y" * 400)
    assert content(parts) == b"x" * 1500
    sent(parts, b"z" * 600)
    assert content(parts) == b"x" * 1500 + b"z" * 600


def test_a_killed_process_loses_one_part_at_most(tmp_path: Path) -> None:
    code = f"""if True:
        import os, signal
        from pathlib import Path
        from dalgubeol.world.store import parts
        parts.PART = 1000
        with parts.Parts(Path({str(tmp_path / "upload")!r}), bytes(32), "upload-1").writing(0) as writer:
            writer.write(b"x" * 3500)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", code], check=False)
    parts = Parts(tmp_path / "upload", KEY, "upload-1")
    assert parts.size() == 3000
    sent(parts, b"y" * 100)
    assert content(parts) == b"x" * 3000 + b"y" * 100
