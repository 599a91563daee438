"""A scratch site on which the pages' commands are typed, each person with a session of their own.

`dalgu` is a word that runs a warm stand-in of `python -m dalgubeol` (`warm_dalgu`), and types the password
where a terminal would ask for it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from doc_pages import Block, blocks

PASSWORD = "a password for reading"
CHANGED = "another password for reading"  # after `dalgu account password`
_TYPED = f"""#!/bin/bash
case "$*" in
  *--password-stdin*) ;;  # it comes down the page's own pipe; unread, the pipe would break under its writer
  'account factor begin') exec %s "$@" --password-stdin <<< '{CHANGED}';;
  init*|join*|login*) exec %s "$@" --password-stdin <<< '{PASSWORD}';;
  'account password') exec %s "$@" --password-stdin < <(echo '{PASSWORD}'; echo '{CHANGED}');;
esac
exec %s "$@"
"""
_PRINTED = {
    "TOKEN": r"^dgb_\S+$", "SECRET": r"^[A-Z2-7]{32}$", "PERMIT": r"\bpermit-[0-9a-z]{18}\b",
    "ENTRY": r"\bdestruction-[0-9a-z]{18}\b", "ACCIDENT": r"\baccident-[0-9a-z]{18}\b",
    "REVIEW": r"\bpanel-[0-9a-z]{18}\b",
    "UPLOAD": r"\bupload-[0-9a-z]{18}\b",
    "RUN": r"\brun-[0-9a-z]{18}(?=: (?:held|submitted))|(?<=\"id\":\")run-[0-9a-z]{18}", "CODE": r"^\S{25}$",
}  # fmt: skip
STAFF = (
    ("provider", "Insurance association", "provider"),
    ("steward", "Insurance association", "provider"),
    ("analyst", "University lab", "analyst"),
    ("reviewer1", "Statistics office", "reviewer"),
    ("reviewer2", "Hospital", "reviewer"),
    ("reviewer3", "Trade union", "reviewer"),
    ("engineer", "Plant", "engineer"),
)


@dataclass
class Walk:
    """One folder in which pages are followed; `printed` is what capitals in a page stand for."""

    folder: Path
    printed: dict[str, str] = field(default_factory=dict)
    kept: str = ""
    port: int = 0
    """What the pages' 8080 stands for here."""
    followed: int = 0
    """Blocks of the last page that were written, served or typed."""

    def environment(self, person: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DALGU_")}
        own = {} if person in ("nobody", "reader") else {"DALGU_SITE": str(self.folder / "mysite"), "DALGU_KEYS": str(self.folder / "keys")}  # fmt: skip
        return {
            **kept, **own, "HOME": str(self.folder), "DALGU_SESSION": str(self.folder / f"{person}.session"),
            "DALGU_LANG": "en", "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }  # fmt: skip

    def follow(self, page: str) -> None:
        self.kept, self.port, self.followed = "", free_port(), 0
        with ExitStack() as until_the_page_ends:
            for block in blocks(page):
                if block.kept:
                    self.kept += block.text
                self.followed += block.file is not None or block.serves or block.runs
                if block.stopped:
                    until_the_page_ends.close()
                if block.file is not None:
                    (self.folder / block.file).write_text(self.meant(block.text), encoding="utf-8")
                elif block.serves:
                    until_the_page_ends.enter_context(self.serving(block))
                elif block.runs:
                    self.type(block)

    def meant(self, text: str) -> str:
        """The text with what the page's capitals and its port stand for."""
        if "SECRET" in self.printed:
            import pyotp

            text = re.sub(r"\bDIGITS\b", pyotp.TOTP(self.printed["SECRET"]).now(), text)
        for word, value in self.printed.items():
            text = re.sub(rf"\b{word}\b", value, text)
        return re.sub(r"\b8080\b", str(self.port), text)

    @contextmanager
    def serving(self, block: Block) -> Iterator[None]:
        """The server of a block, in the background; it must stop cleanly when it is told to."""
        command = block.text.strip().replace("dalgu", f"{sys.executable} -m dalgubeol", 1)
        command += "" if "--port" in command else f" --port {self.port}"
        command = f"{self.kept}exec {command}"  # one who plays everybody has said where the site is
        with open(self.folder / "serve.err", "w") as complaints:
            process = subprocess.Popen(
                ["bash", "-euc", command], cwd=self.folder, env=self.environment(str(block.person)),
                stdout=subprocess.DEVNULL, stderr=complaints,
            )  # fmt: skip
        try:
            for _ in range(300):
                with socket.socket() as asked:
                    if asked.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                assert process.poll() is None, (self.folder / "serve.err").read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            code = process.wait(20)
        assert code == 0, (code, (self.folder / "serve.err").read_text())

    def type(self, block: Block) -> None:
        text = self.meant(block.text if block.kept else self.kept + block.text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, env=self.environment(str(block.person)),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = f"{block.page}:\n{text}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == block.exit_code, (
            f"ended with {done.returncode}, not {block.exit_code}: {said}"
        )
        for word, pattern in _PRINTED.items():
            found = re.findall(pattern, done.stdout, re.MULTILINE)
            if found:
                self.printed[word] = found[-1]

    def copied(self, folder: Path) -> Walk:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("wake"))
        return Walk(folder, dict(self.printed))


def begun(folder: Path, dalgu: str) -> Walk:
    """A folder with the command `dalgu` and the files that the pages speak of."""
    from dalgubeol.kinds.plant_log import example_log

    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "dalgu").write_text(_TYPED.replace("%s", dalgu), encoding="utf-8")
    (folder / "bin" / "dalgu").chmod(0o755)
    python = folder / "bin" / "python3"  # a reader's has the package, too
    python.write_text(f'#!/bin/bash\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (folder / "claims.csv").write_text(_claims(400), encoding="utf-8")
    (folder / "autoclave.csv").write_bytes(example_log(40))
    _letter(folder / "letter.hwpx")
    return Walk(folder)


def staffed(walk: Walk) -> Walk:
    """Everybody of `STAFF` has joined and is signed in; those who have joined already stay as they are."""
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.house.house import open_house
    from dalgubeol.verbs.people import people

    with open_house(Settings.from_environment(walk.environment("operator"))) as house:
        operator = people.signed_in(house)
        known = {person.login: person.id for person in people.listed(house)}
        walk.printed["PERSON"] = known["operator"]
        for login, organisation, role in STAFF:
            if login not in known:
                code = people.invite(
                    house, operator, login=login, name=login, organisation=organisation, roles=[role]
                )
                people.join(house, code, PASSWORD)
    for login, _, _ in STAFF:
        with open_house(Settings.from_environment(walk.environment(login))) as house:
            people.sign_in(house, login, PASSWORD)
    return walk


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _letter(path: Path) -> None:
    """A letter of one paragraph, as Hangul saves it."""
    words = "<hp:p><hp:run><hp:t>담당자에게 보낸 편지입니다.</hp:t></hp:run></hp:p>"
    names = " ".join(
        f'xmlns:{short}="http://www.hancom.co.kr/hwpml/2011/{name}"'
        for short, name in (("hs", "section"), ("hp", "paragraph"))
    )
    with zipfile.ZipFile(path, "w") as letter:
        letter.writestr("mimetype", "application/hwp+zip")
        letter.writestr("Contents/section0.xml", f"<hs:sec {names}>{words}</hs:sec>")


def _claims(count: int) -> str:
    """Made-up people."""
    chance = random.Random(1)
    lines = ["person_no,name,rrn,age,male,industry,weeks"]
    for number in range(count):
        who = f"{1000 + number},김가람{number % 9},{chance.randint(50, 99)}0101-1{chance.randint(100000, 999999)}"
        lines.append(
            f"{who},{chance.randint(20, 64)},{number % 2},{chance.choice(['metal', 'textile', 'food'])},{chance.randint(1, 40)}"
        )
    return "\n".join(lines) + "\n"


@contextmanager
def warm_dalgu(folder: Path) -> Iterator[str]:
    """A warm `dalgu` while the context lasts; what to type for it."""
    script, door = Path(__file__).with_name("warm_dalgu.py"), folder / "door"
    server = subprocess.Popen([sys.executable, str(script), "serve", str(door)], cwd=folder)
    try:
        for _ in range(600):
            if door.exists():
                break
            time.sleep(0.1)
        yield f"{sys.executable} -S -E {script} {door}"
    finally:
        server.kill()
        server.wait()
