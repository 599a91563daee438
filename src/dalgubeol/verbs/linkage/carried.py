"""What is carried between the sites of a linkage, for doors that have no files of their own: cards, agreements and
envelopes as bytes or as uploads.

The verbs beside this work on files; here they get some in the site's own folder, which are gone afterwards. Cards
and agreements hold no secret, and envelopes are sealed before they are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...digest import CHUNK
from ...errors import Conflict, Invalid
from ...language import say
from ...methods.privacy.linkage import normalise
from ...nouns.dataset import Dataset
from ...nouns.linkage import Content, Party, PartyRole, Terms
from ...nouns.linkage import terms as built_terms
from ...world.identity import SignedIn
from ...world.store.envelope import Address, read_envelope
from ...world.store.files import disk_errors
from ..datasets import uploads
from ..house.house import House
from . import agreeing, post
from .agreeing import Draft, Taken

LARGEST = 150_000
MOST_FILES = 50
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Carried:
    """A document to be handed on: the same bytes as the file that the command line writes."""

    name: str
    """What the file is to be called."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope to be handed on. `stream` is its file, gone from the folder already; who takes it closes it."""

    name: str
    content: Content
    digest: str
    stream: BinaryIO
    size_bytes: int


def card(house: House, who: SignedIn, *, linkage: str, name: str, role: PartyRole) -> tuple[Party, Carried]:
    """This site's card. Raises Refused, Invalid."""
    with _folder(house) as folder:
        path = folder / "card"
        mine = agreeing.card(house, who, linkage=linkage, name=name, role=role, to=path)
        return mine, Carried(f"{mine.name}.card", path.read_bytes())


def terms(values: Mapping[str, object]) -> Terms:
    """Terms out of plain values, normalised as this program does it where nothing is said. Raises Invalid."""
    return built_terms({"normalisation": normalise.VERSION, **values})


def draft(house: House, who: SignedIn, asked: Terms, cards: Sequence[bytes]) -> tuple[Draft, Carried]:
    """Terms and cards put together. Raises Invalid, Tampered, Refused with everything that speaks against it."""
    agreeing.check_answers(who)
    with _folder(house) as folder:
        path = folder / "agreement"
        made = agreeing.drafted(asked, _written(folder, cards), path)
        return made, _agreement(made, path)


def sign(house: House, who: SignedIn, documents: Sequence[bytes]) -> tuple[Draft, Carried]:
    """Sign for this site, in a document that has the signatures of all that were given. Raises as `gathered`."""
    with _folder(house) as folder:
        path = _gathered(folder, documents)
        made = agreeing.sign(house, who, path)
        return made, _agreement(made, path)


def take_up(house: House, who: SignedIn, documents: Sequence[bytes]) -> Taken:
    """Take up what all parties have signed, be it in several copies. Raises Conflict, Tampered, and as `look`."""
    with _folder(house) as folder:
        return agreeing.take_up(house, who, _gathered(folder, documents))


def look(house: House, documents: Sequence[bytes]) -> tuple[Draft, Carried]:
    """What stands in copies of one agreement, and one document with the signatures of them all. Raises Invalid,
    Conflict where they are of different agreements, Tampered where a signature does not hold."""
    with _folder(house) as folder:
        path = _gathered(folder, documents)
        found = agreeing.read_draft(path)
        return found, _agreement(found, path)


def send(house: House, who: SignedIn, dataset: str, *, to: str, content: Content | None = None) -> Sealed:
    """Seal what a Dataset holds for a party. Raises as `post.send`."""
    with _folder(house) as folder:
        path = folder / "envelope"
        what, digest = post.send(house, who, dataset, to=to, file=path, content=content)
        size = path.stat().st_size
        return Sealed(f"{what.value}-for-{to}.envelope", what, digest, path.open("rb"), size)


def receive(house: House, who: SignedIn, arrived: Sequence[str], name: str | None = None) -> Dataset:
    """Open envelopes that were uploaded whole, and keep what is in them as one Dataset; the uploads end with it.
    Raises as `post.receive`, and Missing, Conflict as uploads do; they stay then."""
    agreeing.check_answers(who)
    if not 1 <= len(arrived) <= MOST_FILES:
        raise Invalid.field(
            "uploads", expected=say("1 to {most} envelopes", most=MOST_FILES), got=len(arrived)
        )
    if len(set(arrived)) < len(arrived):
        raise Invalid.field("uploads", expected=say("each envelope once"), got=say("one twice"))
    with _folder(house) as folder:
        kept = post.receive(house, who, [_laid_out(house, who, folder, each) for each in arrived], name)
    for each in arrived:
        uploads.drop(house, who, each)
    return kept


def address(house: House, who: SignedIn, arrived: str) -> Address:
    """What stands on an envelope that was uploaded; nothing of it is proven yet. Raises Missing, Invalid."""
    agreeing.check_answers(who)
    with _folder(house) as folder:
        return read_envelope(_laid_out(house, who, folder, arrived)).address


def _laid_out(house: House, who: SignedIn, folder: Path, upload: str) -> Path:
    """An upload as a file, under its own name: errors name it."""
    found = uploads.find(house, who, upload)
    content = uploads.content_of(house, found)
    place = folder / found.id
    path = place / (found.name if len(found.name.encode()) <= _LONGEST_NAME else "envelope")
    with disk_errors(), content.open() as stream:
        place.mkdir()
        with open(path, "xb") as file:
            while piece := stream.read(CHUNK):
                file.write(piece)
    return path


def _gathered(folder: Path, documents: Sequence[bytes]) -> Path:
    """One document with the signatures of all copies. Raises Invalid, Tampered."""
    if not 1 <= len(documents) <= MOST_FILES:
        raise Invalid.field("documents", expected=say("copies of one agreement"), got=say("something else"))
    paths = _written(folder, documents)
    drafts = [agreeing.read_draft(path) for path in paths]
    if len({each.agreement.digest for each in drafts}) > 1:
        raise Conflict("linkage.copies", say("These are copies of different agreements."), say("Compare their digests, and take copies of one only."))  # fmt: skip
    plain = [json.loads(path.read_bytes()) for path in paths]
    signatures = {name: given for each in plain for name, given in each["signatures"].items()}
    path = folder / "gathered"
    path.write_text(json.dumps({**plain[0], "signatures": signatures}, ensure_ascii=False, indent=1, sort_keys=True) + "\n")  # fmt: skip
    return path


def _written(folder: Path, documents: Sequence[bytes]) -> list[Path]:
    if any(len(each) > LARGEST for each in documents) or len(documents) > MOST_FILES:
        raise Invalid.field("document", expected=say("a card or an agreement of a linkage"), got=say("something else"))  # fmt: skip
    paths = [folder / f"document-{number}" for number in range(1, len(documents) + 1)]
    with disk_errors():
        for path, content in zip(paths, documents, strict=True):
            path.write_bytes(content)
    return paths


def _agreement(made: Draft, path: Path) -> Carried:
    return Carried(f"{made.agreement.terms.linkage}.agreement.json", path.read_bytes())


@contextmanager
def _folder(house: House) -> Iterator[Path]:
    """A folder of one's own that is gone afterwards; one that a killed process left is swept with its like."""
    staging = house.objects.stage()
    try:
        made = staging.folder / "carried"
        with disk_errors():
            made.mkdir(mode=0o700)
        yield made
    finally:
        staging.close()
