"""`privacy-link`: who is found again, and who is mistaken for another, by each way of linking; and what the tolerant
way risks. Thresholds are chosen on one generated pair of tables (tune) and used on another (test), of other people.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import pyarrow as pa

from bench.link_people import Pair, pair
from bench.measuring import Bar, Result, Scenario
from dalgubeol.methods.privacy.linkage import attack, clk, inside, keys, oblivious, tolerant
from dalgubeol.methods.privacy.linkage.match import Keyed, equal_keys
from dalgubeol.methods.privacy.linkage.people import Person, name_shares, people

ITEMS = (("name", "name"), ("born", "date"), ("phone", "phone"), ("address", "address"))
NORMALISERS = tuple(which for _, which in ITEMS)
SETTINGS = {
    "CLK 1024": clk.Setting(), "CLK 1024 folded": clk.Setting(fold=True), "CLK 1024 flip 5 %": clk.Setting(flip=0.05),
    "CLK 1024 folded, flip 5 %": clk.Setting(fold=True, flip=0.05),
}  # fmt: skip
SIZE, COMMON, INSIDE, OBLIVIOUS, ATTACKED = 5000, 0.6, 10_000, 2000, 3000
TUNE, TEST, PUBLIC = 11, 23, 37  # seeds
LEAST_PRECISION = 0.995
_SALT, _AGREEMENT = b"\x05" * 32, "bench"

Found = set[tuple[int, int]]


def measure() -> Result:
    tune, test = pair(SIZE, COMMON, TUNE), pair(SIZE, COMMON, TEST)
    ways: dict[str, dict[str, object]] = {"exact": _scored(*_timed(lambda: _exact(test)), test)}
    for name, setting in SETTINGS.items():
        threshold = _threshold(_candidates(tune, setting), tune)
        found, cpu_s = _timed(lambda s=setting, t=threshold: _tolerant(test, s, t))  # type: ignore[misc]
        ways[name] = {**_scored(found, cpu_s, test), "threshold": threshold}
    smaller_tune, smaller = pair(INSIDE, COMMON, TUNE), pair(INSIDE, COMMON, TEST)
    chosen = _best(((t, _inside(smaller_tune, t)) for t in (0.5, 0.95)), smaller_tune)
    found, cpu_s = _timed(lambda: _inside(smaller, chosen))
    ways["splink, inside"] = {**_scored(found, cpu_s, smaller), "threshold": chosen, "rows": INSIDE}
    small = pair(OBLIVIOUS, COMMON, TEST)
    (blind, seconds) = _timed(lambda: _oblivious(small))
    ways["oblivious"] = {**_scored(blind, seconds, small), "rows": OBLIVIOUS, "cpu_ms_a_person": round(500 * seconds / OBLIVIOUS, 3)}  # fmt: skip
    plain = ways["CLK 1024"]
    figures = {
        "rows": SIZE, "same_people": len(test.same), "of_them_with_a_fault": test.faulty, "ways": ways,
        "guess_attack": {name: _risk(setting) for name, setting in SETTINGS.items()},
    }  # fmt: skip
    bars = (
        Bar("recall, CLK 1024", float(plain["recall"]), 0.95, at_most=False),  # type: ignore[arg-type]
        Bar("precision, CLK 1024", float(plain["precision"]), 0.99, at_most=False),  # type: ignore[arg-type]
        Bar("precision, exact", float(ways["exact"]["precision"]), 0.999, at_most=False),  # type: ignore[arg-type]
        Bar("recall, splink", float(ways["splink, inside"]["recall"]), 0.99, at_most=False),  # type: ignore[arg-type]
        Bar("precision, splink", float(ways["splink, inside"]["precision"]), 0.995, at_most=False),  # type: ignore[arg-type]
        Bar(f"CPU seconds, splink, {INSIDE} x {INSIDE}", float(ways["splink, inside"]["cpu_s"]), 30),  # type: ignore[arg-type]
        Bar("pairs oblivious and exact disagree on", float(len(blind ^ _exact(small))), 0),
    )
    return Result(figures, bars, {"splink 5": ways["splink, inside"]})


def _exact(given: Pair) -> Found:
    made = {}
    for side, every in (("left", given.left), ("right", given.right)):
        of_rows = keys.link_keys(_items(every), _SALT, _AGREEMENT)
        made[side] = _keyed(of_rows)
    return _pairs(equal_keys(made, drop_duplicates=True).linked)


def _oblivious(given: Pair) -> Found:
    a, b = b"\x01" * 32, b"\x02" * 32
    made = {}
    for side, every, own, others in (("left", given.left, a, b), ("right", given.right, b, a)):
        lines = keys.item_lines(_items(every))
        twice = iter(oblivious.doubled(oblivious.blinded([x for x in lines if x is not None], own), others))
        made[side] = _keyed([None if line is None else next(twice) for line in lines])
    return _pairs(equal_keys(made, drop_duplicates=True).linked)


def _candidates(given: Pair, setting: clk.Setting, least: float = 0.5) -> tolerant.Candidates:
    seeds = (b"\x03" * 32, b"\x04" * 32)
    bits = [
        clk.encodings(_items(every), NORMALISERS, _SALT, _AGREEMENT, setting, seed)[0]
        for every, seed in zip((given.left, given.right), seeds, strict=True)
    ]
    return tolerant.similar(bits[0], bits[1], least)


def _tolerant(given: Pair, setting: clk.Setting, threshold: float) -> Found:
    return _chosen(_candidates(given, setting, threshold), threshold)


def _chosen(every: tolerant.Candidates, threshold: float) -> Found:
    near = every.dice >= threshold
    kept = tolerant.one_to_one(tolerant.Candidates(every.left[near], every.right[near], every.dice[near]))
    return set(zip(kept.left.tolist(), kept.right.tolist(), strict=True))


def _inside(given: Pair, threshold: float) -> Found:
    left, right = _items(given.left), _items(given.right)
    return set(inside.probable(left, right, NORMALISERS, threshold))


def _threshold(every: tolerant.Candidates, given: Pair) -> float:
    steps = [round(0.6 + step / 50, 2) for step in range(17)]
    return _best(((step, _chosen(every, step)) for step in steps), given)


def _best(tried: Iterable[tuple[float, Found]], given: Pair) -> float:
    """The threshold of the highest recall among those precise enough; the most precise where none is."""
    scores = [(t, *_rates(found, given)) for t, found in tried]
    precise = [s for s in scores if s[2] >= LEAST_PRECISION] or [max(scores, key=lambda s: s[2])]
    return max(precise, key=lambda s: (s[1], s[0]))[0]


def _risk(setting: clk.Setting) -> dict[str, object]:
    """Of an attacker without the salt who knows nobody, 100 or 400 of the persons; and with the salt."""
    every = people(ATTACKED, TEST)
    bits, _ = clk.encodings(_items(every), NORMALISERS, _SALT, _AGREEMENT, setting, b"\x03" * 32)
    names, shares = [person.name for person in every], name_shares(PUBLIC)
    nobody = attack.frequency_attack(bits, names, shares, setting.q)
    made: dict[str, object] = {
        "blind": {"names": round(nobody.names_blind, 4), "surnames": round(nobody.surnames_blind, 4)},
        "frequencies": {"names": round(nobody.names, 4), "surnames": round(nobody.surnames, 4)},
    }
    for known in (100, 400):
        risk = attack.known_attack(bits, names, shares, setting.q, known)
        made[f"knows {known}"] = {"names": round(risk.names, 4), "surnames": round(risk.surnames, 4)}
    return made


def _scored(found: Found, cpu_s: float, given: Pair) -> dict[str, object]:
    recall, precision = _rates(found, given)
    return {"recall": round(recall, 4), "precision": round(precision, 4), "cpu_s": round(cpu_s, 2)}


def _rates(found: Found, given: Pair) -> tuple[float, float]:
    hits = len(found & given.same)
    return hits / len(given.same), hits / max(1, len(found))


def _timed(work):  # type: ignore[no-untyped-def]
    begun = time.process_time()
    result = work()
    return result, time.process_time() - begun


def _items(every: list[Person]) -> keys.Items:
    table = pa.table({name: [getattr(person, name) for person in every] for name, _ in ITEMS})
    return keys.normalised_items(table, ITEMS, {})


def _keyed(of_rows: list[bytes | None]) -> Keyed:
    have = [(str(row), key) for row, key in enumerate(of_rows) if key is not None]
    return Keyed([s for s, _ in have], [k for _, k in have], len(of_rows))


def _pairs(groups: Iterable[tuple[str | None, ...]]) -> Found:
    return {(int(a), int(b)) for a, b in groups if a is not None and b is not None}


SCENARIOS = (Scenario("privacy-link", "recall, precision and guess risk of every way of linking", measure),)
