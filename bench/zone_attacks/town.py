"""A small site with people on it, for attacks that need one: founded once, copied for every try.

Whoever attacks may hold the database and the keys of the store, as somebody has them who sits at the machine.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalgubeol.nouns.permit import Permit
    from dalgubeol.nouns.run import Run
    from dalgubeol.verbs.house.house import House
    from dalgubeol.world.identity import SignedIn
    from dalgubeol.world.store.reviews import Review

PASSWORD = "a password for attacks"
PEOPLE = {
    "provider": ("hospital", "provider"), "analyst": ("lab", "analyst"), "reviewer1": ("centre", "reviewer"),
    "reviewer2": ("office", "reviewer"), "twin": ("Ｌａｂ", "reviewer"),
}  # fmt: skip
"""Login to organisation and role; `twin` is of the analyst's firm, spelt otherwise."""
IN_THE_NORTH = 137
REVIEWERS = ("reviewer1", "reviewer2")


def founded(folder: Path) -> dict[str, bytes]:
    """A site in `folder` with a table `wages`; what its people hold when they are signed in."""
    from dalgubeol.nouns.dataset import Sensitivity
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.house import house
    from dalgubeol.verbs.people import entry, people

    settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session.json")
    with house.found(settings, login="operator", name="O", organisation="site", password=PASSWORD) as opened:
        held = {"operator": entry.enter(opened, "operator", PASSWORD, door="terminal")[1]}
        for login, (organisation, role) in PEOPLE.items():
            who = entry.entered(opened, held["operator"])
            code = people.invite(opened, who, login=login, name=login, organisation=organisation, roles=[role])  # fmt: skip
            people.join(opened, code, PASSWORD)
            held[login] = entry.enter(opened, login, PASSWORD, door="terminal")[1]
        rows = (f"{n},{'north' if n < IN_THE_NORTH else 'south'},{1000 + n * 37 % 991}\n" for n in range(400))
        table = folder / "wages.csv"
        table.write_text("no,area,wage\n" + "".join(rows))
        register.add(opened, entry.entered(opened, held["provider"]), table, name="wages", sensitivity=Sensitivity.INTERNAL)  # fmt: skip
    return held


