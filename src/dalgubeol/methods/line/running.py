"""A serial line from event to event: stations, places before them, failures, tools, lots, quality, energy.

Exact in time (no step): the next thing that happens is done, and what follows from it at once. A station that is done
keeps its part while the places before the next are full (blocking after service). Failures come in working time. A
part's deviation adds up station by station; whoever inspects sees it through the gauge and takes it out beyond the
limit that is set. Randomness is counted (`methods.draws`), so a line that is saved and resumed goes on as it would.

Fields of a line, a row for each of many: `clock` [s]; `what`, `until`, `left`, `fails_in`, `wear`, `waiting`, `holds`,
`lot` [stations]; `queue`, `queue_lot` [stations, MOST_WAITING]; `draws` [stations + 1]; `sums` [SUMS]; `spent`
[stations, 6] seconds in each state; `held` [stations] part-seconds before it; `lots` [LOTS, LOT]; `handles` [stations +
3]: speeds, at which wear a tool is changed, beyond which deviation is scrap, how long is rinsed [s].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
from numba import njit

from ..draws import exponential, normal, sources_of

STARVED, WORKING, BLOCKED, DOWN, CHANGING, CLEANING = range(6)
STATES = ("starved", "working", "blocked", "down", "tool change", "cleaning")
(ARRIVED, LOST, STARTED, MADE, SCRAPPED, ESCAPED, TOOLS, RINSES, FAILURES, KWH, WON, NEXT_ARRIVAL, LAST_SEEN, LAST_RESIDUE) = range(14)  # fmt: skip
SUMS = 14
LOTS = 512
LOT_NUMBER, LOT_BEGAN, LOT_ENDED, LOT_IN, LOT_GOOD, LOT_SCRAP, LOT_RESIDUE, LOT_RINSES = range(8)
LOT = 8
"""The last `LOTS` lots: number, began and ended [s], parts in, good, scrapped; worst residue and rinses before it."""
TAYLOR = 3.0
"""Wear grows with the third power of the speed (Taylor 1907, an exponent of 1/4 per minute of cutting)."""
_CYCLE, _PLACES, _SPREAD, _MTBF, _MTTR, _TOOL, _CHANGE, _TOOL_WON, _DRIFT, _NOISE, _IDLE, _WORK, _INSPECTS, _GAUGE, _CLEANED = range(15)  # fmt: skip
_ARRIVAL, _LOT, _RESIDUE, _TAU, _LIMIT, _RSPREAD, _PART, _SCRAP, _ESCAPE, _HOUR, _KWH_WON, _RINSE = range(12)
_CYCLES, _FAILURES, _REPAIRS, _PARTS, _GAUGED, _RESIDUES, _ARRIVALS = range(7)
_INF = np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _drawn(draws, s):  # type: ignore[no-untyped-def]
    draws[s] += 1
    return draws[s]


@njit(cache=True, nogil=True, error_model="numpy")
def _serve(s, seed, station, handles, clock, what, until, left, fails_in, draws):  # type: ignore[no-untyped-def]
    """Station `s` begins on the part that it holds."""
    cycle, spread = station[s, _CYCLE] / handles[s], station[s, _SPREAD]
    if spread > 0.0:
        cycle *= 1.0 - spread + spread * exponential(seed, 8 * s + _CYCLES, _drawn(draws, s))
    _go_on(s, cycle, clock, what, until, left, fails_in, station)


@njit(cache=True, nogil=True, error_model="numpy")
def _go_on(s, cycle, clock, what, until, left, fails_in, station):  # type: ignore[no-untyped-def]
    what[s] = WORKING
    if station[s, _MTBF] > 0.0 and fails_in[s] < cycle:
        until[s], left[s] = clock + fails_in[s], cycle - fails_in[s]
    else:
        until[s], left[s] = clock + cycle, 0.0
        fails_in[s] -= cycle


@njit(cache=True, nogil=True, error_model="numpy")
def _finish(s, seed, station, line, handles, clock, what, wear, holds, lot, draws, sums, lots):  # type: ignore[no-untyped-def]
    """The part's quality after station `s`; True if it goes on, False if it was taken out."""
    speed = handles[s]
    if station[s, _TOOL] > 0.0:
        wear[s] += speed**TAYLOR / station[s, _TOOL]
    if station[s, _NOISE] > 0.0 or station[s, _DRIFT] > 0.0:
        holds[s] += station[s, _DRIFT] * wear[s]
        holds[s] += station[s, _NOISE] * speed * normal(seed, 8 * s + _PARTS, _drawn(draws, s))
    if station[s, _INSPECTS] > 0.0:
        seen = holds[s] + station[s, _GAUGE] * normal(seed, 8 * s + _GAUGED, _drawn(draws, s))
        sums[LAST_SEEN] = seen
        if abs(seen) > handles[len(station) + 1]:
            sums[SCRAPPED] += 1.0
            sums[WON] += line[_SCRAP]
            if lot[s] >= 0:
                lots[lot[s] % LOTS, LOT_SCRAP] += 1.0
                lots[lot[s] % LOTS, LOT_ENDED] = clock
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _rest(s, seed, station, line, handles, clock, what, until, wear, lot, after, draws, sums, lots):  # type: ignore[no-untyped-def]
    """Station `s` holds no part: change its tool, clean it, or wait. `after`: the lot of what comes next."""
    n = len(station)
    if station[s, _TOOL] > 0.0 and wear[s] >= handles[n]:
        what[s], until[s] = CHANGING, clock + station[s, _CHANGE]
        sums[TOOLS] += 1.0
        sums[WON] += station[s, _TOOL_WON]
    elif station[s, _CLEANED] > 0.0 and lot[s] >= 0 and after >= 0 and after != lot[s]:
        _rinse(s, seed, line, handles[n + 2], clock, what, until, after, draws, sums, lots)
        lot[s] = after
    else:
        what[s], until[s] = STARVED, _INF


