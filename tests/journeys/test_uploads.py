"""Sending a file piece by piece and registering it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Conflict, DalguError, Invalid, Missing, Refused
from dalgubeol.nouns.dataset import Form, Sensitivity
from dalgubeol.verbs.datasets import uploads
from dalgubeol.verbs.house.house import House, open_house
from dalgubeol.verbs.people import people
from dalgubeol.world.identity import SignedIn

from .conftest import Visit

TABLE = b"person_no,name,age\n" + b"".join(b"%d,Person %d,%d\n" % (n, n, n % 60) for n in range(3000))


@pytest.fixture
def house(visit: Visit) -> Iterator[House]:
    with open_house(visit.settings()) as opened:
        yield opened


@pytest.fixture
def provider(house: House, visit: Visit) -> SignedIn:
    return people.signed_in(house, visit.session("provider"))


def sent(house: House, who: SignedIn, data: bytes = TABLE, name: str = "t.csv", digest: str | None = None) -> str:  # fmt: skip
    upload = uploads.begin(house, who, name, len(data), digest)
    for place in range(0, len(data), 20_000):
        with uploads.receive(house, who, upload.id, place) as arriving:
            arriving.write(data[place : place + 20_000])
    assert uploads.find(house, who, upload.id).whole
    return upload.id


def traces(house: House) -> list[str]:
    folder = house.folder / "uploads"
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("sensitivity", [Sensitivity.INTERNAL, Sensitivity.PERSONAL])
def test_an_upload_becomes_the_dataset_that_the_file_would(
    house: House, provider: SignedIn, sensitivity: Sensitivity
) -> None:
    upload = sent(house, provider, digest=hashlib.sha256(TABLE).hexdigest())
    made = uploads.register(house, provider, upload, name="sent", sensitivity=sensitivity)
    assert (made.rows, made.column_names) == (3000, ("person_no", "name", "age"))
    key = house.keyring.dataset_key(made.id) if made.protected else None
    with house.objects.open(made.object_id, key, made.id) as stream:
        assert pq.read_table(pa.PythonFile(stream, mode="r"))["age"].to_pylist()[:3] == [0, 1, 2]
    assert traces(house) == []
    assert uploads.listed(house, provider) == ()


def test_other_forms_are_kept_byte_by_byte(house: House, provider: SignedIn) -> None:
    made = uploads.register(house, provider, sent(house, provider, b"<p>", "a.html"), name="r", form=Form.REPORT)  # fmt: skip
    assert made.object_id == hashlib.sha256(b"<p>").hexdigest()


def test_a_wrong_digest_is_refused_and_the_upload_is_dropped(house: House, provider: SignedIn) -> None:
    upload = sent(house, provider, digest="0" * 64)
    with pytest.raises(Invalid, match="digest"):
        uploads.register(house, provider, upload, name="sent")
    assert (traces(house), uploads.listed(house, provider)) == ([], ())


def test_what_cannot_be_registered_stays_for_another_try(house: House, provider: SignedIn) -> None:
    upload = sent(house, provider)
    with pytest.raises(Conflict, match="already used"):
        uploads.register(house, provider, upload, name="claims")
    assert uploads.register(house, provider, upload, name="sent").rows == 3000


def test_an_unfinished_upload_is_not_registered(house: House, provider: SignedIn) -> None:
    upload = uploads.begin(house, provider, "t.csv", 100)
    with pytest.raises(Conflict, match="0 of 100 bytes"):
        uploads.register(house, provider, upload.id, name="sent")


def test_more_than_announced_is_refused_and_the_announced_part_stays(
    house: House, provider: SignedIn
) -> None:
    upload = uploads.begin(house, provider, "t.csv", 5)
    with (
        pytest.raises(Invalid, match="More comes"),
        uploads.receive(house, provider, upload.id, 0) as arriving,
    ):
        arriving.write(b"a\n1\n2\n3\n")
    assert uploads.find(house, provider, upload.id).offset == 5


def test_an_upload_is_its_senders_own(house: House, provider: SignedIn, visit: Visit) -> None:
    upload = uploads.begin(house, provider, "t.csv", 5).id
    other = people.signed_in(house, visit.session("engineer"))
    for attempt in (
        lambda: uploads.find(house, other, upload),
        lambda: uploads.drop(house, other, upload),
        lambda: uploads.receive(house, other, upload, 0).__enter__(),
        lambda: uploads.register(house, other, upload, name="theirs"),
    ):
        with pytest.raises(Missing):
            attempt()
    assert uploads.listed(house, other) == ()


def test_who_brings_nothing_uploads_nothing(house: House, visit: Visit) -> None:
    with pytest.raises(Refused):
        uploads.begin(house, people.signed_in(house, visit.session("analyst")), "t.csv", 5)


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../etc/passwd", "a/b.csv", "a\\b.csv", "/etc/passwd", "a\0.csv", "a\nb.csv", "x" * 256, "\u202etxt.csv", "."],
)  # fmt: skip
def test_a_name_that_is_a_path_or_a_trick_is_refused(house: House, provider: SignedIn, name: str) -> None:
    with pytest.raises(Invalid, match="without folders"):
        uploads.begin(house, provider, name, 5)


@pytest.mark.parametrize(("size", "digest"), [(0, None), (-1, None), (10**13, None), (5, "abc"), (5, "F" * 64)])  # fmt: skip
def test_sizes_and_digests_that_cannot_be_are_refused(house: House, provider: SignedIn, size: int, digest: str | None) -> None:  # fmt: skip
    with pytest.raises(DalguError):
        uploads.begin(house, provider, "t.csv", size, digest)


def test_nobody_has_more_under_way_than_the_quota(house: House, provider: SignedIn) -> None:
    quota = uploads.Quota(uploads=2, size_bytes=100)
    uploads.begin(house, provider, "a.csv", 60, quota=quota)
    with pytest.raises(Refused) as error:
        uploads.begin(house, provider, "b.csv", 41, quota=quota)
    assert [reason.code for reason in error.value.reasons] == ["upload.bytes"]
    uploads.begin(house, provider, "b.csv", 40, quota=quota)
    with pytest.raises(Refused) as error:
        uploads.begin(house, provider, "c.csv", 1, quota=quota)
    assert {reason.code for reason in error.value.reasons} == {"upload.count", "upload.bytes"}


def test_what_lay_for_a_day_is_swept_and_what_did_not_stays(
    house: House, provider: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, fresh = sent(house, provider), ""
    (house.folder / "uploads" / "upload-of-nobody").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "ABANDONED_S", -60)
        assert uploads.sweep(house) == 2
    fresh = sent(house, provider)
    assert uploads.sweep(house) == 0
    assert [u.id for u in uploads.listed(house, provider)] == [fresh] == traces(house)
    assert old != fresh


def test_what_arrived_is_sealed_on_the_disk(house: House, provider: SignedIn) -> None:
    upload = sent(house, provider)
    files = list(Path(house.folder / "uploads" / upload).iterdir())
    assert files
    assert not any(b"Person" in p.read_bytes() for p in files)
