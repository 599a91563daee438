"""Objects arrive as what their names say, once, and not at all where they are something else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dalgubeol.digest import sha256_hex
from dalgubeol.errors import Tampered
from dalgubeol.world.store import transfer


def put(folder: Path, content: bytes) -> str:
    name = sha256_hex(content)
    path = folder / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name


def place(folder: Path, name: str) -> Path:
    return folder / name[:2] / name[2:]


@pytest.fixture
def source(tmp_path: Path) -> dict[str, int]:
    sizes = [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20]
    return {put(tmp_path / "from", os.urandom(size)): size for size in sizes}


def test_all_arrive_whole_and_only_once(source: dict[str, int], tmp_path: Path) -> None:
    heard: list[int] = []
    first = transfer.bring(source, tmp_path / "from", tmp_path / "to", (), heard.append)
    assert sum(heard) == sum(source.values())
    assert first.missing == ()
    assert first.copied_bytes == sum(source.values())
    assert transfer.stored(tmp_path / "to") == frozenset(source)
    assert transfer.check(source, tmp_path / "to") == {}
    assert transfer.bring(source, tmp_path / "from", tmp_path / "to", source).copied == 0
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "to").glob("*/*"))


def test_what_is_there_and_not_trusted_is_looked_into(source: dict[str, int], tmp_path: Path) -> None:
    name = max(source, key=lambda n: source[n])
    transfer.bring(source, tmp_path / "from", tmp_path / "to")
    place(tmp_path / "to", name).write_bytes(
        bytes(source[name])
    )  # as a machine leaves it that lost its power
    assert transfer.check(source, tmp_path / "to") == {name: "changed"}
    assert transfer.bring(source, tmp_path / "from", tmp_path / "to").copied == 1
    assert transfer.check(source, tmp_path / "to") == {}


def test_a_changed_object_is_not_brought_and_leaves_nothing(source: dict[str, int], tmp_path: Path) -> None:
    name = max(source, key=lambda n: source[n])
    place(tmp_path / "from", name).write_bytes(bytes(source[name]))
    with pytest.raises(Tampered, match=name[:16]):
        transfer.bring(source, tmp_path / "from", tmp_path / "to")
    left = [path.name for path in (tmp_path / "to").glob("*/*")]
    assert name[2:] not in left
    assert not [each for each in left if each.startswith(".")]


def test_what_the_source_has_not_is_told(source: dict[str, int], tmp_path: Path) -> None:
    gone = next(iter(source))
    place(tmp_path / "from", gone).unlink()
    assert transfer.bring(source, tmp_path / "from", tmp_path / "to").missing == (gone,)
    assert transfer.check([gone], tmp_path / "to") == {gone: "missing"}


def test_a_sweep_keeps_what_is_named_and_removes_what_was_cut_off(source: dict[str, int], tmp_path: Path) -> None:  # fmt: skip
    kept, *rest = source
    (tmp_path / "from" / kept[:2] / ".half.part").write_bytes(b"")
    assert transfer.sweep(tmp_path / "from", frozenset({kept})) == len(rest)
    assert [p.name for p in (tmp_path / "from").glob("*/*")] == [kept[2:]]
