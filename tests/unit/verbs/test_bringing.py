"""Bringing code, packages and tables into the zone: offered, scanned, voted on, there for the Runs under one Permit."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import DalguError, Invalid, Missing, Refused
from dalgubeol.nouns.dataset import DatasetState, Sensitivity
from dalgubeol.nouns.permit import Permit, Purpose, Verdict
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import Direction, ReviewState
from dalgubeol.verbs.airlock import bringing, handing_on, review, zone_end
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.house.clock import earlier
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.world.engine.reading import Content
from dalgubeol.world.sandbox import driver_r
from dalgubeol.world.store import datasets
from dalgubeol.world.store.reviews import Context, Review

from .bringing_files import MODULE, PACKAGE, REGIONS, wheel
from .conftest import PASSWORD, Town

WHEEL = "tinyrates-1.0-py3-none-any.whl"
SAID = "codes.csv: codes of regions, from the statistics office\nrates.py: doubles a rate, written by us"
USES = """
import csv
import rates, tinyrates
codes = {row["code"]: row["region"] for row in csv.DictReader(open("/brought/codes.csv"))}
with open("n.txt", "w") as file:
    file.write(f"{codes['11']} {rates.doubled(tinyrates.RATE)}\\n")
try:
    open("/brought/rates.py", "a")
except OSError:
    pass
else:
    raise SystemExit(3)
