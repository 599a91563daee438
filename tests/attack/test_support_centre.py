"""The support centre attacked: a direct identifier through every kind and every mistake, previews for others than the
clerk, small cells in what may leave, a vault that is copied while it is written, one person with two accounts."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.doors.plain import plain as as_plain
from dalgubeol.errors import DalguError, Missing, Refused
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.keeping import vault as vaults
from dalgubeol.verbs.papers import paperwork
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.projects import accidents, policies, previews, proposals, restoring
from dalgubeol.verbs.runs import conduct, submit

from . import test_reidentification as firm
from .test_reidentification import CANARY, PASSWORD, PEOPLE, Place, agreed, codes, found

made, place = firm.made, firm.place
NAME, ILLNESS = "표식이름한", "희귀병카나리아"
"""What a person is called, and a value that one row alone has: neither is anywhere in the open."""
NEEDLES = (NAME, ILLNESS, CANARY, "880101-1234567")
GOOD = {"project": "research", "person": "person_no", "quasi": ["age"], "keep": ["cost", "illness"], "k": 2, "suppression_limit": 0.5}  # fmt: skip
POLICY = """edition = 1
project = "research"
person = "person_no"
[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]
[columns.name]
role = "direct identifier"
steps = [{do = "delete"}]
[columns.rrn]
role = "direct identifier"
steps = [{do = "delete"}]
[columns.age]
role = "quasi-identifier"
[columns.illness]
role = "quasi-identifier"
STEPS
[columns.cost]
role = "plain"
"""
WRONG = (
    'steps = [{do = "round", to = 5}]', 'steps = [{do = "age", on = 2026-01-01}]', 'steps = [{do = "generalise", widths = [5]}]',
    'steps = [{do = "generalise", dates = ["year"]}]', 'steps = [{do = "generalise", region = "address"}]', 'steps = [{do = "noise", scale = 1}]',
    'steps = [{do = "top", at = 3}]', 'steps = [{do = "generalise", hierarchy = "h"}]\n[hierarchies.h]\ncsv = "a;*"',
    'steps = [{do = "pram", matrix = {a = {a = 1.0}}}]', 'steps = [{do = "microaggregate", k = 2}]',
)  # fmt: skip


def bring(place: Place, house: House, name: str = "patients", first: int = 0) -> None:
    rows = [f"{CANARY}-{i % 20},{NAME}{i % 20},880101-1234567,{30 + i % 4},{ILLNESS if i == 3 else 'cold'},{i}" for i in range(first, first + 40)]  # fmt: skip
    path = place.folder / f"{name}.csv"
    path.write_text("person_no,name,rrn,age,illness,cost\n" + "\n".join(rows) + "\n")
    register.add(house, place.who(house, "clerk"), path, name=name, sensitivity=Sensitivity.PERSONAL)
    path.unlink()


def ran(place: Place, house: House, kind: str, inputs: dict[str, str], parameters: dict[str, Any]) -> Any:
    queued = submit.submit(house, place.who(house, "clerk").actor, kind, inputs, parameters)
    return conduct.run_to_end(house, queued.id)


def told(error: DalguError) -> str:
    return json.dumps([as_plain(error), str(error), repr(error), [r.code for r in getattr(error, "reasons", ())]], ensure_ascii=False, default=str)  # fmt: skip


def in_the_open(folder: Path) -> list[str]:
    needles = [n.encode(e) for n in NEEDLES for e in ("utf-8", "utf-16-le", "cp949", "unicode_escape")]
    return [str(p) for p in folder.rglob("*") if p.is_file() and any(n in p.read_bytes() for n in needles)]


def test_a_direct_identifier_is_nowhere_after_every_kind_and_every_mistake(
    place: Place, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    shared = set(os.listdir("/dev/shm"))
    said: list[str] = []
    (place.folder / "claims.csv").unlink()  # the firm's own copy
    with place.opened() as house:
        clerk = place.who(house, "clerk")
        bring(place, house)
        done = ran(
            place, house, "pseudonymise", {"data": "patients"}, {**GOOD, "name": "patients-p", "recipe": True}
        )
        assert done.state is RunState.DONE, done.fault
        bring(place, house, "more", 40)
        recipe = next(v for k, v in done.outputs.items() if k == "recipe")
        again = ran(
            place, house, "pseudonymise-again", {"data": "more", "recipe": recipe}, {"project": "research"}
        )
        assert again.state is RunState.DONE, again.fault
        asked = {"person": "person_no", "quasi": ["age", "illness"], "sensitive": ["illness"]}
        assessed = ran(place, house, "assess", {"before": "patients", "after": "patients-p"}, asked)
        assert assessed.state is RunState.DONE, assessed.fault
        restored = conduct.run_to_end(house, agreed(place, house).id)
        assert restored.state is RunState.DONE, restored.fault
        for number, steps in enumerate(WRONG):
            text = POLICY.replace("STEPS", steps)
            try:
                said.extend(m.text("ko") for m in policies.check(house, clerk, "patients", text))
            except DalguError as error:
                said.append(told(error))
            try:
                wrong = ran(place, house, "pseudonymise", {"data": "patients"}, {"policy": text, "project": "research", "name": f"wrong{number}"})  # fmt: skip
                said.append(json.dumps(as_plain(wrong), ensure_ascii=False, default=str))
            except DalguError as error:
                said.append(told(error))
        said.append(policies.draft(house, clerk, "patients", "research", "ko"))
        said.append(json.dumps([as_plain(p) for p in proposals.proposals(house, clerk, "patients")], ensure_ascii=False, default=str))  # fmt: skip
        accidents.report(
            house, place.who(house, "analyst"), "patients-p", "A row could be known by its age and cost"
        )
        papers = {"register": "research", "destruction-register": "research", "accident-report": accidents.listed(house, clerk)[0].id}  # fmt: skip
        for form, subject in papers.items():
            try:
                said.append(paperwork.made(house, clerk, form, subject, language="both").content.decode())
            except DalguError as error:
                said.append(told(error))
        report = found(house, assessed.outputs["report"])
        with house.objects.open(report.object_id, house.keyring.dataset_key(report.id) if report.protected else None, report.id) as stream:  # fmt: skip
            said.append(stream.read().decode())
        said.append(json.dumps(dict(report.about), ensure_ascii=False, default=str))
        said.append(json.dumps(prove.records(house, limit=1000), ensure_ascii=False, default=str))
        prove.export(house, tmp_path / "history")
        vaults.backup(house, tmp_path / "vault-backup")
    out = capfd.readouterr()
    said += [out.out, out.err, (tmp_path / "history").read_text()]
    assert len(said) > 2 * len(WRONG)
    for needle in NEEDLES:
        assert [s[max(0, s.find(needle) - 200) :][:300] for s in said if needle in s] == [], needle
    assert in_the_open(place.folder) == []
    assert in_the_open(temporary) == []
    assert in_the_open(tmp_path / "vault-backup") == []
    assert set(os.listdir("/dev/shm")) - shared == set()


@pytest.mark.parametrize("login", ["operator", *sorted(set(PEOPLE) - {"clerk", "steward"})])
def test_others_than_the_clerk_see_no_row_no_value_and_no_proposal(place: Place, login: str) -> None:
    plain = {"project": "research", "person": "person_no", "columns": {"person_no": {"role": "direct identifier", "steps": [{"do": "pseudonym"}]}, "age": {"role": "quasi-identifier"}, "cost": {"role": "plain"}}}  # fmt: skip
    with place.opened() as house:
        clerk, other = place.who(house, "clerk"), place.who(house, login)
        ready = previews.begin(house, clerk, "claims", plain)
        levels = tuple(0 for _ in ready.quasi)
        assert previews.sample(house, clerk, ready.token, plain, levels)[1]
        for look in (
            lambda: previews.begin(house, other, "claims", plain),
            lambda: previews.values(house, other, "claims", "age"),
            lambda: proposals.proposals(house, other, "claims"),
            lambda: proposals.danger(house, other, "claims", ["age"], None),
            lambda: policies.draft(house, other, "claims", "research"),
            lambda: policies.check(house, other, "claims", POLICY.replace("STEPS", "")),
        ):
            with pytest.raises(Refused):
                look()
        for replayed in (
            lambda: previews.sample(house, other, ready.token, plain, levels),
            lambda: previews.at(house, other, ready.token, plain, levels),
            lambda: previews.best(house, other, ready.token, plain),
            lambda: previews.picture(house, other, ready.token, plain, levels, None),
        ):
            with pytest.raises(Missing):
                replayed()


def test_a_report_that_may_leave_has_no_small_count(place: Place) -> None:
    """One person of an age of her own, one of a rare illness: no count of fewer than five is in the report."""
    with place.opened() as house:
        path = place.folder / "few.csv"
        rows = [f"{i},{99 if i == 0 else 30 + i % 3},{ILLNESS if i == 1 else 'cold'}" for i in range(120)]
        path.write_text("person_no,age,illness\n" + "\n".join(rows) + "\n")
        register.add(house, place.who(house, "clerk"), path, name="few", sensitivity=Sensitivity.PERSONAL)
        asked = {"person": "person_no", "quasi": ["age"], "sensitive": ["illness"], "k": 2}
        run = ran(place, house, "assess", {"before": "few", "after": "few"}, asked)
        assert run.state is RunState.DONE, run.fault
        shown = dict(found(house, run.outputs["report"]).about)["assessment"]

    def counts(value: Any, path: str = "") -> Any:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from counts(inner, f"{path}.{key}")
        elif isinstance(value, (list, tuple)):
            for inner in value:
                yield from counts(inner, path)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield path, value

    for side in ("before", "after"):
        sets = shown[side]["singling"].pop("persons_by_smallest_set")  # size of a set of columns, persons
        assert [size for size, persons in sets if isinstance(persons, int) and 0 < persons < 5] == []
    del shown["bands"]  # bounds of sizes of classes
    named = ("persons", "rows", "records", "unique", "alike", "bands", "count")
    small = [(p, v) for p, v in counts(shown) if 0 < v < 5 and any(n in p.rsplit(".", 1)[-1] for n in named)]
    assert small == [], small
    assert ILLNESS not in json.dumps(shown, ensure_ascii=False)


def test_a_vault_that_is_copied_while_a_run_writes_has_a_whole_mapping_or_none(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dalgubeol.world.store import vault as store

    with place.opened() as house:
        staged = tmp_path / "staged"
        staged.write_bytes(b"x" * 100_000)
        run = "run-01m8e0br6hddvac06v"

        def half_way(source: Any, target: Any, size: int) -> None:
            target.write(source.read(50_000))
            target.flush()
            shutil.copytree(house.vault.folder, tmp_path / "copied")
            vaults.backup(house, tmp_path / "backup")
            target.write(source.read())

        monkeypatch.setattr(store.shutil, "copyfileobj", half_way)
        house.vault.put_mapping(run, staged)
        assert house.vault.mapping_path(run).read_bytes() == b"x" * 100_000
        for copied in (tmp_path / "copied", tmp_path / "backup"):
            assert f"{run}.mapping" not in store.mappings_in(copied)
            assert set(store.keys_in(copied)) == set(store.keys_in(house.vault.folder))
        again = store.Vault(tmp_path / "copied")
        assert again.fingerprint == house.vault.fingerprint
        again.forget_unfinished()
        assert not list((tmp_path / "copied").glob(".*"))


def test_one_person_with_two_accounts_is_not_two_persons(place: Place) -> None:
    with place.opened() as house:
        code = people.invite(house, place.who(house, "operator"), login="clerk2", name="CLERK", organisation="firm", roles=["provider"])  # fmt: skip
        people.join(house, code, PASSWORD)
        second = entry.entered(house, entry.enter(house, "clerk2", PASSWORD, door="test")[1])
        asked = restoring.ask(house, place.who(house, "clerk"), "consented-p", "the firm calls back")
        with pytest.raises(Refused) as error:
            restoring.confirm(house, second, asked.id)
        assert codes(error) == {"restore.one-person"}
        assert restoring.confirm(house, place.who(house, "steward"), asked.id).state is RunState.QUEUED
