"""Sending a file piece by piece, to be registered when it is whole.

An upload is somebody's own: nobody else sees it. What has arrived is sealed and survives a cut line and a
killed process. Registering it (`register`) ends it; one that nobody has gone on with for a day is
swept away.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ...digest import fresh_id, stream_digest
from ...errors import Conflict, Invalid, Reason, Refused, Unavailable
from ...language import say
from ...nouns.dataset import Dataset, Form, Sensitivity
from ...nouns.permit import PermitState
from ...world.identity import SignedIn
from ...world.store import permits
from ...world.store import uploads as stored
from ...world.store.parts import Parts, PartsWriter
from ...world.store.uploads import Upload
from ..house.clock import earlier, now
from ..house.house import House
from ..permits.pledges import in_the_zone
from .register import add, check_brings

if TYPE_CHECKING:
    from ...world.engine.reading import Content

__all__ = ["Quota", "Receiving", "Upload", "begin", "drop", "find", "listed", "receive", "register", "sweep"]

LONGEST_NAME = 255
_DIGEST = re.compile(r"[0-9a-f]{64}")
ABANDONED_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Quota:
    """What one person may have under way at once."""

    uploads: int = 20
    size_bytes: int = 20 * 10**9


def begin(
    house: House, who: SignedIn, name: str, size_bytes: int, digest: str | None = None, quota: Quota | None = None
) -> Upload:  # fmt: skip
    """Announce a file of `size_bytes`; `digest` is its SHA-256 in hex, if it is known already.

    Raises Refused (role, quota), Invalid (name, size, digest), Unavailable where the disk has no room for it.
    """
    _check_sends(house, who)
    _check_name(name)
    if size_bytes < 1:
        raise Invalid.field("size_bytes", expected=say("at least 1"), got=size_bytes)
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise Invalid.field("digest", expected=say("SHA-256 as 64 digits of lower-case hex"), got=say("something else"))  # fmt: skip
    allowed = quota or Quota()
    if size_bytes > allowed.size_bytes:
        raise Invalid.field("size_bytes", expected=say("at most {most}", most=allowed.size_bytes), got=size_bytes)  # fmt: skip
    if shutil.disk_usage(house.folder).free < size_bytes:
        raise Unavailable(
            "disk.full",
            say("The disk of the site has no room for {size} bytes more.", size=size_bytes),
            say("Tell the operator; nothing was begun."),
        )
    at = now()
    upload = Upload(fresh_id("upload"), who.actor.id, name, size_bytes, digest, at, at)

    def add(connection: Connection) -> None:
        count, taken = stored.taken(connection, upload.person)
        reasons = _reasons_over(allowed, count, taken, size_bytes)
        if reasons:
            raise Refused("upload.quota", say("This would be more than you may have under way."), say("Register or drop what is under way, then begin again."), reasons)  # fmt: skip
        stored.add(connection, upload)

    house.write(add)
    return upload


def find(house: House, who: SignedIn, upload: str) -> Upload:
    """One's own upload and how much of it has arrived. Raises Missing."""
    with house.database.reading() as connection:
        return _arrived(house, stored.find(connection, upload, who.actor.id))


def listed(house: House, who: SignedIn) -> tuple[Upload, ...]:
    with house.database.reading() as connection:
        found = stored.of_person(connection, who.actor.id)
    return tuple(_arrived(house, upload) for upload in found)


@contextmanager
def receive(house: House, who: SignedIn, upload: str, offset: int) -> Iterator[Receiving]:
    """Go on with an upload at `offset`. What came is kept, whatever ends this.

    Raises Missing, Conflict (another offset, another connection at it), Unavailable (disk).
    """
    with house.database.reading() as connection:
        found = stored.find(connection, upload, who.actor.id)
    with parts_of(house, upload).writing(offset) as writer:
        yield Receiving(found, writer)
    house.write(lambda connection: stored.seen(connection, upload, now()))


class Receiving:
    """An upload while its bytes come in."""

    def __init__(self, upload: Upload, writer: PartsWriter) -> None:
        self.upload, self._writer = upload, writer

    @property
    def offset(self) -> int:
        """Bytes that were taken. They are safe only when `receive` has ended."""
        return self._writer.offset

    def write(self, data: bytes | memoryview) -> None:
        """Raises Invalid where more comes than was announced; what came before stays."""
        room = self.upload.size_bytes - self._writer.offset
        self._writer.write(memoryview(data)[:room])
        if len(data) > room:
            raise Invalid(
                "upload.longer",
                say("More comes than the {size} bytes that were announced.", size=self.upload.size_bytes),
                say("Drop this upload and begin again with the right size."),
            )


