"""The sites of a linkage, opened in one process; every envelope that crosses can be opened and looked into."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dalgubeol.kinds.linkage_archive import Parcel, unpacked
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.linkage import Content, PartyRole
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.project import Basis
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.linkage import agreeing, post
from dalgubeol.verbs.projects import projects
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end
from dalgubeol.world.ledger.note import Verifier
from dalgubeol.world.store import datasets
from dalgubeol.world.store.envelope import read_envelope

from .linking import CANARY, ITEMS, ROLES, TERMS, Sites

APPLICANTS = ("firm", "insurer")
COLUMNS: dict[str, dict[str, str]] = {
    "firm": {},
    "insurer": {"name": "성명", "born": "생년월일"},
    "hospital": {},
}


@dataclass
class Linkage:
    """The four sites, opened; what was posted, and what was in it."""

    folder: Path
    sites: Sites
    houses: dict[str, Any] = field(default_factory=dict)
    posted: list[Path] = field(default_factory=list)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    secret_names: dict[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=lambda: dict(ROLES))
    name: str = "injuries"

    @property
    def applicants(self) -> tuple[str, ...]:
        return tuple(name for name, role in self.roles.items() if role == "applicant")

    def at(self, name: str, login: str = "operator") -> tuple[Any, Any]:
        if (name, login) not in self.houses:
            self.houses[name, login] = self.sites.opened(name, login)
        found: tuple[Any, Any] = self.houses[name, login]
        return found

    def agree(self, names: Sequence[str] | None = None, **terms: object) -> str:
        """Signed by `names` (all), and taken up by all."""
        cards = []
        for name, role in self.roles.items():
            cards.append(self.folder / f"{name}.card")
            cards[-1].unlink(missing_ok=True)
            agreeing.card(*self.at(name), linkage=self.name, name=name, role=PartyRole(role), to=cards[-1])
        extra = "".join(f"[tolerance]\n{k} = {v}\n" for k, v in terms.pop("tolerance", {}).items())  # type: ignore[attr-defined]
        self.sites.write_terms({**TERMS, **terms}, ITEMS, extra)
        document = self.folder / "agreement.json"
        document.unlink(missing_ok=True)
        digest = agreeing.draft(self.folder / "terms.toml", cards, document).agreement.digest
        for name in names or self.roles:
            agreeing.sign(*self.at(name), document)
        for name in self.roles:
            agreeing.take_up(*self.at(name), document)
        return digest

    def bring(self, rows: Mapping[str, str]) -> None:
        for name, text in rows.items():
            path = self.folder / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            house, who = self.at(name)
            register.add(house, who, path, name="people", sensitivity=Sensitivity.PERSONAL)

    def post(self, name: str, dataset: str, to: str, content: Content | None = None) -> Path:
        path = self.folder / f"{len(self.posted)}-{name}-{to}-{self.name}.env"
        post.send(*self.at(name), dataset, to=to, file=path, content=content)
        self.posted.append(path)
        return path

    def receive(self, name: str, *files: Path) -> Any:
        return post.receive(*self.at(name), files)

    def run(self, site: str, kind: str, inputs: Mapping[str, str], **parameters: object) -> Run:
        house, who = self.at(site)
        queued = submit.submit(house, who.actor, kind, inputs, parameters)
        return run_to_end(house, queued.id)

    def done(self, site: str, kind: str, inputs: Mapping[str, str], **parameters: object) -> dict[str, str]:
        run = self.run(site, kind, inputs, **parameters)
        assert run.state is RunState.DONE, run.fault
        return dict(run.outputs)

    def make_secrets(self, salt_by: str = "firm", serials_by: str = "each") -> None:
        """As agreed: who issues something makes its secret and hands it out; then all applicants make theirs, the
        issuers anew where they have been sent something since."""
        for issuer, content in ((salt_by, Content.SALT), (serials_by, Content.SERIALS)):
            if issuer not in self.roles:
                continue
            made = self._make_secret(issuer)
            for name in self.applicants:
                if name != issuer:
                    self.receive(name, self.post(issuer, made, name, content))
        for name in self.applicants:
            needed = {"serials", "salt"} if salt_by else {"serials"}
            if not needed <= set(self.secrets.get(name, ())):
                self._make_secret(name)

    def _make_secret(self, name: str) -> str:
        made = post.make_secret(*self.at(name), self.name)
        self.secrets[name] = json.loads(self.content(name, made.name))
        self.secret_names[name] = made.name
        return made.name

    def content(self, name: str, dataset: str) -> bytes:
        house, _ = self.at(name)
        with house.database.reading() as connection:
            found = datasets.find(connection, dataset)
        key = house.keyring.dataset_key(found.id) if found.protected else None
        with house.objects.open(found.object_id, key, found.id) as stream:
            return bytes(stream.read())

    def keys(self) -> dict[str, dict[str, str]]:
        """Keys made and sent on their way; what each applicant's Run made."""
        made = {}
        for name in self.applicants:
            inputs = {"data": "people", "agreement": self.name, "secret": self.secret_names[name]}
            made[name] = self.done(
                name,
                "link-keys",
                inputs,
                columns=COLUMNS[name],
                name="keys" if self.name == "injuries" else f"keys-{self.name}",
            )
        return made

    def payload(self, name: str, numbered: str) -> Path:
        self.pseudonymised(name, numbered)
        return self.post(name, "payload", "expert")

    def pseudonymised(self, name: str, numbered: str) -> None:
        """`payload`, of the numbered table, under a project of its own."""
        house, who = self.at(name)
        projects.open_(
            house, who, name="injuries", purpose=Purpose.SCIENTIFIC_RESEARCH, reason="Which work injures",
            until="2099-12-31", basis=Basis.LINKAGE,
        )  # fmt: skip
        self.done(
            name, "pseudonymise", {"data": numbered}, project="injuries", quasi=["age"], keep=["serial", "weeks"],
            k=2, suppression_limit=0.5, name="payload",
        )  # fmt: skip

    def opened(self, path: Path) -> bytes:
        envelope = read_envelope(path)
        house, _ = self.at(envelope.address.receiver)
        sender = self.at(envelope.address.sender)[0].facts.verifier_key
        box = agreeing.receiving_key(house, "injuries")
        with envelope.open(Verifier.parse(sender).public_bytes, box) as stream:
            return stream.read()


