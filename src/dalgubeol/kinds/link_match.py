"""`link-match`: the key-management agency finds which serial numbers belong together (결합키연계정보).

It sees keys (or encodings) and serial numbers, no salt and no payload. What each applicant is told, its linkage
rate, is an output of its own, so that the applicants can decide on it before anything is joined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..errors import Invalid
from ..language import Message, say
from ..nouns.linkage import Agreement, Content, Duplicates, JoinType, LinkMode, PartyRole
from . import contract
from .contract import Example, Form, Output, Sensitivity, Slot, Work
from .linkage_archive import Manifest, Parcel, packed, unpacked
from .linkage_parcels import (
    AGREEMENT,
    agreement_of,
    check_alike,
    complete,
    example_agreement,
    example_document,
    papers,
)
from .linkage_step import LinkageStep

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.linkage.match import Keyed, Matched, Serials


class LinkMatch(LinkageStep):
    name: ClassVar = "link-match"
    summary: ClassVar = say(
        "Find which serial numbers of the applicants belong together, as the key-management agency of a linkage."
    )
    slots: ClassVar = (
        Slot("keys", frozenset({Form.ARCHIVE}), "the keys that all applicants sent"),
        AGREEMENT,
    )

    class Parameters(contract.Parameters):
        mock: bool = Field(False, description="Only the share that was agreed for a mock linkage (모의결합)")

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("pairs", Form.ARCHIVE), Output("told", Form.ARCHIVE))

    def execute(self, work: Work) -> None:
        agreed = agreement_of(work)
        mock: bool = work.parameters.mock
        if mock and not agreed.terms.mock:
            raise Invalid.field("mock", expected=say("a linkage for which a mock linkage was agreed"), got=say("one without"))  # fmt: skip
        work.progress(0.05, say("reading"))
        names = [p.name for p in agreed.applicants]
        parcels = complete(unpacked(work.content("keys")), agreed, Content.KEYS, names)
        check_alike(parcels, agreed.terms.mode)
        work.progress(0.2, say("matching"))
        found = _joining(agreed, _matched(work, agreed, parcels))
        from ..methods.privacy.linkage.join import as_table

        work.progress(0.8, say("writing"))
        groups = _groups(agreed, found, mock, work.seed)
        said = [message.stored() for message in _said(found, groups, mock)]
        expert = agreed.the(PartyRole.EXPERT_AGENCY).name
        sent = _parcel(agreed, Content.PAIRS, expert, as_table(found.applicants, groups), mock)
        work.write_bytes("pairs", packed([sent]), {**papers(agreed, Content.PAIRS, mock=mock), "said": said})
        told = [_told(agreed, found, groups, place, mock) for place in range(len(names))]
        work.write_bytes("told", packed(told), papers(agreed, Content.TOLD, mock=mock))

    def examples(self) -> Iterable[Example]:
        agreed = example_agreement()
        yield Example(
            "Two of three keys are equal",
            {"keys": packed(example_keys(agreed)), "agreement": example_document(agreed)},
            {}, Sensitivity.PERSONAL,
        )  # fmt: skip


def example_keys(agreed: Agreement) -> list[Parcel]:
    import pyarrow as pa

    made = []
    for place, party in enumerate(agreed.applicants):
        table = pa.table({
            "serial": [f"{party.name}{i}" for i in range(3)],
            "key": pa.array([hashlib.sha256(bytes([i + place])).digest() for i in range(3)], pa.binary()),
        })  # fmt: skip
        manifest = Manifest(agreed.digest, Content.KEYS, party.name, "keys", 3, 3, party.name, "n", "c")
        made.append(Parcel(manifest, table))
    return made


def _matched(work: Work, agreed: Agreement, parcels: Mapping[str, Parcel]) -> Matched:
    from ..methods.privacy.linkage.match import equal_keys

    keyed = {name: _keyed(parcel) for name, parcel in parcels.items()}
    if agreed.terms.mode is LinkMode.TOLERANT:
        return _similar(work, agreed, keyed)
    return equal_keys(keyed, drop_duplicates=agreed.terms.duplicates is Duplicates.DROP)


def _similar(work: Work, agreed: Agreement, keyed: Mapping[str, Keyed]) -> Matched:
    import numpy as np

    from ..methods.privacy.linkage import tolerant
    from ..methods.privacy.linkage.match import paired

    asked = agreed.terms.tolerance
    width = (asked.bits // 2 if asked.fold else asked.bits) // 8
    bits = []
    for name, given in keyed.items():
        if any(len(key) != width for key in given.keys):
            raise Invalid.field("keys", expected=say("encodings of {bits} bits from {party}", bits=8 * width, party=name), got=say("another length"))  # fmt: skip
        bits.append(np.frombuffer(b"".join(given.keys), np.uint8).reshape(-1, width))
    told = lambda share: work.progress(0.2 + 0.6 * share, say("matching"))  # noqa: E731
    chosen = tolerant.one_to_one(tolerant.similar(bits[0], bits[1], asked.threshold, told))
    return paired(keyed, list(zip(chosen.left.tolist(), chosen.right.tolist(), strict=True)))


def _keyed(parcel: Parcel) -> Keyed:
    from ..methods.privacy.linkage.match import Keyed

    serials, keys = parcel.table["serial"].to_pylist(), parcel.table["key"].to_pylist()
    have = [(s, k) for s, k in zip(serials, keys, strict=True) if k is not None]
    unkeyed = [s for s, k in zip(serials, keys, strict=True) if k is None]
    return Keyed([s for s, _ in have], [k for _, k in have], parcel.manifest.persons, unkeyed)


def _joining(agreed: Agreement, found: Matched) -> Matched:
    """What the agreed join keeps: all applicants' persons of an inner join, every person of the one of a left join."""
    from ..methods.privacy.linkage.match import kept

    terms = agreed.terms
    if terms.join is JoinType.OUTER:
        return found
    if terms.join is JoinType.INNER:
        return kept(found, lambda g: None not in g, lambda g: False)
    left = found.applicants.index(terms.left)
    return kept(found, lambda g: g[left] is not None, lambda g: g[left] is not None)