def drop(house: House, who: SignedIn, upload: str) -> None:
    """Give an upload up. Raises Missing."""

    def remove(connection: Connection) -> None:
        stored.find(connection, upload, who.actor.id)
        stored.remove(connection, upload)

    house.write(remove)
    parts_of(house, upload).remove()


def sweep(house: House) -> int:
    """Drop what nobody has gone on with for a day, and folders that no upload has; how many."""
    with house.database.reading() as connection:
        old = stored.unseen_since(connection, earlier(ABANDONED_S))
        known = stored.ids(connection)
    for upload in old:
        house.write(lambda connection, upload=upload: stored.remove(connection, upload))  # type: ignore[misc]
    folder = house.folder / "uploads"
    lying = {path.name for path in folder.iterdir()} if folder.exists() else set()
    gone = lying - (known - set(old))
    with house.database.reading() as connection:
        gone -= stored.ids(connection)  # begun in the meantime
    for upload in gone:
        parts_of(house, upload).remove()
    return len({*old, *gone})


def parts_of(house: House, upload: str) -> Parts:
    return Parts(house.folder / "uploads" / upload, house.keyring.working_key(f"upload/{upload}"), upload)


def register(
    house: House,
    who: SignedIn,
    upload_id: str,
    *,
    name: str,
    form: Form = Form.TABLE,
    sensitivity: Sensitivity = Sensitivity.INTERNAL,
    trade_secret: bool = False,
    about: Mapping[str, object] | None = None,
) -> Dataset:
    """Make a Dataset of an upload that is whole; in one transaction it is registered and the upload ends.

    Raises Missing, Conflict (something is still to come, name taken), and as `register.add`; the upload then
    stays, to be registered otherwise. One whose digest is wrong is dropped (Invalid): it is of no use.
    """
    from ...world.engine.reading import Content

    upload = find(house, who, upload_id)
    _check_whole(house, upload)
    parts = parts_of(house, upload.id)

    def ended(connection: Connection) -> None:
        stored.find(connection, upload.id, upload.person)  # not registered a second time meanwhile
        stored.remove(connection, upload.id)

    made = add(
        house, who, Content(upload.name, parts.open), name=name, form=form, sensitivity=sensitivity,
        trade_secret=trade_secret, about=about, with_it=lambda connection, dataset: ended(connection),
    )  # fmt: skip
    parts.remove()
    return made


def _check_sends(house: House, who: SignedIn) -> None:
    """Raises Refused for somebody who neither registers data nor works under a Permit of the zone, to bring in under it."""
    at = now()
    with house.database.reading() as connection:
        own = permits.of_holder(connection, who.actor.id)
    if not any(p.state is PermitState.GRANTED and p.valid_from <= at < p.valid_until and in_the_zone(p.kinds) for p in own):  # fmt: skip
        check_brings(who)


def _check_whole(house: House, upload: Upload) -> None:
    if not upload.whole:
        raise Conflict(
            "upload.unfinished",
            say("{offset} of {size} bytes have arrived.", offset=upload.offset, size=upload.size_bytes),
            say("Send the rest, then register it."),
        )
    if upload.digest is None:
        return
    with parts_of(house, upload.id).open() as stream:
        found = stream_digest(stream)
    if found != upload.digest:
        house.write(lambda connection: stored.remove(connection, upload.id))
        parts_of(house, upload.id).remove()
        raise Invalid(
            "upload.digest",
            say("What arrived does not have the digest that was announced for '{name}'.", name=upload.name),
            say("The upload is dropped. See whether the file changed while it was sent, and send it again."),
        )


def _arrived(house: House, upload: Upload) -> Upload:
    return replace(upload, offset=parts_of(house, upload.id).size())


def _check_name(name: str) -> None:
    """A name and nothing else: it is shown and its ending says what the file is; no path is made of it."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or any(c in name for c in "/\\") or not name.strip(". "):  # fmt: skip
        raise Invalid.field("name", expected=say("the name of a file, without folders"), got=say("something else"))  # fmt: skip


def _reasons_over(quota: Quota, count: int, taken: int, wished: int) -> tuple[Reason, ...]:
    checks = (
        (count >= quota.uploads, Reason("upload.count", say("You have {count} uploads under way, and may have {most}.", count=count, most=quota.uploads))),
        (taken + wished > quota.size_bytes, Reason("upload.bytes", say("With this one they would hold {size} bytes; {most} are allowed.", size=taken + wished, most=quota.size_bytes))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def content_of(house: House, upload: Upload) -> Content:
    """What has arrived, to be looked at before it is registered. Raises Conflict where something is still to come."""
    from ...world.engine.reading import Content

    _check_whole(house, upload)
    return Content(upload.name, parts_of(house, upload.id).open)