@njit(cache=True, nogil=True, error_model="numpy")
def _rinse(s, seed, line, rinse_s, clock, what, until, after, draws, sums, lots):  # type: ignore[no-untyped-def]
    """Rinse until it is proven clean; each rinse takes off from what is left."""
    what[s], until[s] = CLEANING, clock
    left = line[_RESIDUE]
    for _ in range(100):
        until[s] += rinse_s
        spread = math.exp(line[_RSPREAD] * normal(seed, 8 * s + _RESIDUES, _drawn(draws, s)))
        left *= math.exp(-rinse_s / line[_TAU]) * spread
        sums[RINSES] += 1.0
        sums[WON] += line[_RINSE]
        lots[after % LOTS, LOT_RINSES] += 1.0
        if left <= line[_LIMIT]:
            break
    sums[LAST_RESIDUE] = left
    lots[after % LOTS, LOT_RESIDUE] = max(lots[after % LOTS, LOT_RESIDUE], left)


@njit(cache=True, nogil=True, error_model="numpy")
def _take(s, line, clock, what, waiting, holds, lot, queue, queue_lot, sums, lots):  # type: ignore[no-untyped-def]
    """Station `s` takes the next part that waits, if there is one (the first makes its own where parts never lack)."""
    if s == 0 and line[_ARRIVAL] == 0.0:
        holds[0] = 0.0
    elif waiting[s] > 0:
        holds[s], lot_of = queue[s, 0], queue_lot[s, 0]
        waiting[s] -= 1
        for at in range(waiting[s]):
            queue[s, at], queue_lot[s, at] = queue[s, at + 1], queue_lot[s, at + 1]
        if s > 0:
            lot[s] = lot_of
    else:
        return False
    if s == 0:
        lot[0] = -1
        if line[_LOT] > 0.0:
            lot[0] = int(sums[STARTED] // line[_LOT])
            row = lots[lot[0] % LOTS]
            if row[LOT_NUMBER] != lot[0] or row[LOT_IN] == 0.0:
                rinsed, residue = (
                    (row[LOT_RINSES], row[LOT_RESIDUE]) if row[LOT_NUMBER] == lot[0] else (0.0, 0.0)
                )
                row[:] = 0.0
                row[LOT_NUMBER], row[LOT_BEGAN], row[LOT_RINSES], row[LOT_RESIDUE] = (
                    lot[0],
                    clock,
                    rinsed,
                    residue,
                )
            row[LOT_IN] += 1.0
        sums[STARTED] += 1.0
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _next_lot(s, line, waiting, queue_lot, sums):  # type: ignore[no-untyped-def]
    if line[_LOT] == 0.0:
        return -1
    if s == 0:
        return int(sums[STARTED] // line[_LOT])
    return queue_lot[s, 0] if waiting[s] > 0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def _settle(  # type: ignore[no-untyped-def]
    seed, station, line, clock, what, until, left, fails_in, wear, waiting, holds, lot, queue, queue_lot, draws, sums, lots,
    handles,
):  # fmt: skip
    """All that can happen at once: parts move on, stations take the next."""
    n = len(station)
    moved = True
    while moved:
        moved = False
        for s in range(n - 1, -1, -1):
            if what[s] == BLOCKED and (s == n - 1 or waiting[s + 1] < station[s + 1, _PLACES] or (what[s + 1] == STARVED and waiting[s + 1] == 0)):  # fmt: skip
                if s == n - 1:
                    sums[MADE] += 1.0
                    if abs(holds[s]) > 1.0:
                        sums[ESCAPED] += 1.0
                        sums[WON] += line[_ESCAPE]
                    if lot[s] >= 0:
                        lots[lot[s] % LOTS, LOT_GOOD] += 1.0
                        lots[lot[s] % LOTS, LOT_ENDED] = clock
                else:
                    queue[s + 1, waiting[s + 1]], queue_lot[s + 1, waiting[s + 1]] = holds[s], lot[s]
                    waiting[s + 1] += 1
                what[s], until[s] = STARVED, _INF
                moved = True
            if what[s] == STARVED:
                after = _next_lot(s, line, waiting, queue_lot, sums)
                _rest(
                    s, seed, station, line, handles, clock, what, until, wear, lot, after, draws, sums, lots
                )
                if what[s] != STARVED:
                    moved = True
                elif _take(s, line, clock, what, waiting, holds, lot, queue, queue_lot, sums, lots):
                    _serve(s, seed, station, handles, clock, what, until, left, fails_in, draws)
                    moved = True


@njit(cache=True, nogil=True, error_model="numpy")
def _passed(seconds, station, line, handles, what, waiting, spent, held, sums):  # type: ignore[no-untyped-def]
    kw = 0.0
    for s in range(len(station)):
        spent[s, what[s]] += seconds
        held[s] += seconds * waiting[s]
        kw += station[s, _WORK] * handles[s] ** 1.3 if what[s] == WORKING else station[s, _IDLE]
    sums[KWH] += kw * seconds / 3600.0
    sums[WON] += (line[_HOUR] + kw * line[_KWH_WON]) * seconds / 3600.0


@njit(cache=True, nogil=True, error_model="numpy")
def _one(  # type: ignore[no-untyped-def]
    seed, station, line, end, clock, what, until, left, fails_in, wear, waiting, holds, lot, queue, queue_lot, draws, sums,
    spent, held, lots, handles,
):  # fmt: skip
    """One line until `end` [s]; returns it."""
    n = len(station)
    if sums[NEXT_ARRIVAL] == 0.0 and line[_ARRIVAL] > 0.0:
        sums[NEXT_ARRIVAL] = clock + line[_ARRIVAL] * exponential(seed, 8 * n + _ARRIVALS, _drawn(draws, n))
    _settle(seed, station, line, clock, what, until, left, fails_in, wear, waiting, holds, lot, queue, queue_lot, draws, sums, lots, handles)  # fmt: skip
    while True:
        at, s = (sums[NEXT_ARRIVAL], n) if line[_ARRIVAL] > 0.0 else (_INF, n)
        for each in range(n):
            if until[each] < at:
                at, s = until[each], each
        if at > end:
            _passed(end - clock, station, line, handles, what, waiting, spent, held, sums)
            return end
        _passed(at - clock, station, line, handles, what, waiting, spent, held, sums)
        clock = at
        if s == n:
            sums[ARRIVED] += 1.0
            if waiting[0] < station[0, _PLACES] or what[0] == STARVED:
                queue[0, waiting[0]], queue_lot[0, waiting[0]] = 0.0, -1
                waiting[0] += 1
            else:
                sums[LOST] += 1.0
            sums[NEXT_ARRIVAL] = clock + line[_ARRIVAL] * exponential(
                seed, 8 * n + _ARRIVALS, _drawn(draws, n)
            )
        elif what[s] == WORKING and left[s] > 0.0:
            sums[FAILURES] += 1.0
            what[s] = DOWN
            until[s] = clock + station[s, _MTTR] * exponential(seed, 8 * s + _REPAIRS, _drawn(draws, s))
            fails_in[s] = station[s, _MTBF] * exponential(seed, 8 * s + _FAILURES, _drawn(draws, s))
        elif what[s] == WORKING:
            goes_on = _finish(
                s, seed, station, line, handles, clock, what, wear, holds, lot, draws, sums, lots
            )
            what[s], until[s] = (BLOCKED, _INF) if goes_on else (STARVED, _INF)
        elif what[s] == DOWN:
            _go_on(s, left[s], clock, what, until, left, fails_in, station)
        else:
            if what[s] == CHANGING:
                wear[s] = 0.0
            what[s], until[s] = STARVED, _INF
        _settle(seed, station, line, clock, what, until, left, fails_in, wear, waiting, holds, lot, queue, queue_lot, draws, sums, lots, handles)  # fmt: skip


def _compiled(sources: str) -> Callable[..., None]:
    @njit(cache=True, nogil=True, error_model="numpy")
    def run(  # type: ignore[no-untyped-def]
        seeds, clock, what, until, left, fails_in, wear, waiting, holds, lot, queue, queue_lot, draws, sums, spent, held, lots,
        handles, station, line, seconds,
    ):  # fmt: skip
        if sources == "":
            return
        for p in range(len(seeds)):
            clock[p] = _one(
                seeds[p], station[p], line[p], clock[p] + seconds, clock[p], what[p], until[p], left[p], fails_in[p], wear[p],
                waiting[p], holds[p], lot[p], queue[p], queue_lot[p], draws[p], sums[p], spent[p], held[p], lots[p], handles[p],
            )  # fmt: skip

    return cast("Callable[..., None]", run)


_run = _compiled(sources_of(Path(__file__).parent))


def run(*fields: Any) -> None:
    """Run every line `seconds` (the last of `fields`) on; the others are the fields of many lines, row by row."""
    _run(*fields)
