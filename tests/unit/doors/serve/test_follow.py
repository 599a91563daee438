from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

from dalgubeol.doors.serve.follow import Follow
from dalgubeol.doors.serve.watch import Watch
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.house.house import House
from dalgubeol.world.store import runs
from dalgubeol.world.store.database import Database


def added(database: Database, id_: str) -> Run:
    run = Run(id_, "empty", {}, (), {}, 0, "person-1", RunState.RUNNING, "2026-01-01T00:00:00.000+00:00")
    database.write(lambda connection: runs.add(connection, run, "00"))
    return run


async def followed(database: Database) -> list[tuple[str, RunState]]:
    """Two follow one Run, a third another; the first ends."""
    house = cast(House, SimpleNamespace(database=database))
    watch = Watch(database)
    follow = Follow(house, watch)
    seen: list[tuple[str, RunState]] = []

    async def until_it_ends(name: str, run: str) -> None:
        async with follow.following(run) as latest:
            while True:
                found = await latest.get()
                seen.append((name, found.state))
                if found.state.ended:
                    return

    watch.start()
    try:
        first, second = await asyncio.to_thread(lambda: (added(database, "run-1"), added(database, "run-2")))
        tasks = [
            asyncio.create_task(until_it_ends(n, r))
            for n, r in (("a", "run-1"), ("b", "run-1"), ("c", "run-2"))
        ]
        while len({name for name, _ in seen}) < 3:
            await asyncio.sleep(0.02)
        assert len(follow) == 3
        for run in (first, second):
            leased = await asyncio.to_thread(lambda r=run: database.write(lambda c: runs.find(c, r.id)))  # type: ignore[misc]
            await asyncio.to_thread(
                lambda r=leased: database.write(lambda c: runs.settle(c, r, RunState.DONE, "2026-01-01"))  # type: ignore[misc]
            )
        await asyncio.wait_for(asyncio.gather(*tasks), 10)
        assert len(follow) == 0
        await asyncio.sleep(0)
        assert len(watch) == 0
    finally:
        watch.stop()
    return seen


def test_all_who_follow_a_run_hear_of_its_end_and_nobody_is_left(database: Database) -> None:
    seen = asyncio.run(followed(database))
    for name in "abc":
        states = [state for who, state in seen if who == name]
        assert (states[0], states[-1]) == (RunState.RUNNING, RunState.DONE)
