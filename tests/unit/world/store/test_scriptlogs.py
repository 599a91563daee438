"""What a script prints, sealed and bounded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from dalgubeol.world.store import scriptlogs
from dalgubeol.world.store.scriptlogs import MOST_BYTES, LogWriter, Printed, printed

KEY, CONTEXT = b"k" * 32, "run-1.1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "live" / "run-1.1"


@pytest.fixture
def begun(path: Path) -> Iterator[Callable[[], LogWriter]]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(LogWriter(path, KEY, CONTEXT)))


def test_it_is_read_while_it_is_written(path: Path, begun: Callable[[], LogWriter]) -> None:
    writer = begun()
    assert printed(path, KEY, CONTEXT) == Printed()
    for count, piece in enumerate((b"one\n", b"two\n"), 1):
        writer.heard(piece)
        assert printed(path, KEY, CONTEXT).text == b"one\ntwo\n"[: 4 * count]


def test_nothing_of_it_stands_on_the_disk_as_it_was_printed(
    path: Path, begun: Callable[[], LogWriter]
) -> None:
    begun().heard(b"canary-7f3a91" * 20)
    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("piece", [1, 7, 1000, 65536, 10_000_000])
def test_a_bomb_fills_no_disk_whatever_its_pieces(
    path: Path, begun: Callable[[], LogWriter], piece: int
) -> None:
    writer = begun()
    for _ in range(min(20_000, 20_000_000 // piece)):
        writer.heard(b"x" * piece)
    found = printed(path, KEY, CONTEXT)
    assert not found.whole
    assert len(found.text) <= MOST_BYTES
    assert path.stat().st_size < 6 * MOST_BYTES


def test_exactly_as_much_as_is_kept_is_whole(path: Path, begun: Callable[[], LogWriter]) -> None:
    begun().heard(b"x" * MOST_BYTES)
    assert printed(path, KEY, CONTEXT) == Printed(b"x" * MOST_BYTES, True)


def test_a_frame_that_was_changed_or_brought_from_another_attempt_ends_it(
    path: Path, begun: Callable[[], LogWriter]
) -> None:
    writer = begun()
    for piece in (b"one", b"two"):
        writer.heard(piece)
    assert printed(path, KEY, "run-1.2").text == b""
    content = path.read_bytes()
    frame = len(content) // 2
    path.write_bytes(content[frame:] + content[:frame])
    assert printed(path, KEY, CONTEXT).text == b""
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert printed(path, KEY, CONTEXT).text == b"one"
    path.write_bytes(content[:-3])  # it is being written
    assert printed(path, KEY, CONTEXT).text == b"one"


def test_another_attempt_writes_into_a_file_of_its_own(path: Path, begun: Callable[[], LogWriter]) -> None:
    before = begun()
    before.heard(b"before")
    after = begun()
    before.heard(b" it was killed")
    after.heard(b"after")
    assert printed(path, KEY, CONTEXT).text == b"after"


def test_a_full_disk_ends_the_log_and_not_the_run(
    path: Path, begun: Callable[[], LogWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(scriptlogs.os, "open", lambda *_: full)
    writer = begun()
    writer.heard(b"one")
    writer.heard(b"two")
    assert printed(path, KEY, CONTEXT) == Printed()
