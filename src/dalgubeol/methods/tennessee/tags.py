"""What the process calls its measurements, valves and disturbances: Downs & Vogel 1993, Tables 3-5 and 8; Bathelt et
al. 2015 for disturbances 21-28. Ranges are those of the instruments: what a wrong unit or a broken cable leaves."""

from __future__ import annotations

from dataclasses import dataclass

from ...language import Message, say


@dataclass(frozen=True, slots=True)
class Tag:
    """`low` and `high` in `unit`; `unit` as UCUM writes it."""

    name: str
    unit: str
    low: float
    high: float


_FLOWS_AND_STATES = (
    ("a_feed_flow", "k(m3)/h", 0, 1.02), ("d_feed_flow", "kg/h", 0, 7500), ("e_feed_flow", "kg/h", 0, 9000),
    ("ac_feed_flow", "k(m3)/h", 0, 16), ("recycle_flow", "k(m3)/h", 0, 60), ("reactor_feed_flow", "k(m3)/h", 0, 80),
    ("reactor_pressure", "kPa", 0, 3200), ("reactor_level", "%", 0, 120), ("reactor_temperature", "Cel", 0, 200),
    ("purge_flow", "k(m3)/h", 0, 1.5), ("separator_temperature", "Cel", 0, 200), ("separator_level", "%", 0, 120),
    ("separator_pressure", "kPa", 0, 3200), ("separator_underflow", "m3/h", 0, 70), ("stripper_level", "%", 0, 140),
    ("stripper_pressure", "kPa", 0, 4000), ("stripper_underflow", "m3/h", 0, 55),
    ("stripper_temperature", "Cel", 0, 200), ("stripper_steam_flow", "kg/h", 0, 500),
    ("compressor_power", "kW", 0, 600), ("reactor_water_temperature", "Cel", 0, 200),
    ("condenser_water_temperature", "Cel", 0, 200),
)  # fmt: skip
_ANALYSED = (("reactor_feed", "ABCDEF"), ("purge", "ABCDEFGH"), ("product", "DEFGH"))
MEASUREMENTS = tuple(Tag(*each) for each in _FLOWS_AND_STATES) + tuple(
    Tag(f"{stream}_{component.lower()}", "mol%", 0, 100)
    for stream, letters in _ANALYSED
    for component in letters
)
CONTINUOUS = len(_FLOWS_AND_STATES)

VALVES = tuple(
    Tag(name, "%", 0, 100)
    for name in (
        "d_feed_valve", "e_feed_valve", "a_feed_valve", "ac_feed_valve", "recycle_valve", "purge_valve",
        "separator_valve", "stripper_valve", "steam_valve", "reactor_water_valve", "condenser_water_valve",
        "agitator_speed",
    )
)  # fmt: skip

DISTURBANCES = (
    "A/C ratio of stream 4, B constant: step", "B of stream 4, A/C ratio constant: step", "D feed temperature: step",
    "reactor cooling water inlet temperature: step", "condenser cooling water inlet temperature: step",
    "A feed lost: step", "C header pressure: step", "A, B, C of stream 4: random", "D feed temperature: random",
    "C feed temperature: random", "reactor cooling water inlet temperature: random",
    "condenser cooling water inlet temperature: random", "reaction kinetics: slow drift",
    "reactor cooling water valve: sticks", "condenser cooling water valve: sticks",
    "heat transfer of the stripper: random", "heat transfer of the reactor: pulses",
    "heat transfer of the condenser: pulses", "recycle, underflow, product and steam valves: stick",
    "flow out of the reactor: pulses", "A feed temperature: random", "E feed temperature: random",
    "A feed pressure: random", "D feed pressure: random", "E feed pressure: random", "A and C feed pressure: random",
    "reactor cooling water pressure: random", "condenser cooling water pressure: random",
)  # fmt: skip

TRIPS: tuple[Message | None, ...] = (
    None, say("reactor pressure above 3,000 kPa"), say("reactor liquid above 24 m3"), say("reactor liquid below 2 m3"),
    say("reactor temperature above 175 Cel"), say("separator liquid above 12 m3"), say("separator liquid below 1 m3"),
    say("stripper liquid above 8 m3"), say("stripper liquid below 1 m3"),
)  # fmt: skip
"""Why the plant shut down, by its code; 0 runs. Downs & Vogel 1993, Table 6."""
