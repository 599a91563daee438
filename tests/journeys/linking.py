"""Four sites in four folders on one machine, and what goes between them: the scenery of the linkage journeys."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dalgubeol.settings import Settings
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.world.identity import SignedIn

PASSWORD = "a password for tests"
ROLES = {"firm": "applicant", "insurer": "applicant", "keys": "key-agency", "expert": "expert-agency"}
THIRD = {"hospital": "applicant"}
EXPERTS = {"lawyer": "law", "engineer": "technology", "doctor": "subject"}
TERMS = {
    "linkage": "injuries", "purpose": "scientific-research", "reason": "which work injures whom", "mode": "exact",
    "salt_by": "firm",
}  # fmt: skip
ITEMS = {"name": "name", "born": "date", "phone": "phone"}
CANARY = "카나리아"


@dataclass
class Sites:
    """`folder/NAME/site` is the site NAME; its one responsible person is its operator."""

    folder: Path
    lines: list[str] = field(default_factory=list)

    def settings(self, name: str, login: str = "operator") -> Settings:
        own = self.folder / name
        return replace(Settings(), site=own / "site", keys=own / "keys", session=own / f"{login}.json")

    def found(self, names: Iterable[str] = (*ROLES, *THIRD), designated: bool = True) -> None:
        for name in names:
            (self.folder / name).mkdir()
            with houses.found(self.settings(name), login="operator", name="O", organisation=f"{name} org", password=PASSWORD) as house:  # fmt: skip
                who = people.sign_in(house, "operator", PASSWORD)
                assert who
                if ROLES.get(name) == "expert-agency":
                    self._experts(house)
                    if designated:
                        (house.folder / "settings.toml").write_text('[linkage]\ndesignated = "PIPC, 2026"\n')

    def _experts(self, house: House) -> None:
        operator = people.signed_in(house)
        for login in (*EXPERTS, "partisan"):
            organisation = "firm org" if login == "partisan" else f"{login} office"
            code = people.invite(
                house, operator, login=login, name=login, organisation=organisation, roles=["reviewer"]
            )
            people.join(house, code, PASSWORD)
            people.sign_in(replace(house, settings=self.settings("expert", login)), login, PASSWORD)

    def opened(self, name: str, login: str = "operator") -> tuple[House, SignedIn]:
        house = houses.open_house(self.settings(name, login))
        return house, people.signed_in(house)

    def dalgu(self, site: str, *command: str, login: str = "operator", fails: int = 0, but: str = "") -> str:
        """One command at a site, to its end; what it printed. `but`: what its program does otherwise, as Python."""
        environment = {**self.environment(site, login), **self._other_program(but)}
        done = subprocess.run(
            [sys.executable, "-m", "dalgubeol", *command], env=environment, capture_output=True, text=True,
            encoding="utf-8", check=False, cwd=self.folder, timeout=120, start_new_session=True,
        )  # fmt: skip
        self.lines += [done.stdout, done.stderr]
        assert done.returncode == fails, f"{site}: dalgu {' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def environment(self, site: str, login: str = "operator") -> dict[str, str]:
        own = self.folder / site
        return {
            **os.environ, "DALGU_SITE": str(own / "site"), "DALGU_KEYS": str(own / "keys"), "DALGU_LANG": "en",
            "DALGU_SESSION": str(own / f"{login}.json"), "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip

    def _other_program(self, but: str) -> dict[str, str]:
        if not but:
            return {}
        folder = self.folder / "other program"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(but, encoding="utf-8")
        return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}

    def json(self, site: str, *command: str, login: str = "operator", but: str = "", fails: int = 0) -> Any:
        return json.loads(
            self.dalgu(site, *command, "--json", login=login, but=but, fails=fails).splitlines()[0]
        )

    def agree(
        self, terms: Mapping[str, object] = TERMS, items: Mapping[str, str] = ITEMS, extra: str = ""
    ) -> str:
        """Cards, a draft, four signatures, taken up four times; the digest."""
        linkage = str(terms["linkage"])
        cards = []
        for name, role in ROLES.items():
            self.dalgu(name, "link", "card", linkage, "--name", name, "--role", role, "--to", f"{name}.card")
            cards.append(f"{name}.card")
        self.write_terms(terms, items, extra)
        self.dalgu("firm", "link", "draft", "terms.toml", *cards, "--to", "agreement.json")
        for name in ROLES:
            self.dalgu(name, "link", "sign", "agreement.json")
        digests = {self.json(name, "link", "take-up", "agreement.json")["digest"] for name in ROLES}
        (digest,) = digests
        return str(digest)

    def write_terms(self, terms: Mapping[str, object], items: Mapping[str, str], extra: str = "") -> None:
        lines = [f"{name} = {json.dumps(value)}" for name, value in terms.items()]
        lines += [f'[[items]]\nname = "{n}"\nnormalise = "{how}"' for n, how in items.items()]
        (self.folder / "terms.toml").write_text("\n".join([*lines, extra]) + "\n")

    def bring(self, rows: Mapping[str, str]) -> None:
        for name, text in rows.items():
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")
            self.dalgu(name, "dataset", "add", f"{name}.csv", "--name", "people", "--sensitivity", "personal")

    def make_keys(self, columns: Mapping[str, Mapping[str, str]]) -> None:
        """Salt across, keys made and sent to the key agency's door."""
        self.dalgu("firm", "link", "secret", "injuries")
        self.dalgu("firm", "link", "send", "injuries-secret", "--content", "salt", "--to", "insurer", "--file", "salt.env")  # fmt: skip
        self.dalgu("insurer", "link", "receive", "salt.env")
        self.dalgu("insurer", "link", "secret", "injuries")
        for name in ("firm", "insurer"):
            self.keys_of(name, columns.get(name, {}))
            self.dalgu(name, "link", "send", "keys", "--to", "keys", "--file", f"{name}-keys.env")

    def keys_of(self, name: str, columns: Mapping[str, str]) -> None:
        run = self.json(name, "run", "link-keys", "people", "injuries", "injuries-secret", "--columns", json.dumps(columns), "--name", "keys")  # fmt: skip
        assert run["state"] == "done", run
        self.numbered = {**getattr(self, "numbered", {}), name: run["outputs"]["numbered"]}

    def payload(self, name: str, *options: str) -> None:
        """The numbered table pseudonymised and sent to the expert agency's door."""
        self.dalgu(
            name, "project", "open", "injuries", "--purpose", "scientific-research", "--reason",
            "Which work injures whom", "--basis", "28-3", "--until", "2099-12-31",
        )  # fmt: skip
        run = self.json(
            name, "run", "pseudonymise", self.numbered[name], "--project", "injuries", "--keep", "serial",
            "--suppression-limit", "0.5", "--k", "2", "--name", "payload", *options,
        )  # fmt: skip
        assert run["state"] == "done", run
        self.dalgu(name, "link", "send", "payload", "--to", "expert", "--file", f"{name}-payload.env")


def persons(count: int, first: int, seed: int) -> str:
    """Made-up people of one applicant, as CSV: number `first` on, spelt as this applicant spells."""
    chance = random.Random(seed)
    lines = ["성명,생년월일,phone,age,weeks" if seed else "name,born,phone,age,weeks"]
    for number in range(first, first + count):
        name = f"{CANARY}{chr(ord('가') + number)}"
        born = f"19{60 + number % 40}-0{1 + number % 9}-1{number % 9}"
        phone = f"0109{number:07d}"
        if seed:
            name, born = f"{name[:2]} {name[2:]}", born.replace("-", ".")
            phone = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
        lines.append(f"{name},{born},{phone},{20 + number % 4},{chance.randint(1, 40)}")
    return "\n".join(lines) + "\n"