"""


@pytest.fixture
def permit(town: Town, tmp_path: Path) -> Permit:
    path = tmp_path / "t.csv"
    path.write_text("area,age,cost\n" + "".join(f"{n % 3},{20 + n % 9},{n}\n" for n in range(90)))
    register.add(town.house, town.who("provider"), path, name="t", sensitivity=Sensitivity.INTERNAL)
    second(town)
    return granted(town)


def granted(town: Town, kinds: tuple[str, ...] = ("analyse", "release"), login: str = "analyst") -> Permit:
    asked = grant.request(
        town.house, town.who(login), asked=Asked(pledged="en"), kinds=list(kinds), names=["t"],
        purpose=Purpose.STATISTICS, reason="to count the rows",
    )  # fmt: skip
    for decider in ("operator", "provider"):
        grant.decide(town.house, town.who(decider), asked.id, Verdict.GRANT)
    return grant.show(town.house, asked.id)


def second(
    town: Town, login: str = "second", organisation: str = "institute", role: str = "reviewer"
) -> None:
    code = people.invite(town.house, town.who("operator"), login=login, name=login, organisation=organisation, roles=[role])  # fmt: skip
    people.join(town.house, code, PASSWORD)
    town.held[login] = entry.enter(town.house, login, PASSWORD, door="test")[1]


def content(name: str, of: bytes) -> Content:
    return Content(name, lambda: io.BytesIO(of))


def offered(
    town: Town, permit: Permit, files: dict[str, bytes], said: str = SAID, login: str = "analyst"
) -> Run:
    run = bringing.bring(
        town.house, town.who(login), permit.id, [content(*each) for each in files.items()], said
    )
    return conduct.run_to_end(town.house, run.id)


def voted(town: Town, run: Run) -> Review:
    for login in ("reviewer", "second"):
        found = review.vote(town.house, town.who(login), run.id, True, "")
    return found


def analysed(town: Town, script: str = USES, language: str = "python") -> Run:
    wished = {"script": script, "context": "how many rows there are", "language": language}
    run = submit.submit(town.house, town.who("analyst").actor, "analyse", {"data": "t"}, wished)
    return conduct.run_to_end(town.house, run.id)


def files_of(town: Town, run: Run) -> dict[str, bytes]:
    return review.files(town.house, town.who("reviewer"), run.id)


@contextmanager
def opened(town: Town) -> Iterator[sqlite3.Connection]:
    """The database, as somebody has it who sits at the machine."""
    with closing(sqlite3.connect(town.house.folder / "state.db", timeout=30)) as db:
        yield db
        db.commit()


def states(town: Town, run: Run) -> dict[str, DatasetState]:
    with town.house.database.reading() as connection:
        ids = [*run.inputs.values(), *run.outputs.values()]
        return {
            slot: datasets.find(connection, id_).state
            for slot, id_ in zip(("offered", "files"), ids, strict=True)
        }


def events(town: Town, name: str) -> list[Any]:
    return [r for r in prove.records(town.house, limit=10_000) if r["event"] == name]


FILES = {"codes.csv": REGIONS, "rates.py": MODULE}


def test_what_two_reviewers_approve_is_there_for_the_runs_under_its_permit(
    town: Town, permit: Permit
) -> None:
    used = permit.runs_used
    run = offered(town, permit, {**FILES, WHEEL: PACKAGE}, f"{SAID}\n{WHEEL}: rates of the year")
    assert run.state is RunState.HELD, run.fault
    found = review.look(town.house, town.who("reviewer").actor, run.id)
    assert (found.direction, found.permit, found.state) == (Direction.IN, permit.id, ReviewState.SUBMITTED)
    assert bringing.listed(town.house, town.who("analyst"), permit.id) == ()
    first = analysed(town)
    assert first.fault is not None, "before the votes nothing is there"
    assert voted(town, run).state is ReviewState.RELEASED
    lines = bringing.listed(town.house, town.who("analyst"), permit.id)
    assert [(each.name, each.size_bytes) for each in lines] == [("codes.csv", len(REGIONS)), ("rates.py", len(MODULE)), (WHEEL, len(PACKAGE))]  # fmt: skip
    done = analysed(town)
    assert done.state is RunState.HELD, done.fault
    assert files_of(town, done) == {"n.txt": b"north 14\n"}
    [told] = [r for r in events(town, "ran") if r["subject"] == done.id]
    assert told["payload"]["brought"] == [found.manifest]
    [came] = events(town, "brought-in")
    assert came["payload"]["files"] == [[each.name, each.digest, each.size_bytes] for each in lines]
    assert came["permits"] == [permit.id]
    assert grant.show(town.house, permit.id).runs_used == used + 2, "the scan took none, the two analyses did"
    assert states(town, run) == {"offered": DatasetState.DESTROYED, "files": DatasetState.KEPT}


def test_files_that_are_held_cannot_be_approved_and_the_scan_says_why(town: Town, permit: Permit) -> None:
    run = offered(town, permit, {"people.csv": "이름,주민등록번호\n홍길동,900101-1234568\n김철수,880202-1234567\n".encode()}, "a table of codes")  # fmt: skip
    found = review.look(town.house, town.who("analyst").actor, run.id)
    assert found.state is ReviewState.HELD
    assert {f["code"] for f in found.findings if f["holds"]} == {"identifier"}
    with pytest.raises(Refused):
        review.vote(town.house, town.who("reviewer"), run.id, True, "")
    assert bringing.listed(town.house, town.who("analyst"), permit.id) == ()


def test_each_file_needs_its_word_before_reviewers_are_asked(town: Town, permit: Permit) -> None:
    run = offered(town, permit, FILES, "two files that we need for rates")
    assert review.look(town.house, town.who("analyst").actor, run.id).state is ReviewState.DRAFT
    told = [n.message.text("en") for n in notify.listed(town.house, town.who("analyst"))]
    assert any("waits for a word on each file" in text for text in told)
    said = Context("to count by region", "codes of regions", "from the statistics office")
    review.explain(town.house, town.who("analyst"), run.id, {1: said, 2: said})
    assert voted(town, run).state is ReviewState.RELEASED
    asked = [n.message.text("en") for n in notify.listed(town.house, town.who("reviewer"))]
    assert any("wants to bring files into the zone" in text for text in asked)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE permits SET valid_until = '2020-01-01T00:00:00Z'", "permit.ended"),
        ("UPDATE permits SET state = 'refused'", "permit.state"),
        ("DELETE FROM permit_pledges", "permit.pledge"),
    ],
)
def test_a_permit_that_is_not_in_force_lets_nothing_in(
    town: Town, permit: Permit, change: str, reason: str
) -> None:
    with opened(town) as db:
        db.execute(change)
    with pytest.raises(Refused) as error:
        offered(town, permit, FILES)
    assert reason in {each.code for each in error.value.reasons}
    assert [r["payload"]["kind"] for r in events(town, "refused")] == ["bring-in"]


def test_only_who_works_under_the_permit_brings_something_in(town: Town, permit: Permit) -> None:
    second(town, "stranger", "elsewhere", "analyst")
    for login in ("stranger", "provider", "reviewer"):
        with pytest.raises(Missing):
            offered(town, permit, FILES, login=login)
    with pytest.raises(Missing):
        bringing.listed(town.house, town.who("stranger"), permit.id)
    with pytest.raises(Refused) as error:
        offered(town, granted(town, ("assess",)), FILES)
    assert "permit.zone" in {each.code for each in error.value.reasons}
    with pytest.raises(Invalid):
        offered(town, permit, {})
    with pytest.raises(Invalid):
        offered(town, permit, {"../codes.csv": REGIONS})


def test_a_package_that_the_operator_refuses_is_held(town: Town, permit: Permit) -> None:
    (town.house.folder / "settings.toml").write_text('[zone]\nrefused_packages = ["TinyRates"]\n')
    run = offered(town, permit, {WHEEL: PACKAGE})
    found = review.look(town.house, town.who("analyst").actor, run.id)
    assert [each["code"] for each in found.findings if each["holds"]] == ["refused"]
    assert found.state is ReviewState.HELD


PLACED = """
import tinyrates
from pathlib import Path
open("n.txt", "w").write(f"{Path(tinyrates.__file__).with_name('rates.txt').read_text()}\\n")
"""


def test_a_package_that_came_in_finds_files_of_its_own(town: Town, permit: Permit) -> None:
    package = wheel({"tinyrates/__init__.py": b"", "tinyrates/rates.txt": b"7.5"})
    voted(town, offered(town, permit, {WHEEL: package}, "rates, written by ourselves"))
    assert files_of(town, analysed(town, PLACED)) == {"n.txt": b"7.5\n"}


IN_R = """
source("/brought/rates.R")
codes <- read.csv("/brought/codes.csv")
cat(codes$region[codes$code == 26], doubled(nrow(data)), "\\n", file = "n.txt")
"""


@pytest.mark.skipif(not driver_r.PROGRAM.exists(), reason="R is not installed (r-base-core)")
def test_a_script_of_r_uses_code_and_tables_that_came_in(town: Town, permit: Permit) -> None:
    files = {"codes.csv": REGIONS, "rates.R": b"doubled <- function(n) 2 * n\n"}
    said = "codes.csv: codes of regions, from the statistics office\nrates.R: doubles a rate, written by us"
    voted(town, offered(town, permit, files, said))
    assert files_of(town, analysed(town, IN_R, "r")) == {"n.txt": b"south 180 \n"}


def test_nobody_runs_the_scan_by_itself(town: Town, permit: Permit) -> None:
    with pytest.raises(DalguError):
        submit.submit(town.house, town.who("provider").actor, "bring-in", {"offered": "t"}, {"context": "a table of codes"})  # fmt: skip


def test_the_author_her_colleagues_and_who_decided_on_the_permit_do_not_vote(
    town: Town, permit: Permit
) -> None:
    second(town, "colleague", "LAB", "reviewer")
    run = offered(town, permit, FILES)
    for login in ("analyst", "colleague", "operator"):
        with pytest.raises(Refused):
            review.vote(town.house, town.who(login), run.id, True, "")
    assert review.look(town.house, town.who("reviewer").actor, run.id).votes == ()


def test_two_who_differ_are_followed_by_a_third_and_no_vote_shows_before(town: Town, permit: Permit) -> None:
    second(town, "third", "academy")
    run = offered(town, permit, FILES)
    review.vote(town.house, town.who("reviewer"), run.id, True, "")
    assert review.look(town.house, town.who("second").actor, run.id).votes == ()
    found = review.vote(town.house, town.who("second"), run.id, False, "what is it for?")
    assert found.state is ReviewState.REVIEWED
    assert review.vote(town.house, town.who("third"), run.id, False, "").state is ReviewState.RETURNED
    assert bringing.listed(town.house, town.who("analyst"), permit.id) == ()
    told = [n.message.text("en") for n in notify.listed(town.house, town.who("analyst"))]
    assert any("do not come in as they are" in text for text in told)


def test_a_later_file_of_the_same_name_takes_the_place_of_the_earlier(town: Town, permit: Permit) -> None:
    script = 'open("n.txt", "w").write(open("/brought/codes.csv").read().splitlines()[1] + "\\n")'
    for table in (REGIONS, b"code,region\n99,west\n98,far\n"):
        voted(town, offered(town, permit, {"codes.csv": table}, "codes of regions"))
    run = analysed(town, script)
    assert files_of(town, run) == {"n.txt": b"99,west\n"}
    before, changed = review.difference(town.house, town.who("reviewer"), run.id) or (None, ())
    assert before is None or changed


def test_what_changed_since_the_last_submission_is_shown(town: Town, permit: Permit) -> None:
    voted(town, offered(town, permit, {"codes.csv": REGIONS}, "codes of regions"))
    run = offered(town, permit, {"codes.csv": REGIONS + b"30,west\n"}, "codes of regions, one more")
    found = review.difference(town.house, town.who("reviewer"), run.id)
    assert found is not None
    assert found[1][0].lines == ("+30,west",)


def test_when_the_permit_ends_what_came_in_is_destroyed_and_the_list_stays(
    town: Town, permit: Permit
) -> None:
    inside, waits = offered(town, permit, FILES), None
    voted(town, inside)
    waits = offered(town, permit, {"codes.csv": REGIONS}, "codes of regions")
    with opened(town) as db:
        db.execute("UPDATE permits SET valid_until = ?", (earlier(1),))
    handing_on.look_after(town.house)
    zone_end.clear_ended(town.house)
    gone = {"offered": DatasetState.DESTROYED, "files": DatasetState.DESTROYED}
    assert (states(town, inside), states(town, waits)) == (gone, gone)
    assert review.look(town.house, town.who("operator").actor, waits.id).state is ReviewState.EXPIRED
    assert len(bringing.listed(town.house, town.who("analyst"), permit.id)) == 2


def test_a_permit_that_is_over_at_the_last_vote_lets_nothing_in(town: Town, permit: Permit) -> None:
    run = offered(town, permit, FILES)
    review.vote(town.house, town.who("reviewer"), run.id, True, "")
    with opened(town) as db:
        db.execute("UPDATE permits SET valid_until = ?", (earlier(1),))
    with pytest.raises(Refused):
        review.vote(town.house, town.who("second"), run.id, True, "")
    assert bringing.listed(town.house, town.who("analyst"), permit.id) == ()


def test_what_came_in_under_one_permit_is_not_there_under_another(town: Town, permit: Permit) -> None:
    run = offered(town, permit, {"codes.csv": REGIONS}, "codes of regions")
    voted(town, run)
    grant.withdraw(town.house, town.who("analyst"), permit.id)
    granted(town)
    done = analysed(
        town, 'import os\nopen("n.txt", "w").write(f"{os.path.exists(\'/brought/codes.csv\')}\\n")'
    )
    assert files_of(town, done) == {"n.txt": b"False\n"}


def test_an_offer_whose_scan_was_cancelled_before_it_began_is_gone_at_once(
    town: Town, permit: Permit
) -> None:
    run = bringing.bring(town.house, town.who("analyst"), permit.id, [content("codes.csv", REGIONS)], "codes of regions")  # fmt: skip
    offered_id = run.inputs["offered"]
    with town.house.database.reading() as connection:
        sealed = datasets.find(connection, offered_id)
    assert town.house.objects.path(sealed.object_id).exists()
    submit.cancel(town.house, town.who("analyst").actor, run.id)
    with town.house.database.reading() as connection:
        gone = datasets.find(connection, offered_id)
    assert gone.state is DatasetState.DESTROYED
    assert not town.house.objects.path(sealed.object_id).exists()
    with pytest.raises(DalguError):
        town.house.keyring.dataset_key(offered_id)
    [told] = [r for r in events(town, "destroyed") if r["subject"] == offered_id]
    assert told["datasets"] == [offered_id]
    assert conduct.run_to_end(town.house, run.id).state is RunState.CANCELLED
