"""What a Run or a registration that came to nothing has left is cleared after it has ended: by whoever made it, or, where
that fails, by the next conductor."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.project import Basis
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.datasets import marks, register
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.keeping import check
from dalgubeol.verbs.people import people
from dalgubeol.verbs.projects import projects
from dalgubeol.verbs.runs import attempt, submit
from dalgubeol.verbs.runs.attempt import Attempt
from dalgubeol.verbs.runs.conduct import Conductor, run_to_end
from dalgubeol.verbs.runs.recover import output_ids
from dalgubeol.world.store import keys

from .conftest import PSEUDONYMISE, Place, check_whole, wait_until

PARAMETERS = {
    "project": "p1", "person": "person_no", "quasi": ["age"], "keep": ["cost"], "k": 2, "suppression_limit": 0.5,
    "generalise": {"age": {"widths": [5, 10]}}, "recipe": True,
}  # fmt: skip
"""Two outputs, each with a key."""


@pytest.fixture
def house(place: Place) -> Iterator[House]:
    with place.opened("provider") as house:
        yield house


@pytest.fixture
def cancelled_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Run is cancelled when its keys are made and its child is at work."""

    def asked(self: Attempt, order: object) -> dict[str, object]:
        (self._staging.folder / "output-recipe").write_bytes(b"begun")  # type: ignore[union-attr]
        submit.cancel(self._house, people.signed_in(self._house).actor, self._run.id)
        return {"cancelled": True}

    monkeypatch.setattr(Attempt, "_carried_out", asked)


def submitted(house: House) -> Run:
    who = people.signed_in(house)
    return submit.submit(house, who.actor, "pseudonymise", {"data": "claims"}, PARAMETERS)


def keys_left(house: House, ids: list[str]) -> int:
    return len([id_ for id_ in ids if house.keyring.holds(id_)])


def in_staging(house: House) -> list[str]:
    return sorted(p.name for p in house.objects.staging_folder.rglob("*"))


def failing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that does not take the first overwriting of a key."""
    shred, tried = keys.shred, list[Path]()

    def first_fails(path: Path) -> None:
        tried.append(path)
        if len(tried) == 1:
            raise OSError(errno.ENOSPC, "no space left")
        shred(path)

    monkeypatch.setattr(keys, "shred", first_fails)


@contextmanager
def clearing_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A lane waits between the end of its Run and the clearing, until this is left, or is told to go on."""
    waits, go = threading.Event(), threading.Event()
    forget = attempt.forget

    def held(house: House, run: Run) -> None:
        waits.set()
        assert go.wait(60)
        forget(house, run)

    monkeypatch.setattr(attempt, "forget", held)
    try:
        wait_until(waits.is_set)
        yield go.set
    finally:
        go.set()


@pytest.mark.usefixtures("cancelled_at_work")
def test_keys_that_a_cancelled_run_could_not_clear_are_cleared_by_the_next_conductor(
    place: Place, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_once(monkeypatch)
    run = submitted(house)
    with Conductor(house):
        ended = run_to_end(house, run.id)
    assert (ended.state, keys_left(house, output_ids(run))) == (RunState.CANCELLED, 2)
    assert in_staging(house) == ["lock", f"{run.id}.1"], "what was written takes no space until then"
    with Conductor(house):
        assert keys_left(house, output_ids(run)) == 0
    house.close()
    check_whole(place)


def test_a_key_that_a_failed_registration_could_not_clear_is_cleared_by_the_next_conductor(
    place: Place, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError

    failing_once(monkeypatch)
    before = set(house.keyring.wrapped())
    with monkeypatch.context() as breaking:
        breaking.setattr(marks, "keep", broken)
        with pytest.raises(OSError, match="no space"):
            register.add(house, people.signed_in(house), place.folder / "claims.csv", name="more", sensitivity=Sensitivity.PERSONAL)  # fmt: skip
    assert len(set(house.keyring.wrapped()) - before) == 1
    with Conductor(house):
        assert set(house.keyring.wrapped()) == before
    house.close()
    check_whole(place)


@pytest.mark.usefixtures("cancelled_at_work")
def test_the_end_is_told_before_the_keys_are_cleared_and_a_check_of_the_site_in_between_finds_nothing_wrong(
    place: Place, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submitted(house)
    with Conductor(house), clearing_held(monkeypatch):
        assert run_to_end(house, run.id).state is RunState.CANCELLED
        assert keys_left(house, output_ids(run)) == 2
        assert [f for f in check.check(place.settings()) if not f.ok] == []
    house.close()
    check_whole(place)


@pytest.mark.usefixtures("cancelled_at_work")
def test_keys_that_are_cleared_while_a_check_of_the_site_looks_at_them_are_none_too_many(
    place: Place, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(house)
    with Conductor(house), clearing_held(monkeypatch) as go_on:
        looked_at = check._in_the_making

        def cleared_before(seen: House) -> set[str]:
            go_on()
            wait_until(lambda: in_staging(house) == [])
            return looked_at(seen)

        monkeypatch.setattr(check, "_in_the_making", cleared_before)
        assert [f for f in check.check(place.settings()) if not f.ok] == []


def test_a_conductor_that_is_killed_when_it_has_settled_loses_no_mapping(place: Place, house: House) -> None:
    projects.open_(
        house, people.signed_in(house), name="p2", purpose=Purpose.OTHER_BASIS, reason="with a mapping", until="2099-12-31",
        basis=Basis.OTHER, evidence="the consent of all", keep_mapping=True,
    )  # fmt: skip
    command = ["p2" if part == "p1" else part for part in PSEUDONYMISE]
    code, told = place.killed_at("os.rename output>after commit", "provider", *command)
    assert code == -9, told
    run = max(place.runs(), key=lambda run: run.id)
    assert (run.state, in_staging(house) != []) == (RunState.DONE, True)
    with Conductor(house):
        assert in_staging(house) == []
    assert house.vault.mapping_path(run.id).exists()
    house.close()
    check_whole(place)
