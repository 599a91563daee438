from __future__ import annotations

import io
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dalgubeol.digest import sha256_hex
from dalgubeol.errors import Missing, Tampered, Unavailable
from dalgubeol.world.store.files import FileLock
from dalgubeol.world.store.objects import Objects, Staged, Staging

KEY = bytes(32)


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path)


def written(staging: Staging, content: bytes, name: str = "out", key: bytes | None = None) -> Staged:
    writer = staging.writer(name, key, "ds-1")
    writer.sink.write(content)
    return writer.finish()


def test_an_object_is_found_under_the_digest_of_its_bytes(objects: Objects) -> None:
    staging = objects.stage()
    staged = written(staging, b"content")
    objects.promote(staged)
    assert staged.object_id == staged.plain_digest == sha256_hex(b"content")
    assert staging.moved == (staged.object_id,)
    with objects.open(staged.object_id) as file:
        assert file.read() == b"content"
    objects.check(staged.object_id)
    staging.close()
    assert list(objects.staging_folder.iterdir()) == []


def test_an_object_under_a_key_is_stored_sealed_and_read_plain(objects: Objects) -> None:
    staging = objects.stage()
    staged = written(staging, b"canary", key=KEY)
    objects.promote(staged)
    assert b"canary" not in objects.path(staged.object_id).read_bytes()
    assert staged.plain_digest == sha256_hex(b"canary") != staged.object_id
    with objects.open(staged.object_id, KEY, "ds-1") as file:
        assert file.read() == b"canary"
    with pytest.raises(Tampered):
        objects.open(staged.object_id, KEY, "ds-2")
    staging.close()


def test_nothing_is_visible_before_it_is_promoted(objects: Objects) -> None:
    staging = objects.stage()
    staged = written(staging, b"content")
    with pytest.raises(Missing):
        objects.open(staged.object_id)
    staging.close()


def test_changed_bytes_are_tampered(objects: Objects) -> None:
    staging = objects.stage()
    staged = written(staging, b"content")
    objects.promote(staged)
    staging.close()
    objects.path(staged.object_id).write_bytes(b"Content")
    with pytest.raises(Tampered):
        objects.check(staged.object_id)


def test_a_removed_object_is_missing_and_can_be_removed_again(objects: Objects) -> None:
    objects.remove("0" * 64)
    with pytest.raises(Missing):
        objects.check("0" * 64)


def test_an_abandoned_write_leaves_no_file(objects: Objects) -> None:
    staging = objects.stage()
    writer = staging.writer("out")
    writer.sink.write(b"x")
    writer.abandon()
    assert [path.name for path in staging.folder.iterdir()] == ["lock"]
    staging.close()


def test_a_full_disk_says_so(objects: Objects) -> None:
    staging = objects.stage()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        writer = staging.writer("out")
        with pytest.raises(Unavailable, match="disk is full"):
            writer.sink.write(b"x" * 5000)
        writer.abandon()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
        staging.close()


_MAKER = """
import sys, time
from pathlib import Path
from dalgubeol.world.store.objects import Objects
objects = Objects(Path(sys.argv[1]))
staging = objects.stage("dead")
writer = staging.writer("one"); writer.sink.write(b"one"); objects.promote(writer.finish())
staging.writer("two").sink.write(b"two")
print("ready", flush=True)
time.sleep(60)
"""


def test_the_staging_of_a_killed_process_is_found_and_a_living_one_is_not(objects: Objects) -> None:
    living = objects.stage("living")
    command = [sys.executable, "-c", _MAKER, str(objects.folder.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        assert list(objects.abandoned()) == []
        child.kill()
        child.wait()
    found = [(folder.name, moved) for folder, moved in objects.abandoned()]
    assert found == [("dead", (sha256_hex(b"one"),))]
    assert [folder.name for folder in objects.staging_folder.iterdir()] == ["living"]
    living.close()


def test_a_sweep_that_stops_half_way_leaves_the_folder_for_the_next(objects: Objects) -> None:
    objects.stage("dead")._lock.release()
    for _ in objects.abandoned():
        break
    assert [folder.name for folder, _ in objects.abandoned()] == ["dead"]
    assert [folder.name for folder, _ in objects.abandoned()] == []


def test_a_sweep_takes_up_a_folder_that_was_never_finished(objects: Objects) -> None:
    half = objects.staging_folder / ".half"
    half.mkdir(parents=True)
    (half / "lock").touch()
    assert [folder.name for folder, _ in objects.abandoned()] == [".half"]
    assert not half.exists()


def test_a_folder_swept_away_while_it_is_made_is_made_again(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, swept = FileLock.acquire, []

    def acquired_too_late(lock: FileLock) -> bool:
        if not swept:
            lock._path.touch()
            swept.append([folder.name for folder, _ in monkey_sweep()])
        return acquire(lock)

    def monkey_sweep() -> list[tuple[Path, tuple[str, ...]]]:
        with monkeypatch.context() as plain:
            plain.setattr(FileLock, "acquire", acquire)
            return list(objects.abandoned())

    monkeypatch.setattr(FileLock, "acquire", acquired_too_late)
    staging = objects.stage("mine")
    assert len(swept[0]) == 1
    assert staging.folder.is_dir()
    assert [folder.name for folder in objects.staging_folder.iterdir()] == ["mine"]
    staging.close()


def test_a_cut_off_line_in_the_journal_names_nothing(objects: Objects) -> None:
    staging = objects.stage()
    (staging.folder / "moved").write_text("ab")  # a disk that filled up after two characters
    assert staging.moved == ()
    staged = written(staging, b"content")
    objects.promote(staged)
    assert staging.moved == (staged.object_id,)
    staging.close()


def test_a_staging_folder_is_made_once(objects: Objects) -> None:
    staging = objects.stage("same")
    with pytest.raises(OSError, match="not empty"):
        objects.stage("same")
    assert [folder.name for folder in objects.staging_folder.iterdir()] == ["same"]
    staging.close()


def test_libraries_can_write_into_the_sink(objects: Objects) -> None:
    import pyarrow as pa

    from dalgubeol.world.engine.tables import read_table, write_parquet

    staging = objects.stage()
    writer = staging.writer("t", KEY, "ds-1")
    table = pa.table({"a": [1, 2, 3]})
    assert write_parquet(writer.sink, table.schema, table.to_batches()) == 3
    staged = writer.finish()
    objects.promote(staged)
    with objects.open(staged.object_id, KEY, "ds-1") as file:
        assert read_table(io.BytesIO(file.read())) == table
    staging.close()