@dataclass(frozen=True)
class Town:
    """A copy of it, opened."""

    house: House
    held: Mapping[str, bytes]

    def who(self, login: str) -> SignedIn:
        from dalgubeol.verbs.people import entry

        return entry.entered(self.house, self.held[login])

    def permitted(self, *kinds: str, **asked: Any) -> Permit:
        """A Permit of the analyst on `wages`, or `on` another; `epsilon` and `renews` if said."""
        from dalgubeol.nouns.permit import Conditions, Purpose, Verdict
        from dalgubeol.verbs.permits import grant
        from dalgubeol.verbs.permits.applications import Asked

        conditions = Conditions(epsilon=asked["epsilon"]) if "epsilon" in asked else Conditions()
        permit = grant.request(
            self.house, self.who("analyst"), kinds=list(kinds), names=[asked.get("on", "wages")], purpose=Purpose.STATISTICS,
            reason="wages by area", conditions=conditions, asked=Asked(pledged="en", renews=asked.get("renews")),
        )  # fmt: skip
        for login in ("provider", "operator"):
            grant.decide(self.house, self.who(login), permit.id, Verdict.GRANT)
        return grant.show(self.house, permit.id)

    def asked(self, kind: str, on: str = "wages", **parameters: Any) -> Run:
        from dalgubeol.verbs.runs import submit

        return submit.submit(self.house, self.who("analyst").actor, kind, {"data": on}, parameters)

    def brought_in_again(self, name: str, sensitivity: str = "internal") -> None:
        """The file of `wages` once more, as another Dataset."""
        from dalgubeol.nouns.dataset import Sensitivity
        from dalgubeol.verbs.datasets import register

        file = self.house.folder.parent / "wages.csv"
        register.add(self.house, self.who("provider"), file, name=name, sensitivity=Sensitivity(sensitivity))

    def ended(self, run: str) -> Run:
        from dalgubeol.verbs.runs import conduct

        return conduct.run_to_end(self.house, run)

    def analysed(self, table: str) -> Run:
        """A script that writes this table; its Run waits in the airlock."""
        script = f'open("table.csv", "w").write({table!r})\n'
        return self.ended(self.asked("analyse", script=script, context="people by area, counted").id)

    def offered(self, permit: Permit, files: Mapping[str, bytes]) -> Run:
        """Files that are to come in, scanned."""
        from dalgubeol.verbs.airlock import bringing
        from dalgubeol.world.engine.reading import Content

        given = [Content(name, lambda of=content: BytesIO(of)) for name, content in files.items()]  # type: ignore[misc]
        run = bringing.bring(self.house, self.who("analyst"), permit.id, given, "codes of regions, from the statistics office")  # fmt: skip
        return self.ended(run.id)

    def vote(self, run: Run, *logins: str) -> Review:
        from dalgubeol.verbs.airlock import review

        found = [review.vote(self.house, self.who(login), run.id, True, "") for login in logins or REVIEWERS]
        return found[-1]

    def let_out(self, run: Run, *logins: str) -> None:
        """Voted for, and the release carried out."""
        release = self.vote(run, *logins).release_run
        if release:
            self.ended(release)

    def left(self) -> list[dict[str, bytes]]:
        """What has left, as the world has it."""
        from dalgubeol.kinds.archive import unpack
        from dalgubeol.nouns.dataset import Sensitivity
        from dalgubeol.world.store import datasets

        with self.house.database.reading() as connection:
            found = [d for d in datasets.listed(connection, limit=1000) if d.sensitivity is Sensitivity.ANONYMOUS]  # fmt: skip
        files = []
        for each in found:
            with self.house.objects.open(each.object_id) as stream:
                files.append(unpack(stream))
        return files

    def found(self, run: str) -> Run:
        from dalgubeol.world.store import runs

        with self.house.database.reading() as connection:
            return runs.find(connection, run)

    def change(self, statement: str, *values: object) -> None:
        """Somebody who has the database writes into it."""
        with closing(sqlite3.connect(self.house.folder / "state.db", timeout=30)) as connection:
            connection.execute(statement, values)
            connection.commit()


@contextmanager
def opened(founded_in: Path, held: Mapping[str, bytes], scratch: Path) -> Iterator[Town]:
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.house import house

    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name) / "town"
        shutil.copytree(founded_in, folder, ignore=shutil.ignore_patterns("wake"))
        settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session.json")
        with house.open_house(settings) as there:
            yield Town(there, held)


class Here:
    """A child that works in this process, for Runs whose library takes seconds to import in each child."""

    def __init__(self) -> None:
        self.connection, self._lines = self, list[dict[str, object]]()

    def take(self) -> Here:
        return self

    def send_bytes(self, order: bytes) -> None:
        from dalgubeol.verbs.runs import execute

        self._lines.append(execute.attempt(json.loads(order), self._lines.append))

    def poll(self, timeout_s: float) -> bool:
        return bool(self._lines)

    def recv_bytes(self) -> bytes:
        return json.dumps(self._lines.pop(0)).encode()

    def close(self) -> None:
        pass


def carried_out_here(house: House, run: Run) -> Run:
    """A queued Run, leased and made in this process."""
    from sqlalchemy import Connection

    from dalgubeol.verbs.house.clock import later, now
    from dalgubeol.verbs.runs.attempt import Attempt
    from dalgubeol.world.store import runs

    def leased(connection: Connection) -> Run:
        assert runs.lease(connection, run, "here", now(), later(60))
        return runs.find(connection, run.id)

    Attempt(house, house.write(leased), Here(), threading.Event(), Counter()).make()  # type: ignore[arg-type]
    with house.database.reading() as connection:
        return runs.find(connection, run.id)