def _groups(agreed: Agreement, found: Matched, mock: bool, seed: int) -> tuple[Serials, ...]:
    """What will be joined: the sample of it, and of a mock linkage the share of that."""
    from ..methods.privacy.linkage.match import sampled

    secret = hashlib.sha256(f"{agreed.digest}|{seed}".encode()).digest()
    share = agreed.terms.sample * (agreed.terms.mock if mock else 1.0)
    return (*sampled(found.linked, share, secret), *sampled(found.alone, share, secret))


def _parcel(
    agreed: Agreement, content: Content, to: str, table: pa.Table, mock: bool, rate: float | None = None
) -> Parcel:
    sender = agreed.the(PartyRole.KEY_AGENCY).name
    return Parcel(Manifest(agreed.digest, content, sender, to, table.num_rows, mock=mock, rate=rate), table)


def _told(agreed: Agreement, found: Matched, groups: tuple[Serials, ...], place: int, mock: bool) -> Parcel:
    """What one applicant is told: its rate and, where that was agreed, which of its serial numbers are wanted."""
    import pyarrow as pa

    name = found.applicants[place]
    wanted = sorted({s for g in groups if (s := g[place]) is not None}) if agreed.terms.extract else []
    table = pa.table({"serial": pa.array(wanted, pa.string())})
    return _parcel(agreed, Content.TOLD, name, table, mock, round(found.rates[name], 6))


def _said(found: Matched, groups: tuple[Serials, ...], mock: bool) -> Iterable[Message]:
    for name, rate in found.rates.items():
        yield say("Linkage rate of {name}: {rate} %.", name=name, rate=f"{100 * rate:.2f}")
    for name, count in found.dropped.items():
        if count:
            yield say("{count} persons of {name} share a key and were not linked.", count=count, name=name)
    if mock:
        yield say("This is a mock linkage: only the share that was agreed for it will be joined.")
    yield say("{count} groups of serial numbers go to the expert agency, once the applicants know their rates and wish to go on.", count=len(groups))  # fmt: skip