def matched(
    linkage: Linkage, mode: str = "exact", salt_by: str = "firm", serials_by: str = "each", **matching: object
) -> dict[str, dict[str, str]]:
    """As far as the key agency's pairs; what the applicants' Runs made."""
    linkage.make_secrets("" if mode == "oblivious" else salt_by, serials_by)
    made = linkage.keys()
    if mode == "oblivious":
        for name, other in (linkage.applicants, linkage.applicants[::-1]):
            linkage.receive(other, linkage.post(name, "keys", other))
        for name in linkage.applicants:
            inputs = {"blinded": "injuries-blinded", "agreement": "injuries", "secret": "injuries-secret"}
            linkage.done(name, "link-double", inputs, name="twice")
        sent = [linkage.post(name, "twice", "keys") for name in linkage.applicants]
    else:
        sent = [linkage.post(name, "keys", "keys") for name in linkage.applicants]
    linkage.receive("keys", *sent)
    made["keys"] = linkage.done(
        "keys", "link-match", {"keys": "injuries-keys", "agreement": "injuries"}, name="pairs", **matching
    )
    return made


def joined(linkage: Linkage, made: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """From the pairs to the join at the expert agency; what its Run made."""
    linkage.receive("expert", linkage.post("keys", "pairs", "expert"))
    payloads = (linkage.payload(name, made[name]["numbered"]) for name in linkage.applicants)
    linkage.receive("expert", *payloads)
    inputs = {"payloads": "injuries-payload", "pairs": "injuries-pairs", "agreement": "injuries"}
    return linkage.done("expert", "link-join", inputs, name="linked")


def rows_of(linkage: Linkage, name: str, dataset: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(linkage.content(name, dataset))).to_pylist()
    return rows


def parcels(plain: bytes) -> tuple[Parcel, ...]:
    return unpacked(io.BytesIO(plain))


def shown(parcel: Parcel, secrets: list[bytes]) -> list[str]:
    """What of persons or secrets a parcel shows, in its table or in its papers."""
    values = [str(v) for column in parcel.table.columns for v in column.to_pylist()]
    texts = [*values, json.dumps(parcel.manifest.plain())]
    raw = b"".join(v for c in parcel.table.columns for v in c.to_pylist() if isinstance(v, bytes))
    told = [t for t in texts if CANARY in t or ("0109" in t and len(t) == 11)]
    return told + [s.hex() for s in secrets if s in raw or any(s.hex() in t for t in texts)]


def check_crossed(linkage: Linkage) -> dict[str, list[Parcel]]:
    """Opens every envelope that was posted, and holds what is in it to the law of the linkage. What went to whom."""
    secrets = [bytes.fromhex(s[part]) for s in linkage.secrets.values() for part in ("salt", "exponent", "serials", "all_serials") if part in s]  # fmt: skip
    received: dict[str, list[Parcel]] = {name: [] for name in linkage.roles}
    keys: set[bytes] = set()
    for path in linkage.posted:
        address, plain = read_envelope(path).address, linkage.opened(path)
        if address.content in ("salt", "serials"):
            assert address.receiver in linkage.applicants
            assert address.content != "salt" or address.sender in linkage.applicants
            continue
        for parcel in parcels(plain):
            assert shown(parcel, secrets) == []
            received[address.receiver].append(parcel)
            if "key" in parcel.table.column_names:
                keys |= {key for key in parcel.table["key"].to_pylist() if key is not None}
    assert keys
    for name, role in linkage.roles.items():
        columns = {tuple(sorted(p.table.column_names)) for p in received[name]}
        if role == "key-agency":
            assert columns == {("key", "serial")}
        if role == "expert-agency":
            assert columns <= {("age", "serial", "weeks"), tuple(sorted(linkage.applicants))}
            values = {v for p in received[name] for column in p.table.columns for v in column.to_pylist()}
            assert not values & keys
            assert not {v for v in values if isinstance(v, bytes)}
    left_behind(linkage, [*secrets, *keys])
    return received


def left_behind(linkage: Linkage, secrets: list[bytes]) -> None:
    """No key, secret or name in any Record, log or database of any site, nor readable in an envelope."""
    for name in linkage.roles:
        state = linkage.sites.folder / name / "site" / "state.db"
        with sqlite3.connect(state) as connection:
            dump = "\n".join(connection.iterdump())
        files = [p.read_bytes() for p in (linkage.sites.folder / name / "site").rglob("*") if p.is_file() and "state.db" not in p.name and p.suffix != ".fifo" and p.name != "wake"]  # fmt: skip
        assert CANARY not in dump
        assert not any(CANARY.encode() in content for content in files)
        for secret in secrets:
            assert secret.hex() not in dump.lower()
            assert not any(secret in content for content in files)
    for path in linkage.posted:
        assert CANARY.encode() not in path.read_bytes()
